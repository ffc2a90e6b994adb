"""Display limits that follow the picture without flicker; pixels and seconds only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RISE_S, FALL_S = 0.3, 3.0
"""Time constants: widening is quick so that nothing saturates long, narrowing is slow."""
FLOOR, CEILING = 20.0, 99.7
"""Percentiles shown as black and as white."""
NOISE_SPAN = 9.0
"""White is at least this many (median - floor) above the median: an empty field is not snow."""
DEAD_BAND = 0.02
"""A change below this part of the span is not made."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Pixel values shown as black and as white."""

    low: float
    high: float


class Autocontrast:
    """Limits of one picture after the other."""

    def __init__(self) -> None:
        self._limits: Limits | None = None
        self._shown = Limits(0.0, 1.0)

    def update(self, image: npt.NDArray[np.generic], elapsed_s: float) -> Limits:
        """Limits for `image`, shape (height, width), `elapsed_s` after the last one."""
        aim = limits_of(image)
        last = self._limits
        if last is None:
            self._limits = self._shown = aim
            return aim
        self._limits = Limits(
            _towards(last.low, aim.low, elapsed_s, widens=aim.low < last.low),
            _towards(last.high, aim.high, elapsed_s, widens=aim.high > last.high),
        )
        if _differ(self._limits, self._shown):
            self._shown = self._limits
        return self._shown


def limits_of(image: npt.NDArray[np.generic]) -> Limits:
    """Limits for this picture alone, from at most some 16,000 of its pixels."""
    step = max(round(math.sqrt(image.size / 16_384)), 1)
    some = image[::step, ::step].astype(np.float64)
    low, middle, high = np.percentile(some, (FLOOR, 50.0, CEILING))
    high = max(high, middle + NOISE_SPAN * (middle - low), low + 1.0)
    return Limits(float(low), float(high))


def _towards(last: float, aim: float, elapsed_s: float, *, widens: bool) -> float:
    part = 1.0 - math.exp(-max(elapsed_s, 0.0) / (RISE_S if widens else FALL_S))
    return last + part * (aim - last)


def _differ(a: Limits, b: Limits) -> bool:
    band = DEAD_BAND * (b.high - b.low)
    return abs(a.low - b.low) > band or abs(a.high - b.high) > band
