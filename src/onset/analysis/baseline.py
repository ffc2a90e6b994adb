"""Mean and noise of every pixel from the lit frames before the injection, as running sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import add_to_sums
from onset.analysis.kernels import Floats

DEAD_VARIANCE_SHARE = 0.01
"""With less than this share of the typical variance a pixel is dead or saturated."""
ROUNDING_VARIANCE = 1.0 / 12.0
FEWEST_FOR_NOISE = 50
TOLD_FRAMES = 1000
"""A noise that is told is taken to be known as well as from so many frames."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a dark field looks like."""

    mean: Floats
    inverse_sd: Floats
    """1 / sd, corrected for the finite number of frames; 0 where the pixel says nothing."""
    frames: int
    noise_frames: float
    """So many frames would tell the noise as well as it is known."""
    skew_per_sd: float
    """Third central moment over variance of ordinary pixels, ADU; the gain of a Poisson camera."""


class BaselineSums:
    """Adds up frames one by one."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.frames = 0
        self._first = np.zeros(shape, np.float32)
        self._sums, self._squares, self._cubes = (np.zeros(shape) for _ in range(3))

    def add(self, image: npt.NDArray[Any]) -> None:
        """Add one lit frame, shape as given."""
        if self.frames == 0:
            self._first = image.astype(np.float32)
        add_to_sums(image, self._first, self._sums, self._squares, self._cubes)
        self.frames += 1

    def finish(self, *, whole_numbers: bool, variance: Floats | None = None) -> Baseline:
        """Mean and noise so far; `whole_numbers` says that the camera rounds.

        `variance` is what is known of each pixel's noise: instead, where there are few frames.
        """
        n = self.frames
        shift = self._sums / n
        floor = ROUNDING_VARIANCE if whole_numbers else 0.0
        mean = (self._first + shift).astype(np.float32)
        if n < FEWEST_FOR_NOISE and variance is not None:
            known = np.where(np.isfinite(variance), variance, 0.0).astype(np.float64)
            return Baseline(mean, _inverse_sd(known, TOLD_FRAMES, floor), n, TOLD_FRAMES, 0.0)
        measured = (self._squares - n * shift**2) / (n - 1)
        third = self._cubes / n - 3.0 * shift * self._squares / n + 2.0 * shift**3
        return Baseline(mean, _inverse_sd(measured, n, floor), n, n, _pooled_ratio(third, measured))


def _inverse_sd(variance: npt.NDArray[np.float64], frames: int, floor: float) -> Floats:
    """1 / sd; 1 / variance is unbiased for Gaussian noise after the factor (n - 3) / (n - 1)."""
    alive = variance > DEAD_VARIANCE_SHARE * np.median(variance)
    if not alive.any():
        alive[:] = True
    bounded = np.maximum(variance, max(floor, 1e-12))
    inverse = np.sqrt((frames - 3) / (frames - 1) / bounded)
    return np.where(alive, inverse, 0.0).astype(np.float32)


def _pooled_ratio(third: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]) -> float:
    ordinary = variance < 3.0 * np.median(variance)
    total = float(variance[ordinary].sum())
    return float(third[ordinary].sum()) / total if total > 0.0 else 0.0
