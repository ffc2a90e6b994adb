"""The line below all points: camera clock against host clock, where delays only ever add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onset.timing.stamps import Floats, Ints

MAX_DRIFT = 500e-6
"""No camera's clock is wrong by more (crystals: 100 ppm); a short film cannot tilt the line."""
FEW = 8
"""With fewer frames the smallest delay has hardly been seen ..."""
FEW_RESIDUAL_NS = 50e6
"""... and the line may lie this much too high."""
PARTS = (4, 16)
"""A film is looked at in so many parts, ..."""
FRAMES_PER_PART = 150
"""... each of at least these, where there are more than the fewest."""


@dataclass(frozen=True, slots=True)
class Line:
    """host = camera + offset_ns + slope * (camera - origin_ns), on the lower envelope."""

    origin_ns: int
    offset_ns: float
    slope: float
    residual_ns: float
    """The line is at most this far from that of the smallest delay."""

    def host_ns(self, camera_ns: Ints) -> Ints:
        """Earliest host time at which frames with these stamps could be taken, ns."""
        since = (camera_ns - self.origin_ns).astype(np.float64)
        return camera_ns + np.rint(self.offset_ns + self.slope * since).astype(np.int64)


def envelope(
    camera_ns: Ints, host_ns: Ints, slopes: tuple[float, float] = (-MAX_DRIFT, MAX_DRIFT)
) -> Line:
    """The line below all points that is closest to them in the mean: delays only ever add.

    Shapes (n,), n > 0, `camera_ns` growing. It is the edge of the lower convex hull above the mean
    of `camera_ns` (Moon, Skelly, Towsley: Estimation and removal of clock skew, INFOCOM 1999),
    with a slope between the two `slopes`.
    """
    x = (camera_ns - camera_ns[0]).astype(np.float64)
    offsets = host_ns - camera_ns
    y = (offsets - offsets[0]).astype(np.float64)
    slope = float(np.clip(_slope_below(x, y), *slopes))
    above = y - slope * x
    lowest = float(above.min())
    residual = _residual(above - lowest)
    return Line(int(camera_ns[0]), float(offsets[0]) + lowest, slope, residual)


def resolution(stamps_ns: Ints) -> float:
    """The step in which a clock counts, ns, at most 1 ms."""
    return min(float(np.gcd.reduce(stamps_ns)), 1e6)


def _slope_below(x: Floats, y: Floats) -> float:
    """Slope of the hull's edge over the mean of x, by moving both its ends down."""
    if x[-1] <= x[0]:
        return 0.0
    middle = x.mean()
    left, right = 0, len(x) - 1
    while True:
        slope = float((y[right] - y[left]) / (x[right] - x[left]))
        below = y - (y[left] + slope * (x - x[left]))
        lowest = int(below.argmin())
        if below[lowest] > -1e-2 or lowest in (left, right):
            return slope
        if x[lowest] <= middle:
            left = lowest
        else:
            right = lowest


def _residual(above: Floats) -> float:
    """How far the line can be from the smallest delay: what one frame in twenty stays below.

    Taken in parts of the film and the largest counted: a line may fit only one of them.
    """
    if len(above) < FEW:
        return FEW_RESIDUAL_NS
    parts = int(np.clip(len(above) // FRAMES_PER_PART, *PARTS))
    return max(
        float(np.quantile(part, 0.05, method="higher")) for part in np.array_split(above, parts)
    )
