"""Every trajectory on the disk is fitted, a batch of spots in memory at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from onset.analysis.film import Film
from onset.analysis.found import FoundSpot
from onset.analysis.in_order import in_order
from onset.analysis.logistic import Doubles
from onset.analysis.spot_fit import NAN, SpotFit, Trajectory, fit_spot
from onset.analysis.traces import read_traces

SPOTS_PER_BATCH = 16


@dataclass(frozen=True, slots=True)
class TraceFiles:
    """Where the trajectories and their errors lie."""

    values: Path
    sds: Path


def fit_spots(
    film: Film,
    spots: tuple[FoundSpot, ...],
    files: TraceFiles,
    workers: int,
    done: Callable[[float], None],
) -> list[SpotFit]:
    """Fits of all spots, in their order."""

    def batch(first: int) -> list[SpotFit]:
        mine = spots[first : first + SPOTS_PER_BATCH]
        names = [spot.spot for spot in mine]
        values, sds = read_traces(files.values, names), read_traces(files.sds, names)
        return [
            fit_found(film, spot, *(table[str(spot.spot)].to_numpy() for table in (values, sds)))
            for spot in mine
        ]

    fits: list[SpotFit] = []
    for part in in_order(batch, range(0, len(spots), SPOTS_PER_BATCH), workers):
        fits += part
        done(len(fits) / len(spots))
    return fits


def fit_found(film: Film, spot: FoundSpot, values: Doubles, sds: Doubles) -> SpotFit:
    """One spot; its positions are among all frames again, not among the lit ones."""
    lit = film.lit & np.isfinite(values)
    trajectory = Trajectory(
        film.times_s[lit],
        film.exposures_s[lit],
        np.ascontiguousarray(values[lit], np.float64),
        np.ascontiguousarray(sds[lit], np.float64),
    )
    if spot.steady:
        return _steady(trajectory)
    before = np.cumsum(lit) - 1
    onset, detected = int(before[spot.onset]), int(before[spot.detected])
    fit = fit_spot(trajectory, max(onset, 0), max(detected, 0), spot.direction)
    positions = np.flatnonzero(lit)
    onset, walked = (
        int(positions[at]) if at >= 0 else spot.onset for at in (fit.onset, fit.walked)
    )
    return replace(fit, onset=onset, walked=walked)


def _steady(trajectory: Trajectory) -> SpotFit:
    level = float(np.median(trajectory.intensity)) if trajectory.intensity.size else NAN
    noise = float(np.median(trajectory.sd)) if trajectory.sd.size else NAN
    return SpotFit(amplitude=level, noise_sd=noise, snr=level / noise)
