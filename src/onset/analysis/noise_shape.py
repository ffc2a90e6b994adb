"""How far noise is from Gaussian: light as flashes of random size, from the film's own moments.

What a bright electron looks like behind a multiplication register, a flash of exponentially
distributed size (M. Hirsch et al., PLoS ONE 2013, 8, e53671), stands for all skewed noise: with
other sizes and rates it has the third and fourth cumulants of plain shot noise as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
GROUPS = 61
"""The fourth cumulant is the median over so many groups of pixels: cosmic rays are in a few."""
ORDINARY = 3.0
"""A pixel whose variance is so many times the median is hot: none of these are asked,
unless by chance, as the variances of few frames are skewed themselves."""
ODD_SD = 5.0
"""A pixel that differs more, in sd of what the frames tell, does so by itself."""
ROUNDS = 4
LEAST_SIZE = 1e-4
"""Smaller flashes, in sd of a pixel, are Gaussian noise."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Unbiased cumulants of each pixel, (h, w), from `frames` frames."""

    frames: int
    variance: Doubles
    third: Doubles
    fourth: Doubles


@dataclass(frozen=True, slots=True)
class Flashes:
    """Light of a dark pixel."""

    size_adu: float
    """Mean size of a flash."""
    rate_per_variance: float
    """Flashes per frame and ADU^2 of the pixel's variance."""
    kurtosis: float
    """Excess kurtosis of ordinary pixels."""

    def in_sd(self, sd_adu: float) -> tuple[float, float]:
        """Size in sd, and flashes per frame, of a pixel with this noise."""
        return self.size_adu / sd_adu, self.rate_per_variance * sd_adu**2


def moments(powers: Doubles, n: int) -> Moments:
    """From sums of first to fourth powers, (4, h, w), over n >= 4 frames (Fisher's k)."""
    mean = powers[0] / n
    square, cube, fourth = (power / n for power in powers[1:])
    m2 = square - mean**2
    m3 = cube - 3.0 * mean * square + 2.0 * mean**3
    m4 = fourth - 4.0 * mean * cube + 6.0 * mean**2 * square - 3.0 * mean**4
    k4 = n**2 * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
    return Moments(n, m2 * n / (n - 1), m3 * n**2 / ((n - 1) * (n - 2)), k4)


def flashes_of(seen: Moments, variance: Doubles) -> Flashes:
    """Flashes with the second, third and fourth cumulants of ordinary pixels taken together.

    `variance` (h, w) tells which are ordinary. Plain shot noise of gain g has flashes of g / 4.
    """
    flashes = Flashes(0.0, 0.0, 0.0)
    for _ in range(ROUNDS):
        ordinary = ordinary_ones(variance, seen.frames, flashes.kurtosis)
        flashes = _flashes(seen, ordinary)
    return flashes


def ordinary_ones(variance: Doubles, frames: int, kurtosis: float) -> npt.NDArray[np.bool_]:
    """Pixels that are not hot, by their variance (h, w) in so many frames."""
    most = max(ORDINARY, 1.0 + 2.0 * ODD_SD * math.sqrt((2.0 + kurtosis) / frames))
    return np.asarray(variance < most * np.median(variance[np.isfinite(variance)]))


def _flashes(seen: Moments, ordinary: npt.NDArray[np.bool_]) -> Flashes:
    total = float(seen.variance[ordinary].sum())
    if total <= 0.0:
        return Flashes(0.0, 0.0, 0.0)
    skew_adu = float(seen.third[ordinary].sum()) / total
    count = np.count_nonzero(ordinary)
    fourths = np.array_split(seen.fourth[ordinary], min(GROUPS, int(count)))
    fourth = float(np.median([part.mean() for part in fourths]))
    usual = total / count
    kurtosis = max(fourth / usual**2 - 2.0 * math.sqrt(24.0 / (seen.frames * count)), 0.0)
    if skew_adu <= 0.0:
        return Flashes(0.0, 0.0, kurtosis)
    size = max(kurtosis * usual / skew_adu, skew_adu) / 4.0
    if size < LEAST_SIZE * math.sqrt(usual):
        return Flashes(0.0, 0.0, kurtosis)
    return Flashes(size, skew_adu / (6.0 * size**3), kurtosis)
