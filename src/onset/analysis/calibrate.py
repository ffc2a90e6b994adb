"""Dark and flat films of a camera become maps of its offset, gain, read noise and bad pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.camera_maps import CameraMaps
from onset.errors import Refused

Doubles = npt.NDArray[np.float64]
FEWEST_FRAMES = 50
HOT = 8.0
"""Read noise, or dark level in read noise sd, so many times that of ordinary pixels: bad."""
DEAD = 0.3
"""Less than this share of the ordinary gain: bad."""
SATURATED_ADU = 64_000.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and variance of each pixel over a film."""

    mean: Doubles
    variance: Doubles
    frames: int


def moments(frames: Iterable[npt.NDArray[np.generic]], *, flat: bool = False) -> Moments:
    """One pass over a film; of a flat, what all pixels do together (the lamp) is taken out."""
    count, level, scales = 0, 0.0, 0.0
    first, total, squares = np.zeros(0), np.zeros(0), np.zeros(0)
    for frame in frames:
        image = frame.astype(np.float64)
        if count == 0:
            first, level = image.copy(), float(image.mean())
            total, squares = np.zeros_like(image), np.zeros_like(image)
        scale = level / float(image.mean()) if flat else 1.0
        image *= scale
        scales += scale
        image -= first
        total += image
        squares += image**2
        count += 1
    if count < FEWEST_FRAMES:
        raise Refused(
            f"a film of {count} frames cannot calibrate a camera: {FEWEST_FRAMES} or more"
        )
    mean = total / count
    # shot noise of a frame that was scaled to another level is that level's times the scale
    variance = (squares - count * mean**2) / (count - 1) * (count / scales)
    return Moments(first + mean, variance, count)


def calibrate(dark: Moments, flats: Sequence[Moments], *, excess: float = 1.0) -> CameraMaps:
    """Maps from one dark film and flat films of different brightness.

    The gain of a pixel is the slope of its variance over its mean, above those in the dark
    (F. Huang et al., Nat. Methods 2013, 10, 653, with the `excess` of a multiplication register);
    pixels are drawn towards the common gain as far as the films cannot tell them apart.
    """
    for flat in flats:
        if flat.mean.shape != dark.mean.shape:
            raise Refused("dark and flat films must be of the same size")
    ordinary = float(np.median(dark.variance))
    shaken = dark.variance > HOT**2 * ordinary
    level = float(np.median(dark.mean))
    spread = 1.4826 * float(np.median(np.abs(dark.mean - level)))
    glowing = np.abs(dark.mean - level) > HOT * max(spread, np.sqrt(ordinary))
    gain, dead = _gains(dark, flats, excess)
    full = np.any([flat.mean > SATURATED_ADU for flat in flats], axis=0)
    noise = np.sqrt(np.maximum(dark.variance, 1.0 / 12.0)) / gain
    return CameraMaps(
        dark.mean.astype(np.float32),
        gain.astype(np.float32),
        noise.astype(np.float32),
        shaken | glowing | dead | full,
        excess,
    )


def _gains(
    dark: Moments, flats: Sequence[Moments], excess: float
) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """Gain of each pixel, ADU per electron, and which do not answer to light."""
    over = np.zeros_like(dark.mean)
    under, error = np.zeros_like(dark.mean), np.zeros_like(dark.mean)
    for flat in flats:
        light, shot = flat.mean - dark.mean, flat.variance - dark.variance
        weight = 1.0 / (2.0 * np.median(flat.variance) ** 2 / flat.frames)
        over += weight * light * shot
        under += weight * light**2
        error += weight**2 * light**2 * 2.0 * flat.variance**2 / flat.frames
    if not all(float(np.median(flat.mean - dark.mean)) > 0.0 for flat in flats):
        raise Refused("a flat film is not brighter than the dark film")
    each = over / np.maximum(under, 1e-12) / excess
    common = float(np.median(each))
    if common <= 0.0:
        raise Refused("the flat films do not vary more than the dark film: too dim for a gain")
    dead = (each < DEAD * common) | (under < DEAD**2 * float(np.median(under)))
    noise = np.sqrt(error) / np.maximum(under, 1e-12) / excess
    fine = ~dead
    spread = float(np.var(each[fine])) - float(np.mean(noise[fine] ** 2))
    share = max(spread, 0.0) / (max(spread, 0.0) + noise**2)
    return np.where(fine, common + share * (each - common), common), dead
