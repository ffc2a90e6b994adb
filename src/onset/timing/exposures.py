"""How long each frame was exposed, where the exposure was changed while the camera ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from onset.timing.stamps import Floats, Ints

LATE_NS = 2e9
"""A frame may be taken this long after its exposure; told so before any clock is fitted."""
FRAMES_UNTIL = 3
"""A camera may end this many exposures as before: one that had begun and two that were queued."""


@dataclass(frozen=True, slots=True)
class ExposureChange:
    """The camera took another exposure time between two host times, all in ns."""

    earliest_ns: int
    latest_ns: int
    before_ns: float
    after_ns: float


@dataclass(frozen=True, slots=True)
class Exposures:
    """Least and most that each frame can have been exposed, (n,), ns; mostly the same."""

    least_ns: Floats
    most_ns: Floats

    @property
    def middle_ns(self) -> Floats:
        """Of least and most."""
        return (self.least_ns + self.most_ns) / 2

    @property
    def known_s(self) -> Floats:
        """Exposure times, s; NaN where old and new are both possible."""
        known: Floats = np.where(self.least_ns == self.most_ns, self.most_ns / 1e9, np.nan)
        return known

    def alike(self) -> list[slice]:
        """Stretches of frames that were exposed alike; those in doubt are in none."""
        exposures = self.known_s
        cuts = np.flatnonzero(exposures[1:] != exposures[:-1]) + 1  # NaN differs from NaN
        edges = [0, *cuts.tolist(), len(exposures)]
        parts = [slice(a, b) for a, b in pairwise(edges) if a < b]
        return [part for part in parts if not np.isnan(exposures[part.start])]


def constant(n: int, exposure_ns: float) -> Exposures:
    """All frames alike."""
    same = np.full(n, float(exposure_ns))
    return Exposures(same, same)


def roughly(host_ns: Ints, exposure_ns: float, changes: Sequence[ExposureChange]) -> Exposures:
    """From when frames were taken, (n,), which is late by an unknown delay."""
    return _from_ends(host_ns, exposure_ns, changes, late_ns=LATE_NS)


def closely(
    ends_ns: Ints, bounds_ns: Floats, exposure_ns: float, changes: Sequence[ExposureChange]
) -> Exposures:
    """From ends of exposure, (n,), that are true within `bounds_ns`, (n,)."""
    return _from_ends(ends_ns, exposure_ns, changes, bounds_ns=bounds_ns)


def _from_ends(
    ends_ns: Ints,
    exposure_ns: float,
    changes: Sequence[ExposureChange],
    *,
    bounds_ns: Floats | float = 0.0,
    late_ns: float = 0.0,
) -> Exposures:
    """A frame that ended before a change is old; one that ended well after it is new."""
    least = np.full(len(ends_ns), float(exposure_ns))
    most = least.copy()
    for change in changes:
        ended_later = np.flatnonzero(ends_ns > change.latest_ns + bounds_ns + late_ns)
        first = int(ended_later[0]) if len(ended_later) else len(ends_ns)
        new = np.arange(len(ends_ns)) >= first + FRAMES_UNTIL
        doubt = ~new & (ends_ns >= change.earliest_ns - bounds_ns)
        least[doubt] = np.minimum(least[doubt], change.after_ns)
        most[doubt] = np.maximum(most[doubt], change.after_ns)
        least[new] = most[new] = change.after_ns
    return Exposures(least, most)
