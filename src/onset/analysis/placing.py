"""Found spots onto their ground and to their exact centres, before every frame is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from onset.analysis.dark_ground import Part, dark_ground
from onset.analysis.drift import Block, Placed, place_spots
from onset.analysis.film import Film, Pixels
from onset.analysis.found import Found, FoundSpot
from onset.analysis.ground import (
    LIT_SIGMAS,
    Ground,
    dark_variance,
    ground_of,
    light_gain,
    without_noise,
)
from onset.analysis.logistic import Doubles
from onset.analysis.motion import NO_DRIFT
from onset.analysis.photometry import Photometer, near
from onset.analysis.stretches import StretchMean

FEWEST_BASELINE, FEWEST_DARK = 50, 8
"""With a shorter baseline the film's own mean is the first idea of the ground; the second is how
many dark frames of a pixel are better than that."""
GROUND_FRAMES, GAIN_PAIRS = 64, 48
DOUBLE_PX, DOUBLE_SIGMAS = 2.0, 1.4
"""Nearer than both two spots cannot be told apart."""


def ground_in(pixels: Pixels, found: Found) -> Ground:
    """The field without its spots: of the baseline, and of whatever shows it later in the film."""
    places, maps = _now(found), pixels.maps
    with np.errstate(divide="ignore"):
        variance = np.where(found.inverse_sd > 0, found.inverse_sd**-2.0, np.inf)
    if maps:
        variance = np.where(maps.bad, np.inf, variance / maps.adu_per_electron**2)
    lit_first = _lit_first(found)
    variance = dark_variance(variance.astype(np.float32), lit_first, found.psf_sigma_px)
    enough = found.baseline_frames
    if enough >= FEWEST_BASELINE:
        mean, frames = pixels.of(found.mean), found.baseline_frames
    else:
        sample = pixels.read(_spread(found.positions, GROUND_FRAMES))
        mean, frames, enough = sample.mean(axis=0), len(sample), FEWEST_DARK
    base = ground_of(mean, variance, frames, places, found.psf_sigma_px)
    level, dark_frames = dark_ground(base, variance, _parts(found, pixels), found.psf_sigma_px)
    # a spot that was lit is taken out of the baseline as well as its shape is known, no better
    bright = near(level.shape, lit_first, LIT_SIGMAS * found.psf_sigma_px)
    known = dark_frames >= np.where(bright, FEWEST_DARK, enough)
    level = without_noise(
        np.where(known, level, base), variance / np.where(known, dark_frames, frames)
    )
    if maps:
        return Ground(level, variance, maps.excess)
    return Ground(level, variance, _gain(found, pixels, places, level, variance))


def _lit_first(found: Found) -> Doubles:
    """Where spots shine in the baseline."""
    lit = [(s.y_px, s.x_px) for s in found.spots if s.steady or s.direction == "off"]
    return np.array(lit, np.float64).reshape(-1, 2)


def _now(found: Found) -> Doubles:
    """Where the spots are in the end."""
    places = np.array([(s.final_y_px, s.final_x_px) for s in found.spots], np.float64)
    return places.reshape(-1, 2)


def _parts(found: Found, pixels: Pixels) -> Iterator[Part]:
    """Stretches of the film, and what may shine in each."""
    places = _now(found)
    for stretch in found.stretches:
        lit = [_may_shine(spot, stretch) for spot in found.spots]
        yield Part(pixels.of(stretch.mean), stretch.frames, places[np.array(lit, np.bool_)])


def _may_shine(spot: FoundSpot, stretch: StretchMean) -> bool:
    """Some time is left for a rise that begins before it is seen, or a fall that ends later."""
    spare = stretch.frames + 2 * (spot.detected - spot.onset)
    if spot.direction == "off":
        return spot.steady or stretch.first < spot.detected + spare
    return spot.steady or stretch.last > spot.onset - spare


def _gain(
    found: Found,
    pixels: Pixels,
    places: Doubles,
    level: npt.NDArray[np.float32],
    variance: npt.NDArray[np.float32],
) -> float:
    """Variance per unit of light, by the spots' own light in the half where most of them shine."""
    photometer = Photometer(
        places, psf_sigma_px=found.psf_sigma_px, ground=level, variance=variance, gain=0.0
    )
    middle, falls = found.positions.size // 2, [s.direction == "off" for s in found.spots]
    lit = slice(middle) if 2 * sum(falls) > len(falls) else slice(middle, -1)
    pairs = _spread(found.positions[lit], GAIN_PAIRS)
    if not pairs.size:
        return 0.0
    return light_gain(pixels.read(pairs), pixels.read(pairs + 1), photometer)


def _spread(positions: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most `most` of them, evenly."""
    if positions.size <= most:
        return positions
    return positions[np.linspace(0, positions.size - 1, most).astype(np.int64)]


def place(pixels: Pixels, film: Film, found: Found, ground: Ground) -> Placed:
    """Centres, drift and width from the means of all stretches of the film."""
    places = np.array([(s.y_px, s.x_px) for s in found.spots], np.float64).reshape(-1, 2)
    first = photometer_at(places, found.psf_sigma_px, ground)
    if not found.spots:
        return Placed(first.places, first.places, NO_DRIFT, found.psf_sigma_px)
    since = np.array([0 if s.steady or s.direction == "off" else s.detected for s in found.spots])
    blocks = [
        Block(
            float(film.times_s[[stretch.first, stretch.last]].mean()),
            pixels.of(stretch.mean),
            since <= stretch.last,
        )
        for stretch in found.stretches
    ]
    return place_spots(first, blocks, found.stretches[0].frames)


def without_doubles(found: Found, placed: Placed) -> Found:
    """Of spots at one place the first: a field that moves shows a spot beside where it was found.

    The detector finds no two so near to each other in a field that stands.
    """
    within = max(DOUBLE_PX, DOUBLE_SIGMAS * placed.psf_sigma_px)
    order = np.argsort([0 if spot.steady else spot.detected for spot in found.spots], kind="stable")
    kept = list[int]()
    for k in order.tolist():
        away = placed.places[kept] - placed.places[k]
        if not (np.hypot(away[:, 0], away[:, 1]) < within).any():
            kept.append(k)
    return replace(found, spots=tuple(found.spots[k] for k in sorted(kept)))


def photometer_at(places: Doubles, psf_sigma_px: float, ground: Ground) -> Photometer:
    """Ready to measure these places."""
    return Photometer(
        places,
        psf_sigma_px=psf_sigma_px,
        ground=ground.level,
        variance=ground.variance,
        gain=ground.gain,
    )
