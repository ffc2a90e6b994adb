"""The field without its spots, its noise, and how noise grows with light: what photometry needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.photometry import Photometer
from onset.analysis.photometry_kernels import Doubles, Floats

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


def frame_variance(images: npt.NDArray[Any]) -> Floats:
    """Noise of a film without a baseline: one variance for the field, from successive frames."""
    steps = np.diff(images.astype(np.float32), axis=0)
    spread = 1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2.0)
    return np.full(images.shape[1:], max(spread**2, 1.0 / 12.0), np.float32)


def light_gain(before: npt.NDArray[Any], after: npt.NDArray[Any], photometer: Photometer) -> float:
    """Variance per unit of light, from pairs of successive frames (n, h, w) each; 0 unless seen.

    Differences of residuals do not know the exact shape of the spots: a wrong shape cancels.
    """
    total, light = 0.0, 0.0
    first, second = photometer.measure(before), photometer.measure(after)
    reach = 2
    for k, (y, x) in enumerate(photometer.places):
        row, column = round(float(y)), round(float(x))
        window = (
            slice(max(0, row - reach), row + reach + 1),
            slice(max(0, column - reach), column + reach + 1),
        )
        shape = photometer.ground[window].shape
        rows, columns = np.ogrid[
            window[0].start : window[0].start + shape[0],
            window[1].start : window[1].start + shape[1],
        ]
        bell = np.exp(-0.5 * ((rows - y) ** 2 + (columns - x) ** 2) / photometer.psf_sigma_px**2)
        bell /= 2.0 * np.pi * photometer.psf_sigma_px**2
        quiet = photometer.variance[window]
        if not np.isfinite(quiet).all():
            continue
        a, b = first.amplitude[:, k], second.amplitude[:, k]
        bright = (a > 5.0 * first.sd[:, k]) & (np.abs(a - b) < 6.0 * first.sd[:, k] + 0.3 * a)
        if not bright.any():
            continue
        steps = after[bright][:, *window].astype(np.float64) - before[bright][:, *window]
        steps -= (b - a)[bright, None, None] * bell
        steps -= np.median(steps, axis=(1, 2), keepdims=True)
        total += float(
            np.sum(steps**2) * (bell.size / (bell.size - 2.0)) - 2.0 * quiet.sum() * len(steps)
        )
        light += float(np.sum((a + b)[bright]) * bell.sum())
    return max(total / light, 0.0) if light > 0.0 else 0.0
