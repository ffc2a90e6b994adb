"""How the field moves, and where the spots are: both from the spots' own light, together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles
from onset.analysis.photometry import Photometer

BRIGHT_SD = 6.0
"""A dimmer spot says nothing of its place in a block while its place is not known well."""
SEEN_SD = 3.0
"""... and in the end."""
FEWEST_LIT = 8
"""Spots that tell the drift of a block, where the film ever shows so many."""
ROUNDS = 5
FINAL_ROUNDS = 2
ODD_SD, ODD_PX = 3.0, 0.03
"""A spot this far off the others' motion counts half."""
SYSTEMATIC_PX = 0.004
TWO_WAY_ROUNDS = 15
LONGEST_STEP_PX = 0.7
KNOTS = (0, 2, 3, 5, 9, 17, 33)
"""Models of the drift: none, straight, and ever more bends."""
BENDING = 1e-3
"""A little stiffness: where nothing is lit the line goes on straight."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Motion of the field since the first frame, straight between knots."""

    knots_s: Doubles
    moved_px: Doubles
    """(knots, 2), y and x."""
    sd_px: float
    """Of one block, typically; NaN where nothing was seen."""

    def at(self, times_s: Doubles) -> Doubles:
        """Motion at any times, (n, 2) px."""
        if not self.knots_s.size:
            return np.zeros((np.size(times_s), 2))
        return np.column_stack(
            [np.interp(times_s, self.knots_s, self.moved_px[:, axis]) for axis in (0, 1)]
        )


NO_DRIFT = Drift(np.empty(0), np.empty((0, 2)), math.nan)


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
    frame; that of a block is less by the number of its frames. The drift is the smoothest line that
    the blocks allow (BIC), zero in the first frame.
    """
    count, places = len(blocks), photometer.places.copy()
    moved = np.zeros((count, 2))
    sigma = photometer.psf_sigma_px
    weights = np.zeros((count, len(places), 2))
    for turn in range(ROUNDS):
        there = photometer.at(places, sigma, frames_per_block)
        offs, weights, wider = _offsets(there, blocks, moved, BRIGHT_SD, follow=turn == 0)
        change, shift = _two_way(offs, weights)
        places = places + np.clip(change, -LONGEST_STEP_PX, LONGEST_STEP_PX)
        moved = moved + np.clip(shift, -LONGEST_STEP_PX, LONGEST_STEP_PX)
        sigma = min(max(sigma + min(max(wider, -0.15), 0.15), 0.6 * sigma), 1.6 * sigma)
    times_s = np.array([block.time_s for block in blocks])
    # a few spots that fade or blink move a mean; many do not
    enough = (weights > 0.0).sum(axis=1) >= min(FEWEST_LIT, (weights > 0.0).sum(axis=1).max())
    drift = smooth_drift(times_s, moved, np.where(enough, weights.sum(axis=1), 0.0))
    if drift.knots_s.size:
        start = drift.at(np.zeros(1))[0]
        drift, places = replace(drift, moved_px=drift.moved_px - start), places + start
    for _ in range(FINAL_ROUNDS):
        there = photometer.at(places, sigma, frames_per_block)
        offs, weights, _ = _offsets(there, blocks, drift.at(times_s), SEEN_SD)
        change = (weights * offs).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-300)
        places = places + np.clip(change, -LONGEST_STEP_PX, LONGEST_STEP_PX)
    seen = weights.sum(axis=0)
    sd = np.where(seen > 0.0, 1.0 / np.sqrt(np.maximum(seen, 1e-300)), np.nan)
    return Placed(places, sd, drift, sigma)


def smooth_drift(times_s: Doubles, moved_px: Doubles, weights: Doubles) -> Drift:
    """The line with the fewest knots that the blocks allow; (n,), (n, 2) px, (n, 2) px^-2."""
    seen = weights.min(axis=1) > 0.0
    if np.count_nonzero(seen) < 3:
        return NO_DRIFT
    t, d = times_s[seen], moved_px[seen]
    w = 1.0 / (1.0 / weights[seen] + SYSTEMATIC_PX**2)
    best, lowest = NO_DRIFT, math.inf
    typical = float(np.median(1.0 / np.sqrt(w)))
    for count in KNOTS:
        if count > np.count_nonzero(seen) // 2:
            break
        line = _line(t, d, w, float(times_s[-1]), count)
        misfit = float(np.sum(w * (d - _reference(line.at(t), d, w, count)) ** 2))
        score = misfit + 2.0 * max(count, 1) * math.log(2.0 * t.size)
        if score < lowest:
            best, lowest = Drift(line.knots_s, line.moved_px, typical), score
    straight = _line(t, d, w, float(times_s[-1]), 2)
    return _straight_before(best, straight, float(t[0])) if best.knots_s.size > 2 else best


def _straight_before(drift: Drift, straight: Drift, first_s: float) -> Drift:
    """Before anything is lit the field goes on as it does over the whole film."""
    later = drift.knots_s > first_s
    ends = np.array([0.0, first_s])
    here = drift.at(ends[1:])
    moved = here + straight.at(ends) - straight.at(ends[1:])
    return replace(
        drift,
        knots_s=np.concatenate([ends, drift.knots_s[later]]),
        moved_px=np.vstack([moved, drift.moved_px[later]]),
    )


def _reference(line: Doubles, d: Doubles, w: Doubles, count: int) -> Doubles:
    """Without drift all blocks share one offset, which belongs to the places."""
    if count:
        return line
    return np.broadcast_to((w * d).sum(axis=0) / w.sum(axis=0), d.shape)


def _line(t: Doubles, d: Doubles, w: Doubles, end_s: float, count: int) -> Drift:
    if count == 0:
        return NO_DRIFT
    knots = np.linspace(0.0, max(end_s, 1e-9), count)
    hats = np.column_stack([np.interp(t, knots, np.eye(count)[k]) for k in range(count)])
    bends = np.diff(np.eye(count), 2, axis=0)
    moved = np.empty((count, 2))
    for axis in (0, 1):
        normal = hats.T @ (w[:, axis, None] * hats)
        stiff = BENDING * float(np.trace(normal)) / count * (bends.T @ bends)
        stiff += 1e-9 * float(np.trace(normal)) * np.eye(count)
        moved[:, axis] = np.linalg.solve(normal + stiff, hats.T @ (w[:, axis] * d[:, axis]))
    return Drift(knots, moved, math.nan)


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
