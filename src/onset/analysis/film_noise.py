"""Noise of every pixel from differences of successive frames: for films with hardly a baseline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from onset.analysis.kernels import Floats
from onset.recording.stack import PageStack

MOST_PAIRS = 200
MOST_BYTES = 64_000_000
LEVELS = 24
KEPT = 0.9
"""Of the differences in each level of brightness: what turns on or blinks is not noise."""
FEWEST_PER_PIXEL = 20
HOT = 4.0
"""A pixel that varies this many times more than others of its brightness has a noise of its own."""
ROUNDING = 1.0 / 12.0


def film_variance(stack: PageStack, positions: npt.NDArray[np.int64], dark: int) -> Floats:
    """Variance of each pixel in the dark, ADU^2, (h, w).

    `positions` are the lit frames, the first `dark` of them the baseline. The variance of ordinary
    pixels is a line over their mean (photon transfer: read noise and gain); 1 frame gives a guess.
    """
    films = np.stack([stack[p].astype(np.float32) for p in positions[: min(dark, 50)].tolist()])
    # of few frames the mean is noisy itself: a pixel must not seem quiet by being low
    ground = ndimage.gaussian_filter(films.mean(axis=0), 3.0 / len(films))
    means, squares, per_pixel = _differences(stack, positions)
    if means.size == 0:
        return np.full(ground.shape, max(float(np.var(ground)), ROUNDING), np.float32)
    offset, slope = _line(means.ravel(), squares.ravel())
    least = max(float(np.quantile(squares, 0.5)) * 1e-3, ROUNDING)
    expected = np.maximum(offset + slope * ground, least)
    if len(means) >= FEWEST_PER_PIXEL:
        expected = np.where(per_pixel > HOT * expected, per_pixel, expected)
    return np.asarray(expected, np.float32)


def _differences(
    stack: PageStack, positions: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, npt.NDArray[np.float64]]:
    """Means and halved squared differences of pairs of frames; the median of these per pixel."""
    pixels = stack.shape[1] * stack.shape[2]
    count = min(positions.size - 1, MOST_PAIRS, max(4, MOST_BYTES // (8 * pixels)))
    if count < 1:
        empty = np.zeros((0, *stack.shape[1:]), np.float32)
        return empty, empty, np.zeros(stack.shape[1:])
    first = np.unique(np.linspace(0, positions.size - 2, count).astype(np.int64))
    means, squares = [], []
    for k in first.tolist():
        a, b = (stack[int(positions[i])].astype(np.float32) for i in (k, k + 1))
        change = b - a
        change -= np.float32(np.median(change))
        means.append((a + b) / 2)
        squares.append(change**2 / 2)
    per_pixel = np.median(squares, axis=0) / stats.chi2.median(1)
    return np.stack(means), np.stack(squares), per_pixel


def _line(means: Floats, squares: Floats) -> tuple[float, float]:
    """Offset and slope of the variance over the mean; differences in the tails are left out."""
    edges = np.unique(np.quantile(means, np.linspace(0.0, 1.0, LEVELS + 1)))
    level = np.clip(np.searchsorted(edges, means, side="right") - 1, 0, max(edges.size - 2, 0))
    x, y, weight = [], [], []
    for k in range(max(edges.size - 1, 1)):
        inside = level == k
        if np.count_nonzero(inside) >= 50:
            x.append(float(means[inside].mean()))
            y.append(_trimmed(squares[inside]))
            weight.append(np.sqrt(np.count_nonzero(inside)) / max(y[-1], ROUNDING))
    if not y:
        return max(float(squares.mean()), ROUNDING), 0.0
    if len(y) < 2 or max(x) - min(x) < 1.0:
        return float(np.average(y, weights=weight)), 0.0
    slope, offset = np.polyfit(x, y, 1, w=weight)
    return (float(offset), float(slope)) if slope > 0 else (float(np.median(y)), 0.0)


def _trimmed(squares: Floats) -> float:
    """Mean of Gaussian squares from the smaller ones, corrected for what was left out."""
    kept = squares[squares <= np.quantile(squares, KEPT)]
    share = min(kept.size / squares.size, 1.0 - 1e-6)
    z = float(stats.norm.ppf((1.0 + share) / 2.0))
    return float(kept.mean()) / (1.0 - 2.0 * z * float(stats.norm.pdf(z)) / share)
