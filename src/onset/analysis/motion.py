"""The likeliest motion of a field behind the offsets of its spots; linear algebra, no images."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from onset.analysis.logistic import Doubles

SYSTEMATIC_PX = 0.004
"""A spot's shape between the pixels is not known better."""
ODD_SD, ODD_PX = 3.0, 0.03
"""A spot this far off the others' motion counts half."""
ROUNDS = 6
PRICE = 2.0
"""Of each parameter beyond that of BIC: a field that stands is told to drift in one of 1,000."""
WANDERINGS = np.geomspace(1e-4, 30.0, 34)
"""Standard deviations over the whole film that are tried, px."""


Equations = tuple[Doubles, Doubles]
"""Normal matrix and right side of one axis."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Motion of the field since the first frame, straight between knots."""

    knots_s: Doubles
    moved_px: Doubles
    """(knots, 2), y and x."""
    sd_px: float
    """Of one knot against the mean of the film, typically; NaN where nothing was seen."""
    start_sd_px: float = math.nan
    """Of the first frame against that mean: an error that all places share."""
    spots: int = 0
    """That tell it at one time, typically; 0 where nothing was seen."""
    seen_from_s: float = math.nan
    """Nothing tells it before."""

    def at(self, times_s: Doubles) -> Doubles:
        """Motion at any times, (n, 2) px."""
        if not self.knots_s.size:
            return np.zeros((np.size(times_s), 2))
        return np.column_stack(
            [np.interp(times_s, self.knots_s, self.moved_px[:, axis]) for axis in (0, 1)]
        )


NO_DRIFT = Drift(np.empty(0), np.empty((0, 2)), math.nan)


@dataclass(frozen=True, slots=True)
class Line:
    """A motion that a kind of drift makes of the offsets, zero at the first node."""

    moved_px: Doubles
    """(nodes, 2)"""
    covariance: tuple[Doubles, Doubles]
    """(nodes, nodes) of y and of x."""


def likeliest_drift(times_s: Doubles, seen_px: Doubles, weights: Doubles) -> Drift:
    """The drift, by evidence none, straight, a random walk, both, or one that bends.

    `times_s` (blocks,); `seen_px` (blocks, spots, 2) is where each spot is seen, less any fixed
    place of its own; `weights` (blocks, spots, 2) in px^-2, 0 where it is not. The spots' places
    are fitted with the drift (eliminated from the normal equations), so that its error is that of
    both. A random walk and a walk of the speed are Gaussian processes whose strength is that
    of the largest evidence (Rasmussen and Williams 2006, ch. 5).
    """
    # a spot that is seen once tells its place and no motion
    telling_motion = (weights > 0.0) & (np.count_nonzero(weights > 0.0, axis=0) > 1)
    weights = np.where(
        telling_motion, 1.0 / (1.0 / np.maximum(weights, 1e-30) + SYSTEMATIC_PX**2), 0
    )
    telling = np.count_nonzero(weights.min(axis=2) > 0.0, axis=1)
    lit = telling > 0
    if np.count_nonzero(lit) < 3:
        return NO_DRIFT
    spots, seen_from_s = int(np.median(telling[lit])), float(times_s[lit][0])
    nodes_s = np.concatenate([[0.0], times_s])
    variance = 1.0 / np.maximum(weights, 1e-30) + ODD_PX**2
    trusted, best = weights, None
    for _ in range(ROUNDS):
        equations = [normal_equations(seen_px[..., a], trusted[..., a]) for a in (0, 1)]
        best = likeliest_line(nodes_s, equations, int(np.count_nonzero(lit)))
        moved = np.zeros_like(seen_px[:, 0]) if best is None else best.moved_px[1:]
        rest = seen_px - moved[:, None]
        rest = rest - _mean(trusted, rest)
        trusted = weights / (1.0 + rest**2 / (ODD_SD**2 * variance))
    drift = NO_DRIFT if best is None else _told(nodes_s, best, trusted)
    return replace(drift, spots=spots, seen_from_s=seen_from_s)


def normal_equations(seen_px: Doubles, weights: Doubles) -> Equations:
    """Of one axis, for the motion at each node, places eliminated: (nodes, nodes), (nodes,)."""
    per_spot = np.maximum(weights.sum(axis=0), 1e-300)
    normal = np.diag(weights.sum(axis=1)) - (weights / per_spot) @ weights.T
    right = (weights * (seen_px - _mean(weights, seen_px))).sum(axis=1)
    return np.pad(normal, (1, 0)), np.pad(right, (1, 0))


