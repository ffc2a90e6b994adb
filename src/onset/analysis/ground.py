"""The field without its spots, its noise, and how noise grows with light: what photometry needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.block_level import Doubles, Floats
from onset.analysis.photometry import Photometer, near

SMOOTH_PX = 3.0
"""The ground without its pattern is as smooth as this."""
ODD_PIXEL_SD = 5.0
FEWEST_KNOWN = 64
CORE_PX = 2
"""Half width of the pixels whose scatter tells how noise grows with light."""
LEAST_ORDINARY = 0.1
LIT_SIGMAS, HOT, AROUND_PX = 3.5, 4.0, 12.0
"""How far a spot's light adds noise; of what noise a pixel is not ordinary; and who is around."""
LIT_SD = 5.0
"""A place brighter than this in the mean image is lit there, and is taken out of the ground."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Images (h, w) in the film's unit, and variance per unit of light."""

    level: Floats
    variance: Floats
    gain: float


def ground_of(
    mean: npt.NDArray[Any],
    variance: npt.NDArray[Any],
    frames: int,
    places: Doubles,
    psf_sigma_px: float,
) -> Floats:
    """The mean image of `frames` frames, with the light of places that are lit in it taken out."""
    level = np.asarray(mean, np.float32).copy()
    if not len(places):
        return level
    flat = np.full_like(level, np.median(level))
    photometer = Photometer(
        places, psf_sigma_px=psf_sigma_px, ground=flat, variance=variance / frames, gain=0.0
    )
    seen = photometer.measure(level[None])
    for place, light, sd in zip(places, seen.amplitude[0], seen.sd[0], strict=True):
        if light > LIT_SD * sd:
            take_out(level, place, float(light), psf_sigma_px)
    return level


def dark_variance(variance: Floats, lit: Doubles, psf_sigma_px: float) -> Floats:
    """The noise of each pixel without the spots that shone while it was taken.

    Near those places (n, 2) it is the mean of ordinary pixels around. `variance` (h, w).
    """
    hidden = near(variance.shape, lit, LIT_SIGMAS * psf_sigma_px)
    usual = float(np.median(variance[~hidden])) if (~hidden).any() else np.inf
    ordinary = ~hidden & (variance < HOT * usual)
    if not hidden.any() or np.count_nonzero(ordinary) < FEWEST_KNOWN:
        return variance
    weight = ndimage.gaussian_filter(ordinary.astype(np.float64), AROUND_PX)
    mean = ndimage.gaussian_filter(np.where(ordinary, variance, 0.0), AROUND_PX)
    around = np.where(weight > 1e-6, mean / np.maximum(weight, 1e-6), usual)
    lower = hidden & np.isfinite(variance)
    return np.where(lower, np.minimum(variance, around), variance).astype(np.float32)


def without_noise(level: Floats, variance: npt.NDArray[Any]) -> Floats:
    """The ground as likely as not: its pattern is believed as far as it is larger than its noise.

    `variance` is that of `level`, (h, w), inf where nothing is known. Pixels are drawn towards a
    smooth ground by what the film's own pattern says of them (linear shrinkage, C. Stein); those
    that stick out of it, hot ones, stay as they are.
    """
    known = np.isfinite(variance)
    if np.count_nonzero(known) < FEWEST_KNOWN:
        return level
    usual = float(np.median(variance[known]))
    away = level - ndimage.median_filter(level, 5, mode="nearest")
    bound = _spread_of(away[known]) + np.maximum(variance - usual, 0.0)
    ordinary = known & (away**2 <= ODD_PIXEL_SD**2 * bound)
    smooth = _smooth(level, ordinary)
    pattern = max(_spread_of((level - smooth)[ordinary]) - usual, 0.0)
    share = np.where(ordinary, pattern / np.maximum(pattern + variance, 1e-30), 1.0)
    return np.asarray(smooth + share * (level - smooth), np.float32)


def _spread_of(values: npt.NDArray[Any]) -> float:
    """Variance, not misled by a few far ones."""
    return float((1.4826 * np.median(np.abs(values - np.median(values)))) ** 2)


def _smooth(level: Floats, ordinary: npt.NDArray[np.bool_]) -> Doubles:
    """Local mean over ordinary pixels; where there are none, the level itself."""
    weight, total = (
        ndimage.gaussian_filter(image.astype(np.float64), SMOOTH_PX, mode="nearest")
        for image in (ordinary, np.where(ordinary, level, 0.0))
    )
    return np.where(weight > LEAST_ORDINARY, total / np.maximum(weight, LEAST_ORDINARY), level)


def take_out(image: Floats, place: Doubles, light: float, sigma_px: float) -> None:
    """Subtract one Gaussian spot in place."""
    reach = int(np.ceil(5.0 * sigma_px))
    top, left = (max(0, round(float(c)) - reach) for c in place)
    window = image[
        top : round(float(place[0])) + reach + 1, left : round(float(place[1])) + reach + 1
    ]
    rows, columns = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
    squared = (rows - place[0]) ** 2 + (columns - place[1]) ** 2
    bell = np.exp(-0.5 * squared / sigma_px**2) / (2.0 * np.pi * sigma_px**2)
    window -= (light * bell).astype(np.float32)


def light_gain(before: npt.NDArray[Any], after: npt.NDArray[Any], photometer: Photometer) -> float:
    """Variance per unit of light, from pairs of successive frames (n, h, w) each; 0 unless seen.

    Differences of residuals do not know the exact shape of the spots: a wrong shape cancels. With
    the change of a spot and of its surroundings fitted, residuals are M times the differences, so
    that their squares are expected to be the sum of diag(M) times the variance.
    """
    total, light = 0.0, 0.0
    first, second = photometer.measure(before), photometer.measure(after)
    for k, place in enumerate(photometer.places):
        window, bell = _bell(photometer.ground.shape, place, photometer.psf_sigma_px)
        quiet = photometer.variance[window]
        if not np.isfinite(quiet).all():
            continue
        a, b = first.amplitude[:, k], second.amplitude[:, k]
        bright = (a > 5.0 * first.sd[:, k]) & (np.abs(a - b) < 6.0 * first.sd[:, k] + 0.3 * a)
        if not bright.any():
            continue
        changes = after[:, *window][bright].astype(np.float64) - before[:, *window][bright]
        fitted, _ = np.linalg.qr(np.column_stack([bell.ravel(), np.ones(bell.size)]))
        steps = changes.reshape(len(changes), -1)
        steps = steps - (steps @ fitted) @ fitted.T
        left = 1.0 - (fitted**2).sum(axis=1).reshape(bell.shape)
        total += float(np.sum(steps**2) - 2.0 * len(steps) * np.sum(left * quiet))
        seen = after[:, *window][bright].astype(np.float64) + before[:, *window][bright]
        light += float(np.sum(left * (seen - 2.0 * photometer.ground[window])))
    return max(total / light, 0.0) if light > 0.0 else 0.0


def _bell(
    shape: tuple[int, ...], place: Doubles, sigma_px: float
) -> tuple[tuple[slice, slice], Doubles]:
    """Pixels at the core of a spot, and its shape there, of area one."""
    row, column = (round(float(c)) for c in place)
    window = (
        slice(max(0, row - CORE_PX), min(row + CORE_PX + 1, shape[0])),
        slice(max(0, column - CORE_PX), min(column + CORE_PX + 1, shape[1])),
    )
    rows, columns = np.ogrid[window]
    squared = (rows - place[0]) ** 2 + (columns - place[1]) ** 2
    bell: Doubles = np.exp(-0.5 * squared / sigma_px**2) / (2.0 * np.pi * sigma_px**2)
    return window, bell
