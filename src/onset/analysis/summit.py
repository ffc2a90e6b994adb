"""Where an alarm comes from: the top of the accumulated score, its centre between pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.kernels import ROW_STEP, Floats, Shorts
from onset.analysis.thresholds import Rule


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
    sums: Floats | Shorts,
    ages: Shorts,
    rule: Rule,
    masked: npt.NDArray[np.bool_],
    y: int,
    x: int,
    unit: float = 1.0,
) -> Summit:
    """Climb from an alarm at (y, x) to the local maximum of the accumulated score.

    `sums` are in `unit`, (rows of scores, width), as are `ages` in frames and `masked`.
    """
    reach = 6
    top, left = max(0, y - reach), max(0, x - reach)
    window = (slice(top, y + reach + 1), slice(left, x + reach + 1))
    # S = size * total - drift * frames since it left zero
    grown = (unit * sums[window] + rule.drift * ages[window]) / rule.size
    totals: Floats = grown.astype(np.float32)
    totals[masked[window]] = 0.0
    row, column = _climb(totals, y - top, x - left)
    return Summit(
        y=top + row,
        x=left + column,
        y_px=ROW_STEP * (top + row + _offset(totals[:, column], row)),
        x_px=left + column + _offset(totals[row], column),
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


def _offset(line: Floats, at: int) -> float:
    """Vertex of the Gaussian through three neighbours; zero at an edge or beside a dark one."""
    if at in (0, line.size - 1) or min(line[at - 1], line[at + 1]) <= 0.0:
        return 0.0
    before, here, after = (math.log(float(v)) for v in line[at - 1 : at + 2])
    bend = before - 2.0 * here + after
    return max(-0.5, min(0.5, 0.5 * (before - after) / bend)) if bend < 0.0 else 0.0
