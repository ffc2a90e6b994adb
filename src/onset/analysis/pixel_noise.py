"""Noise of every pixel: as measured, drawn towards its neighbours' as far as pixels are alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.noise_shape import ODD_SD, Flashes, ordinary_ones

Doubles = npt.NDArray[np.float64]
AROUND_PX = 4.0
ALIKE = 4.0 * np.pi * AROUND_PX**2
"""Pixels that a neighbourhood counts for."""
LEAST_WEIGHT = 0.05


def drawn_together(measured: Doubles, frames: int, flashes: Flashes) -> tuple[Doubles, float]:
    """Variance of each pixel (h, w), and how many frames of Gaussian noise would tell as much.

    The variance of n frames is known to sqrt((2 + excess kurtosis) / n): of what pixels seem to
    differ by, no more than that is believed (linear shrinkage, C. Stein). A pixel that differs by
    more than 5 sd has a noise of its own.
    """
    error2 = (2.0 + flashes.kurtosis) / frames
    ordinary = ordinary_ones(measured, frames, flashes.kurtosis)
    weight = ndimage.gaussian_filter(ordinary.astype(np.float64), AROUND_PX, mode="nearest")
    total = np.where(ordinary, measured, 0.0)
    around = ndimage.gaussian_filter(total, AROUND_PX, mode="nearest")
    around /= np.maximum(weight, LEAST_WEIGHT)
    usable = (weight > LEAST_WEIGHT) & (around > 0.0)
    if not (ordinary & usable).any():
        return measured, float(frames)
    ratio = np.where(usable, measured / np.where(usable, around, 1.0), 1.0)
    unlike = max(float(np.var(ratio[ordinary & usable])) - error2, 0.0)
    own = unlike / (unlike + error2)
    alike = usable & (np.abs(ratio - 1.0) < ODD_SD * np.sqrt(unlike + error2))
    variance = np.where(alike, around * (1.0 + own * (ratio - 1.0)), measured)
    return variance, 2.0 / (error2 * (own + 1.0 / ALIKE))