def likeliest_line(nodes_s: Doubles, equations: list[Equations], blocks: int) -> Line | None:
    """Of all kinds of drift; None where that is none at all."""
    t = nodes_s / max(float(nodes_s[-1]), 1e-9)
    steps = np.diff(t)
    sums = np.tril(np.ones((t.size, steps.size)), -1)
    walk = sums * np.sqrt(steps)
    bend = sums @ (steps[:, None] * np.tril(np.ones((steps.size, steps.size)))) * np.sqrt(steps)
    price = math.log(2.0 * blocks) + PRICE
    wandered, both = _gains(t, walk, equations)
    _, bent = _gains(t, bend, equations)
    straight = sum(float(t @ right) ** 2 / float(t @ normal @ t) for normal, right in equations)
    options = [
        (straight - 2.0 * price, walk, 0.0, True),
        *((g - price, walk, sd, False) for g, sd in zip(wandered, WANDERINGS, strict=True)),
        *((g - 3.0 * price, walk, sd, True) for g, sd in zip(both, WANDERINGS, strict=True)),
        *((g - 3.0 * price, bend, sd, True) for g, sd in zip(bent, WANDERINGS, strict=True)),
    ]
    score, wandering, sd, slopes = max(options, key=lambda option: option[0])
    return line_of(t, wandering, sd, equations, slopes=slopes) if score > 0.0 else None


def _gains(t: Doubles, wandering: Doubles, equations: list[Equations]) -> tuple[Doubles, Doubles]:
    """Twice the gain in log-evidence for each of WANDERINGS, without and with a free slope."""
    alone, with_slope = np.zeros((2, WANDERINGS.size))
    squares = WANDERINGS[:, None] ** 2
    for normal, right in equations:
        values, vectors = np.linalg.eigh(wandering.T @ normal @ wandering)
        pulls, slopes = (vectors.T @ (wandering.T @ v) for v in (right, normal @ t))
        values = np.maximum(values, 0.0)
        shrunk = squares / (1.0 + squares * values)
        gain = shrunk @ pulls**2 - np.log1p(squares * values).sum(axis=1)
        whole = float(t @ normal @ t)
        rest = np.maximum(whole - shrunk @ slopes**2, 1e-9 * whole)
        alone += gain
        with_slope += gain + (float(t @ right) - shrunk @ (slopes * pulls)) ** 2 / rest
    return alone, with_slope


def line_of(
    t: Doubles, wandering: Doubles, sd_px: float, equations: list[Equations], *, slopes: bool
) -> Line:
    """Motion = t v + sd wandering @ u: v is free if there is a slope, u of unit variance."""
    moved, covariances = [], []
    basis = np.hstack([sd_px * wandering, t[:, None]]) if slopes else sd_px * wandering
    known = np.ones(basis.shape[1])
    known[wandering.shape[1] :] = 0.0
    for normal, right in equations:
        inverse = np.linalg.inv(basis.T @ normal @ basis + np.diag(known))
        moved.append(basis @ (inverse @ (basis.T @ right)))
        covariances.append(basis @ inverse @ basis.T)
    return Line(np.column_stack(moved), (covariances[0], covariances[1]))


def _told(nodes_s: Doubles, line: Line, weights: Doubles) -> Drift:
    """With its errors against the mean over all light."""
    errors, starts = [], []
    for axis, covariance in enumerate(line.covariance):
        share = np.concatenate([[0.0], weights[..., axis].sum(axis=1)])
        share /= share.sum()
        from_mean = np.eye(share.size) - share
        errors.append(np.diag(from_mean @ covariance @ from_mean.T)[share > 0.0])
        starts.append(float(share @ covariance @ share))
    drift = Drift(nodes_s, line.moved_px, float(np.sqrt(np.median(errors))))
    return replace(drift, start_sd_px=math.sqrt(float(np.mean(starts))))


def _mean(weights: Doubles, values: Doubles) -> Doubles:
    """Over blocks, of each spot."""
    total = np.maximum(weights.sum(axis=0), 1e-300)
    return np.asarray((weights * values).sum(axis=0) / total, np.float64)
