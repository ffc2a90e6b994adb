"""Where an alarm comes from: the top of the accumulated score, its centre between pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.kernels import Ages, Floats
from onset.analysis.thresholds import Rule

FARTHEST_OUTSIDE_PX = 1.5


@dataclass(frozen=True, slots=True)
class Summit:
    """The top of an excursion of a CUSUM."""

    y: int
    x: int
    y_px: float
    x_px: float
    total: float
    """Sum of the scores since the excursion began, noise sd of one frame."""
    frames: int
    """Length of the excursion, this frame included."""

    @property
    def mean_score(self) -> float:
        """Brightness in noise sd of one frame."""
        return self.total / self.frames

    @property
    def score(self) -> float:
        """Signal so far over its noise sd."""
        return self.total / math.sqrt(self.frames)


def summit(
    sums: Floats,
    ages: Ages,
    rule: Rule,
    masked: npt.NDArray[np.bool_],
    psf_sigma_px: float,
    y: int,
    x: int,
) -> Summit:
    """Climb from an alarm at (y, x) to the local maximum of the accumulated score."""
    reach = 6
    top, left = max(0, y - reach), max(0, x - reach)
    window = (slice(top, y + reach + 1), slice(left, x + reach + 1))
    # S = size * total - drift * frames since it left zero
    grown = (sums[window] + rule.drift * ages[window]) / rule.size
    totals: Floats = grown.astype(np.float32)
    totals[masked[window]] = 0.0
    row, column = _climb(totals, y - top, x - left)
    height, width = sums.shape
    return Summit(
        y=top + row,
        x=left + column,
        y_px=_inside(top + row + _offset(totals[:, column], row, psf_sigma_px), height),
        x_px=_inside(left + column + _offset(totals[row], column, psf_sigma_px), width),
        total=float(totals[row, column]),
        frames=max(int(ages[top + row, left + column]), 1),
    )


def _climb(totals: Floats, y: int, x: int) -> tuple[int, int]:
    while True:
        top, left = max(0, y - 1), max(0, x - 1)
        around = totals[top : y + 2, left : x + 2]
        step_y, step_x = np.unravel_index(int(np.argmax(around)), around.shape)
        if around[step_y, step_x] <= totals[y, x]:
            return y, x
        y, x = top + int(step_y), left + int(step_x)


def _offset(line: Floats, at: int, psf_sigma_px: float) -> float:
    """Centre of the Gaussian through the neighbours, or, where one is dark or beyond the edge, two.

    The accumulated score of a spot is a Gaussian of sqrt(2) sigma.
    """
    before, here, after = (_log(line, k) for k in (at - 1, at, at + 1))
    width = 2.0 * psf_sigma_px**2
    if (before is None and after is None) or here is None:
        return 0.0
    if before is None or after is None:
        slope, side = (here - after, -1.0) if after is not None else (here - (before or 0.0), 1.0)
        return side * _within(width * slope - 0.5, FARTHEST_OUTSIDE_PX)
    bend = before - 2.0 * here + after
    return _within(0.5 * (before - after) / bend, 0.5) if bend < 0.0 else 0.0


def _log(line: Floats, at: int) -> float | None:
    return math.log(float(line[at])) if 0 <= at < line.size and line[at] > 0.0 else None


def _within(value: float, bound: float) -> float:
    return max(-bound, min(bound, value))


def _inside(place: float, length: int) -> float:
    return max(0.0, min(length - 1.0, place))
