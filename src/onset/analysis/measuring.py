"""Every spot of a film in every frame, at its place: trajectories on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from onset.analysis.block_level import Floats
from onset.analysis.drift import Placed
from onset.analysis.film import Film, Pixels
from onset.analysis.ground import Ground
from onset.analysis.in_order import in_order
from onset.analysis.logistic import Doubles
from onset.analysis.photometry import Measured
from onset.analysis.placing import photometer_at
from onset.analysis.traces import TraceWriter

STRETCH_FRAMES = 64


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
