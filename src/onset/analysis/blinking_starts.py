"""Where the search for a switch through blinking begins: of many first ideas the likeliest."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking import Likelihood, first_theta
from onset.analysis.blinking_model import Rates
from onset.analysis.logistic import Doubles

MOST_STARTS = 3
TAU_FRAMES = (0.5, 2.0, 6.0, 20.0, 60.0)
"""Switches from so fast to so slow are tried ..."""
AWAY_TAU = (0.0, 1.0, 2.0, 3.5)
"""... whose middle is so far from where the light is seen to change."""
ALIKE_TAU, ALIKE_LOG_TAU = 1.5, 1.0
"""Ideas nearer to each other than this, in their tau, are one."""
LIT_SD = 4.0


def blinking_starts(
    likelihood: Likelihood, theta: Doubles, near_s: float, rates: Rates
) -> list[Doubles]:
    """The likeliest starts that differ from each other; `theta` is what a plain fit says.

    A dark time can hide a switch, or be taken for one, so the middle is looked for on the dark side
    of the change that was detected and on the lit side of the last light before the dark.
    """
    problem, interval_s = likelihood.problem, likelihood.interval_s
    before = problem.intensity[problem.times_s < near_s]
    dark = float(np.median(before)) if before.size and not problem.down else float(theta[3])
    ideas = [(float(theta[0]), max(math.exp(theta[1]), interval_s))]
    for tau_s in (interval_s * frames for frames in TAU_FRAMES):
        ideas += [(near_s + away * tau_s, tau_s) for away in AWAY_TAU]
        if problem.down:
            last_s = last_light_s(likelihood, dark)
            ideas += [(last_s - away * tau_s, tau_s) for away in AWAY_TAU]
    ends_s = float(problem.times_s[-1])
    thetas = [first_theta(problem, t0, tau, dark) for t0, tau in ideas if t0 <= ends_s]
    return distinct(thetas, [likelihood.value(one, rates) for one in thetas])[:MOST_STARTS]


def last_light_s(likelihood: Likelihood, dark: float) -> float:
    """End of the last two frames in a row that are lit beyond doubt."""
    problem = likelihood.problem
    lit = problem.intensity > dark + LIT_SD * problem.noise.sd(dark)
    both = np.flatnonzero(lit[:-1] & lit[1:])
    return float(problem.times_s[both[-1] + 1 if both.size else 0]) + likelihood.interval_s


def distinct(thetas: list[Doubles], heights: list[float]) -> list[Doubles]:
    """In order of their likelihood, without those that are like a better one."""
    kept: list[Doubles] = []
    for k in np.argsort(heights)[::-1].tolist():
        if not any(are_alike(thetas[k], one) for one in kept):
            kept.append(thetas[k])
    return kept


def are_alike(one: Doubles, other: Doubles) -> bool:
    """Whether two single switches are nearly the same."""
    longer_s = math.exp(max(one[1], other[1]))
    near = abs(one[0] - other[0]) < ALIKE_TAU * longer_s
    return bool(near and abs(one[1] - other[1]) < ALIKE_LOG_TAU)
