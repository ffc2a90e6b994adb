"""Every trajectory on the disk is fitted, a batch of spots in memory at a time."""

from __future__ import annotations

import math
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
GONE_SD, GONE_SHARE = 8.0, 0.25
"""A spot has gone dark if its mean fell by so many standard errors, to this part of it ..."""
FEWEST_DARK, DARK_PART = 2, 0.1
"""... for at least so many frames, and this part of the film."""


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
    lit = film.lit & np.isfinite(values) & (sds > 0.0)
    trajectory = Trajectory(
        film.times_s[lit],
        film.exposures_s[lit],
        np.ascontiguousarray(values[lit], np.float64),
        np.ascontiguousarray(sds[lit], np.float64),
    )
    before = np.cumsum(lit) - 1
    onset, detected = int(before[spot.onset]), int(before[spot.detected])
    if spot.steady:
        gone = went_dark(trajectory) if spot.direction == "off" else None
        if gone is None:
            return _steady(trajectory)
        onset = detected = gone
    fit = fit_spot(trajectory, max(onset, 0), max(detected, 0), spot.direction)
    positions = np.flatnonzero(lit)
    onset, walked = (
        int(positions[at]) if at >= 0 else spot.onset for at in (fit.onset, fit.walked)
    )
    return replace(fit, onset=onset, walked=walked)


def went_dark(trajectory: Trajectory) -> int | None:
    """First frame without the light of a spot that was lit from the start; None where it stays.

    The best step down of two means. What comes back, or was dark at the end only, has not gone.
    """
    light, n = trajectory.intensity, trajectory.intensity.size
    least = max(FEWEST_DARK, math.ceil(DARK_PART * n))
    if n < least + 1:
        return None
    at = np.arange(1, n - least + 1)
    total = np.cumsum(light)
    bright, dark = total[at - 1] / at, (total[-1] - total[at - 1]) / (n - at)
    step = (bright - dark) / np.sqrt(1.0 / at + 1.0 / (n - at))
    best = int(np.argmax(step))
    gone = int(at[best])
    after = light[gone:]
    clear = step[best] > GONE_SD * float(np.median(trajectory.sd))
    dim = max(float(np.mean(after)), float(np.median(after))) < GONE_SHARE * bright[best]
    return gone if clear and dim else None


def _steady(trajectory: Trajectory) -> SpotFit:
    level = float(np.median(trajectory.intensity)) if trajectory.intensity.size else NAN
    noise = float(np.median(trajectory.sd)) if trajectory.sd.size else NAN
    return SpotFit(amplitude=level, noise_sd=noise, snr=level / noise)
