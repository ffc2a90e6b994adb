"""How the field moves, and where the spots are: both from the spots' own light, together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles
from onset.analysis.motion import ODD_PX, ODD_SD, Drift, likeliest_drift
from onset.analysis.photometry import Photometer

BRIGHT_SD = 6.0
"""A dimmer spot says nothing of its place in a block while its place is not known well."""
SEEN_SD = 3.0
"""... and in the end."""
ROUNDS = 5
FINAL_ROUNDS = 2
TWO_WAY_ROUNDS = 15
LONGEST_STEP_PX = 0.7


@dataclass(frozen=True, slots=True)
class Placed:
    """Centres in the first frame, their errors, the drift, the width of spots."""

    places: Doubles
    sd_px: Doubles
    drift: Drift
    psf_sigma_px: float


@dataclass(frozen=True, slots=True)
class Block:
    """The mean of some successive frames."""

    time_s: float
    image: npt.NDArray[np.float32]
    active: npt.NDArray[np.bool_]
    """Spots that may be lit by then."""


def place_spots(photometer: Photometer, blocks: list[Block], frames_per_block: int) -> Placed:
    """Centres of all spots and the drift of the field, by least squares over block means.

    In each block every lit spot is off its place by its own error plus the drift; the two are
    separated by alternating weighted means, in which a spot that goes its own way hardly
    counts. `photometer` holds first centres and the noise of one
    frame; that of a block is less by the number of its frames. The drift is then the likeliest one
    (see `motion`), zero in the first frame.
    """
    count, places = len(blocks), photometer.places.copy()
    moved = np.zeros((count, 2))
    sigma = photometer.psf_sigma_px
    weights = np.zeros((count, len(places), 2))
    for turn in range(ROUNDS):
        there = photometer.at(places, sigma, frames_per_block)
        offs, weights, wider = _offsets(there, blocks, moved, BRIGHT_SD, follow=turn == 0)
        seen_px = places + moved[:, None] + offs
        change, shift = _two_way(offs, weights)
        places = places + np.clip(change, -LONGEST_STEP_PX, LONGEST_STEP_PX)
        moved = moved + np.clip(shift, -LONGEST_STEP_PX, LONGEST_STEP_PX)
        sigma = min(max(sigma + min(max(wider, -0.15), 0.15), 0.6 * sigma), 1.6 * sigma)
    times_s = np.array([block.time_s for block in blocks])
    drift = likeliest_drift(times_s, seen_px, weights)
    places = _places(seen_px, weights, drift.at(times_s), places)
    for _ in range(FINAL_ROUNDS):
        there, moved = photometer.at(places, sigma, frames_per_block), drift.at(times_s)
        offs, weights, _ = _offsets(there, blocks, moved, SEEN_SD)
        seen_px = places + moved[:, None] + offs
        drift = likeliest_drift(times_s, seen_px, weights)
        places = _places(seen_px, weights, drift.at(times_s), places)
    total = weights.sum(axis=0)
    sd = np.where(total > 0.0, 1.0 / np.sqrt(np.maximum(total, 1e-300)), np.nan)
    return Placed(places, sd, drift, sigma)


def _places(seen_px: Doubles, weights: Doubles, moved: Doubles, before: Doubles) -> Doubles:
    """Mean of where each spot was seen, the drift taken out; as before where it never was."""
    total = weights.sum(axis=0)
    mean = (weights * (seen_px - moved[:, None])).sum(axis=0) / np.maximum(total, 1e-300)
    return np.asarray(np.where(total > 0.0, mean, before), np.float64)


def _offsets(
    photometer: Photometer,
    blocks: list[Block],
    moved: Doubles,
    least_sd: float,
    *,
    follow: bool = False,
) -> tuple[Doubles, Doubles, float]:
    """Distance of every lit spot from where it should be: (blocks, spots, 2), their weights.

    Lit is what is brighter than `least_sd` times the error of its brightness in a block.
    With `follow` each block begins where the one before was found to be, and a place that comes in
    is brought back by how far the field has moved until then.
    """
    shape = (len(blocks), len(photometer.places), 2)
    offs, weights = np.zeros(shape), np.zeros(shape)
    wide, widths = np.zeros((2, len(photometer.places)))
    for b, block in enumerate(blocks):
        if follow and b:
            moved[b] = moved[b - 1]
            photometer.places[block.active & ~blocks[b - 1].active] -= moved[b]
        for _ in range(3 if follow else 1):
            seen = photometer.measure(block.image[None], moved[b : b + 1])
            lit = (seen.amplitude[0] > least_sd * seen.sd[0]) & block.active
            strength = np.where(lit[:, None], seen.strengths[:, :2], 0.0)
            step = np.where(strength > 0, seen.pulls[:, :2] / np.maximum(strength, 1e-300), 0.0)
            offs[b], weights[b] = np.clip(step, -2.0, 2.0), strength
            if follow and strength.sum() > 0:
                mean = (strength * offs[b]).sum(axis=0) / strength.sum(axis=0)
                moved[b] += np.clip(mean, -LONGEST_STEP_PX, LONGEST_STEP_PX) * (b > 0)
        wide[lit] += seen.pulls[lit, 2:4].sum(axis=1)
        widths[lit] += seen.strengths[lit, 2:4].sum(axis=1)
    # the median: clusters are wider
    known = widths > 0.0
    wider = float(np.median(wide[known] / widths[known])) if known.any() else 0.0
    return offs, weights, wider


def _two_way(offs: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Change of places (spots, 2) and of blocks (blocks, 2) whose sums explain the offsets."""
    change, shift = np.zeros(offs.shape[1:]), np.zeros((offs.shape[0], 2))
    variance = 1.0 / np.maximum(weights, 1e-300) + ODD_PX**2
    trusted = weights.copy()
    for _ in range(TWO_WAY_ROUNDS):
        change = _mean(trusted, offs - shift[:, None], 0)
        shift = _mean(trusted, offs - change, 1)
        odd = (offs - change - shift[:, None]) ** 2 / (ODD_SD**2 * variance)
        trusted = weights / (1.0 + odd)
    return change, shift


def _mean(weights: Doubles, values: Doubles, axis: int) -> Doubles:
    total = np.maximum(weights.sum(axis=axis), 1e-300)
    return np.asarray((weights * values).sum(axis=axis) / total, np.float64)
