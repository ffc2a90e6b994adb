"""Every spot of a film in every frame: ground, places and drift, then trajectories on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from onset.analysis.drift import (
    BLOCKS,
    FRAMES_PER_BLOCK,
    NO_DRIFT,
    Block,
    Placed,
    place_spots,
)
from onset.analysis.film import Film, Pixels
from onset.analysis.found import Found
from onset.analysis.ground import Ground, frame_variance, ground_of, light_gain
from onset.analysis.in_order import in_order
from onset.analysis.logistic import Doubles
from onset.analysis.photometry import Measured, Photometer
from onset.analysis.photometry_kernels import Floats
from onset.analysis.traces import TraceWriter

STRETCH_FRAMES = 64
FEWEST_BASELINE = 50
GAIN_PAIRS = 48
SAMPLE_FRAMES = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is kept of some frames when their trajectories are on the disk; k spots."""

    pulls: Doubles
    """(k, 5), as in `Measured`."""
    strengths: Doubles
    background: Floats
    """(k,), mean."""


Done = Callable[[float], None]
"""Told how much is done, 0 to 1."""


def ground_in(pixels: Pixels, found: Found) -> Ground:
    """Ground and noise from the baseline where there is one, else from the film's own mean."""
    places, maps = _last_places(found), pixels.maps
    if found.baseline_frames >= FEWEST_BASELINE:
        with np.errstate(divide="ignore"):
            variance = np.where(found.inverse_sd > 0, found.inverse_sd**-2.0, np.inf)
        mean, frames = found.mean, found.baseline_frames
        if maps:
            mean, variance = maps.electrons(mean), variance / maps.adu_per_electron**2
    else:
        sample = pixels.read(_spread(found.positions, SAMPLE_FRAMES))
        variance, mean, frames = frame_variance(sample), sample.mean(axis=0), len(sample)
    if maps:
        variance = np.where(maps.bad, np.inf, variance)
    variance = variance.astype(np.float32)
    level = ground_of(mean, variance, frames, places, found.psf_sigma_px)
    if maps:
        return Ground(level, variance, maps.excess)
    photometer = Photometer(
        places, psf_sigma_px=found.psf_sigma_px, ground=level, variance=variance, gain=0.0
    )
    late = found.positions[found.positions.size // 2 :]
    pairs = _spread(late[:-1], GAIN_PAIRS)
    if not pairs.size:
        return Ground(level, variance, 0.0)
    gain = light_gain(pixels.read(pairs), pixels.read(pairs + 1), photometer)
    return Ground(level, variance, gain)


def place(pixels: Pixels, film: Film, found: Found, ground: Ground) -> Placed:
    """Centres, drift and width from means of a few frames, evenly over the film."""
    first = photometer_at(_first_places(found), found.psf_sigma_px, ground)
    if not found.spots:
        return Placed(first.places, first.places, NO_DRIFT, found.psf_sigma_px)
    positions = found.positions
    length = min(FRAMES_PER_BLOCK, max(positions.size // 4, 1))
    starts = np.unique(np.linspace(0, positions.size - length, BLOCKS).astype(np.int64))
    since = np.array([0 if s.steady or s.direction == "off" else s.detected for s in found.spots])
    blocks = []
    for start in starts.tolist():
        mine = positions[start : start + length]
        image = pixels.read(mine).mean(axis=0, dtype=np.float32)
        blocks.append(Block(float(film.times_s[mine].mean()), image, since <= mine[0]))
    return place_spots(first, blocks, length)


def photometer_at(places: Doubles, psf_sigma_px: float, ground: Ground) -> Photometer:
    """Ready to measure these places."""
    return Photometer(
        places,
        psf_sigma_px=psf_sigma_px,
        ground=ground.level,
        variance=ground.variance,
        gain=ground.gain,
    )


def measure(
    pixels: Pixels,
    film: Film,
    placed: Placed,
    ground: Ground,
    writers: tuple[TraceWriter, TraceWriter],
    workers: int,
    done: Done,
) -> tuple[pd.DataFrame, list[Stretch]]:
    """All trajectories, written as they come; a table of frames and sums per stretch."""
    photometer = photometer_at(placed.places, placed.psf_sigma_px, ground)
    n, usual_s = len(film.lit), float(np.median(film.exposures_s))
    moved = placed.drift.at(film.times_s)
    starts = range(0, n, STRETCH_FRAMES)

    def stretch(start: int) -> Measured:
        end = min(start + STRETCH_FRAMES, n)
        return photometer.measure(
            pixels.one_by_one(start, end), moved[start:end], frames=end - start
        )

    tables, sums = [], list[Stretch]()
    for start, measured in zip(starts, in_order(stretch, starts, workers), strict=True):
        end = min(start + STRETCH_FRAMES, n)
        dark = ~film.lit[start:end]
        # a longer exposure shows more of the same light
        longer = (film.exposures_s[start:end] / usual_s).astype(np.float32)[:, None]
        for values, writer in zip((measured.amplitude, measured.sd), writers, strict=True):
            values[:] /= longer
            values[dark] = np.nan
            writer.append(film.numbers[start:end], film.times_s[start:end], values)
        tables.append(_frame_rows(film, start, end, measured, moved))
        sums.append(Stretch(measured.pulls, measured.strengths, measured.background.mean(axis=0)))
        done(end / n)
    return pd.concat(tables, ignore_index=True), sums


def _last_places(found: Found) -> Doubles:
    return np.array([(s.final_y_px, s.final_x_px) for s in found.spots], np.float64).reshape(-1, 2)


def _first_places(found: Found) -> Doubles:
    return np.array([(s.y_px, s.x_px) for s in found.spots], np.float64).reshape(-1, 2)


def _spread(positions: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most `most` of them, evenly."""
    if positions.size <= most:
        return positions
    return positions[np.linspace(0, positions.size - 1, most).astype(np.int64)]


def _frame_rows(
    film: Film, start: int, end: int, measured: Measured, moved: Doubles
) -> pd.DataFrame:
    spots = measured.amplitude.shape[1]
    return pd.DataFrame(
        {
            "frame": film.numbers[start:end],
            "t_s": film.times_s[start:end],
            "exposure_s": film.exposures_s[start:end],
            "lit": film.lit[start:end],
            "field_sum": measured.field_sum,
            "field_mean": measured.field_sum / film.pixels,
            "spots_sum": measured.amplitude.sum(axis=1, dtype=np.float64),
            "background": measured.background.mean(axis=1) if spots else np.nan,
            "drift_y_px": moved[start:end, 0],
            "drift_x_px": moved[start:end, 1],
        }
    )
