"""Mean and noise of every pixel from the lit frames before the injection, as running sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import add_to_sums
from onset.analysis.kernels import Floats
from onset.analysis.noise_shape import Flashes, flashes_of, moments
from onset.analysis.pixel_noise import drawn_together

DEAD_VARIANCE_SHARE = 0.01
"""With less than this share of the typical variance a pixel is dead or saturated."""
ROUNDING_VARIANCE = 1.0 / 12.0
FEWEST_FOR_NOISE = 50
FEWEST_FOR_FLASHES = 4
FEWEST_TOLD = 5.0
"""Noise with far tails may be known as from fewer frames: for these 1 / variance has no mean."""
TOGETHER = 8
"""Frames that are added at once: their sums fit into no cache."""
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
    """So many frames of Gaussian noise would tell the noise as well as it is known."""
    flashes: Flashes | None
    """How the light of ordinary pixels is skewed; None where too few frames were seen."""


class BaselineSums:
    """Adds up frames one by one."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.frames = 0
        self._first = np.zeros(shape, np.float32)
        self._powers = np.zeros((4, *shape))
        self._waiting: list[npt.NDArray[Any]] = []

    def add(self, image: npt.NDArray[Any]) -> None:
        """Add one lit frame, shape as given, which must not change later."""
        if self.frames == 0:
            self._first = image.astype(np.float32)
        self._waiting.append(image)
        self.frames += 1
        if len(self._waiting) == TOGETHER:
            self._take_in()

    def _take_in(self) -> None:
        if self._waiting:
            add_to_sums(np.stack(self._waiting), self._first, *self._powers)
        self._waiting = []

    def mean(self) -> Floats:
        """Mean image so far."""
        self._take_in()
        mean: Floats = self._first + self._powers[0] / max(self.frames, 1)
        return mean.astype(np.float32)

    def finish(self, *, whole_numbers: bool, variance: Floats | None = None) -> Baseline:
        """Mean and noise so far; `whole_numbers` says that the camera rounds.

        `variance` is what is known of each pixel's noise: instead, where there are few frames.
        """
        n = self.frames
        floor = ROUNDING_VARIANCE if whole_numbers else 0.0
        mean = self.mean()
        if n < FEWEST_FOR_FLASHES and variance is not None:
            inverse_sd = _inverse_sd(variance.astype(np.float64), TOLD_FRAMES, floor)
            return Baseline(mean, inverse_sd, n, TOLD_FRAMES, None)
        seen = moments(self._powers, n)
        if n < FEWEST_FOR_NOISE and variance is not None:
            told = variance.astype(np.float64)
            inverse_sd = _inverse_sd(told, TOLD_FRAMES, floor)
            return Baseline(mean, inverse_sd, n, TOLD_FRAMES, flashes_of(seen, told))
        flashes, measured = flashes_of(seen, seen.variance), seen.variance
        if variance is None:
            measured, known = drawn_together(measured, n, flashes)
        else:
            measured, known = _blend(measured, n, variance.astype(np.float64)), float(n)
        return Baseline(mean, _inverse_sd(measured, known, floor), n, known, flashes)


def _inverse_sd(variance: npt.NDArray[np.float64], frames: float, floor: float) -> Floats:
    """1 / sd; 1 / variance is unbiased for Gaussian noise after the factor (n - 3) / (n - 1)."""
    known = np.isfinite(variance)
    variance = np.where(known, variance, 0.0)
    alive = variance > DEAD_VARIANCE_SHARE * np.median(variance[known]) if known.any() else known
    if not alive.any():
        alive[:] = True
    bounded = np.maximum(variance, max(floor, 1e-12))
    frames = max(frames, FEWEST_TOLD)
    inverse = np.sqrt((frames - 3) / (frames - 1) / bounded)
    return np.where(alive, inverse, 0.0).astype(np.float32)


def _blend(
    measured: npt.NDArray[np.float64], frames: int, told: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Both, by the frames that each rests on; what is told is first brought to the film's scale."""
    known = np.isfinite(told) & (told > 0.0)
    scale = float(np.median(measured[known] / told[known])) if known.any() else 1.0
    mixed = (frames * measured + TOLD_FRAMES * scale * told) / (frames + TOLD_FRAMES)
    return np.asarray(np.where(np.isfinite(told), mixed, np.inf))
