"""What the curves show at one moment, also as a table; nothing is drawn in here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from onset.viewer.axis import Axis
from onset.viewer.seen import Seen
from onset.viewer.spots import Bools, Floats


@dataclass(frozen=True, slots=True)
class Axes:
    """Of the curves, and of the onsets: where their colours begin and end."""

    film: Axis
    onset: Axis
    inverted: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What the curves show at one moment."""

    seen: Seen
    axes: Axes
    until_s: float
    """Of the film; later is dim."""
    which: Bools
    """Spots that are shown, shape (n,)."""

    @property
    def columns(self) -> dict[str, Floats]:
        """What is seen as columns of a table: times since injection, intensity, number, traces."""
        seen = self.seen
        times_s = seen.times_s - seen.zero_s
        onsets_s = np.sort(seen.spots.onset_s[~seen.spots.turned_off])
        number = np.searchsorted(onsets_s, seen.times_s, side="right").astype(np.float64)
        n = min(len(times_s), len(seen.means))
        unit = "adu" if seen.unit == "ADU" else "electrons"
        table = {
            "since_injection_s" if seen.injected_s is not None else "time_s": times_s[:n],
            f"mean_intensity_{unit}": seen.means[:n],
            "number_turned_on": number[:n],
        }
        for trace in seen.traces:
            table[f"spot_{trace.number}_{unit}"] = trace.values[:n]
        return table


def spots_differ(before: Shown, now: Shown) -> bool:
    """Must number and histogram be drawn again?"""
    calm = replace(before, seen=now.seen)
    return (
        before.seen.spots is not now.seen.spots
        or before.seen.end_s != now.seen.end_s
        or (calm.axes, calm.until_s) != (now.axes, now.until_s)
        or not np.array_equal(before.which, now.which)
    )
