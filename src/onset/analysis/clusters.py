"""Spots that are more than one emitter: their centre moves, their shape is odd, they rise twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles

MOVED_SD, MOVED_PX = 5.0, 0.12
"""A centre that moves by more than both is that of two."""
ODD_SD, ODD_PX = 5.0, 0.12
"""A width or ellipticity that differs from the others' by more than both."""
FEWEST_OTHERS = 12
MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class Shapes:
    """Of every spot, (spots,)."""

    moves_px: Doubles
    """Largest change of the centre between an early and a late part of the film."""
    moves_sd: Doubles
    """The same in standard errors."""
    width_px: Doubles
    """Sigma of the spot."""
    ellipticity: Doubles
    """Difference of the sigmas along its axes over their mean."""
    odd: npt.NDArray[np.bool_]
    """Another shape than most."""

    @property
    def moves(self) -> npt.NDArray[np.bool_]:
        """The centre moves beyond doubt."""
        return (self.moves_sd > MOVED_SD) & (self.moves_px > MOVED_PX)


def shapes_of(pulls: Doubles, strengths: Doubles, psf_sigma_px: float) -> Shapes:
    """Motion and shape from what the residuals of photometry say, (stretches, spots, 5) each.

    The five are y, x, wider in y, wider in x, tilted; pull / strength is the change in px, with
    variance 1 / strength.
    """
    moves_px, moves_sd = centre_moves(pulls[:, :, :2], strengths[:, :, :2])
    total = np.maximum(strengths.sum(axis=0), 1e-300)
    change, sd = pulls.sum(axis=0) / total, 1.0 / np.sqrt(total)
    width = (change[:, 2] + change[:, 3]) / 2.0
    stretch = np.hypot(change[:, 2] - change[:, 3], change[:, 4])
    stretch_sd = np.hypot(sd[:, 2], sd[:, 3])
    odd = _unlike(width, stretch_sd / 2.0) | _unlike(stretch, stretch_sd)
    sigma = np.maximum(psf_sigma_px + width, 0.1)
    return Shapes(moves_px, moves_sd, sigma, stretch / sigma, odd)


def centre_moves(pulls: Doubles, strengths: Doubles) -> tuple[Doubles, Doubles]:
    """Largest motion between the parts before and after any stretch, px and in standard errors.

    Arrays are (stretches, spots, 2). Of all splits that whose motion is surest counts.
    """
    before, after = (np.cumsum(a, axis=0)[:-1] for a in (pulls, strengths))
    if not len(before):
        nothing = np.zeros(pulls.shape[1])
        return nothing, nothing
    rest, weight = pulls.sum(axis=0) - before, strengths.sum(axis=0) - after
    enough = np.minimum(after, weight).min(axis=2) > 0.0
    after, weight = np.maximum(after, 1e-300), np.maximum(weight, 1e-300)
    step = rest / weight - before / after
    sure = np.where(enough, np.sqrt((step**2 / (1.0 / after + 1.0 / weight)).sum(axis=2)), 0.0)
    best = sure.argmax(axis=0)
    spots = np.arange(pulls.shape[1])
    size = np.hypot(step[best, spots, 0], step[best, spots, 1])
    return np.where(sure[best, spots] > 0.0, size, 0.0), sure[best, spots]


def _unlike(values: Doubles, sd: Doubles) -> npt.NDArray[np.bool_]:
    """Beyond the others' scatter and the own error."""
    known = np.isfinite(values) & (sd < ODD_PX)
    if np.count_nonzero(known) < FEWEST_OTHERS:
        return np.zeros(values.size, np.bool_)
    middle = float(np.median(values[known]))
    spread = MAD_TO_SD * float(np.median(np.abs(values[known] - middle)))
    away = values - middle
    return known & (away > ODD_PX) & (away > ODD_SD * np.hypot(spread, sd))
