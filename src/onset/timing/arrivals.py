"""When frames reached the host at the earliest: by the best clock that dated them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onset.timing.envelope import FEW, FEW_RESIDUAL_NS, envelope, resolution
from onset.timing.exposures import Exposures
from onset.timing.pieces import pieces
from onset.timing.stamps import Floats, Ints

BURST_NS = 0.5e9
"""So late may a frame be that nothing but its arrival dates."""
_BURST_FRAMES = 40
UNEVEN = 0.1
"""The median of arrivals may be off the camera's interval by this part of it."""


@dataclass(frozen=True, slots=True)
class ClockFit:
    """Which clock dates the frames, and how well it is known."""

    source: str
    offset_s: float
    """Host minus camera at the first frame, s."""
    drift_ppm: float
    residual_ms: float
    pieces: int = 1
    """More than one where the camera's clock jumped or began again."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Host times without their delays, (n,); true within `residuals_ns`, (n,)."""

    host_ns: Ints
    residuals_ns: Floats
    fit: ClockFit


def by_camera(camera_ns: Ints, host_ns: Ints, later_ns: Ints | None = None) -> Arrivals:
    """From the camera's own clock, fitted to the host's piece by piece.

    `later_ns`, (n,), is how much later than stamped a frame ended than others did.
    """
    camera_ns, edges = pieces(camera_ns, host_ns)
    ends_ns = camera_ns if later_ns is None else camera_ns + later_ns
    lines = [envelope(ends_ns[a:b], host_ns[a:b]) for a, b in edges]
    arrivals = np.concatenate(
        [line.host_ns(ends_ns[a:b]) for line, (a, b) in zip(lines, edges, strict=True)]
    )
    residual_ns = max(line.residual_ns for line in lines) + resolution(camera_ns)
    longest = lines[int(np.argmax([b - a for a, b in edges]))]
    fit = ClockFit(
        "camera clock",
        lines[0].offset_ns / 1e9,
        longest.slope * 1e6,
        residual_ns / 1e6,
        len(lines),
    )
    return Arrivals(arrivals, np.full(len(arrivals), residual_ns), fit)


def by_core(numbers: Ints, core_ns: Ints, host_ns: Ints, exposures: Exposures) -> Arrivals:
    """The core's clock is the host's at arrival: its own line, plus the jitter of arrivals."""
    at_core = by_camera(core_ns, host_ns)
    even = by_host(numbers, at_core.host_ns, exposures)
    residuals_ns = at_core.residuals_ns + even.residuals_ns
    fit = ClockFit(
        "core clock at arrival (ElapsedTime)",
        at_core.fit.offset_s,
        at_core.fit.drift_ppm,
        float(np.median(residuals_ns)) / 1e6,
        at_core.fit.pieces,
    )
    return Arrivals(even.host_ns, residuals_ns, fit)


def by_host(numbers: Ints, host_ns: Ints, exposures: Exposures) -> Arrivals:
    """From nothing but arrivals, in each of the stretches where exposures were alike.

    Frames between them may have come in a burst.
    """
    arrivals, residuals_ns = host_ns.copy(), np.full(len(host_ns), BURST_NS)
    for part in exposures.alike():
        arrivals[part], residuals_ns[part] = _without_delays(
            numbers[part], host_ns[part], float(exposures.least_ns[part.start])
        )
    typical_ms = float(np.median(residuals_ns)) / 1e6 if len(host_ns) else FEW_RESIDUAL_NS / 1e6
    return Arrivals(arrivals, residuals_ns, ClockFit("host clock at arrival", 0.0, 0.0, typical_ms))


def _without_delays(numbers: Ints, stamps_ns: Ints, exposure_ns: float) -> tuple[Ints, float]:
    """Arrivals without their delays, and how far they may be off.

    Where one line fits all counts, the camera ran evenly and the line dates the frames; where the
    count missed frames or the camera paused, only bursts are undone. What scatters may be delay or
    uneven exposures, so it counts in the bound. Frames cannot follow each other faster than they
    are exposed: what comes faster is the end of a burst.
    """
    n = len(stamps_ns)
    if n < FEW:
        return stamps_ns, FEW_RESIDUAL_NS
    count = numbers if (np.diff(numbers) > 0).all() else np.arange(n, dtype=np.int64)
    interval_ns = max(float(np.median(np.diff(stamps_ns) / np.diff(count))), exposure_ns)
    grid = np.rint((count - count[0]) * interval_ns).astype(np.int64)
    line = envelope(grid, stamps_ns, (max(exposure_ns / interval_ns - 1, -UNEVEN), UNEVEN))
    even = line.host_ns(grid)
    if line.residual_ns < interval_ns / 2:
        return even, line.residual_ns + resolution(stamps_ns) + float(
            np.quantile(stamps_ns - even, 0.75)
        )
    unbunched = grid + _least_of_next(stamps_ns - grid)
    return unbunched, float((stamps_ns - unbunched).max()) + interval_ns


def _least_of_next(late: Ints) -> Ints:
    """A frame came no later than those after it allow."""
    padded = np.concatenate((late, np.full(_BURST_FRAMES - 1, late[-1])))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _BURST_FRAMES)
    least: Ints = windows.min(axis=1)
    return least
