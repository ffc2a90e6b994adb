"""A switch seen through blinking: sigmoid by a likelihood that sums over hidden states."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.blinking_kernels import (
    OUTLIER_SHARE,
    Ints,
    backward_pass,
    forward_pass,
    regimes_of,
    settled_levels,
)
from onset.analysis.blinking_model import Rates, States, one_emitter
from onset.analysis.logistic import Doubles
from onset.analysis.noise import TraceNoise

FIRST_ROUNDS, LEARNING_ROUNDS = 5, 8
MOST_ROUNDS = 25
LEAST_GAIN = 1e-3
HOPELESS = 15.0
"""A start that lies so far below the best after its first rounds is given up."""
LONGEST_STEP = 1.0
"""Of log tau, and of t0 in units of tau, per round."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the recursion says at one point."""

    log_likelihood: float
    pull: Doubles
    matrix: Doubles
    usage: Doubles
    chi2: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A trajectory and the states it may be in; arrays (n,), lit frames only."""

    times_s: Doubles
    exposures_s: Doubles
    intensity: Doubles
    noise: TraceNoise
    down: float
    states: States


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where a search ended."""

    theta: Doubles
    rates: Rates
    log_likelihood: float


class Likelihood:
    """The recursion with everything bound that does not change; one thread at a time."""

    def __init__(self, problem: Problem) -> None:
        states, n = problem.states, problem.times_s.size
        count, links, emitters = len(states.heights), len(states.links), states.emitters
        self.problem = problem
        self.interval_s = float(np.median(np.diff(problem.times_s)))
        self._spacing_s, self._which = spacings(problem.times_s)
        spread = float(np.ptp(problem.intensity)) + 1e-9
        self._outlier = OUTLIER_SHARE * math.sqrt(2.0 * math.pi) / spread
        self._regimes, self._slopes = np.empty(n, np.int64), np.empty((n, emitters, 3))
        self._settled_means, self._settled_variances = np.empty((2, 2**emitters, count))
        self._forward = np.empty((n + 1, len(states.lit)))
        self._density, self._means, self._variances = np.empty((3, n, count))
        self.increments = np.empty(n)
        """Likelihood of each frame given those before it, where it was last evaluated."""
        self._usage, self._squares = np.empty(links), np.empty(2)
        self._rates: Rates | None = None
        self._chances = self._first = np.empty(0)

    def value(self, theta: Doubles, rates: Rates) -> float:
        """Log-likelihood alone."""
        problem, states = self.problem, self.problem.states
        if rates != self._rates:
            self._rates = rates
            self._chances = states.chances(rates, self._spacing_s)
            self._first = states.first(rates)
        noise = problem.noise
        regimes_of(
            problem.times_s, problem.exposures_s, problem.down, theta, self._regimes, self._slopes
        )
        settled_levels(
            noise.floor, noise.gain, theta, states.heights, states.widths,
            self._settled_means, self._settled_variances,
        )  # fmt: skip
        return forward_pass(
            problem.intensity, noise.floor, noise.gain, theta, states.heights, states.widths,
            self._regimes, self._slopes, self._settled_means, self._settled_variances,
            states.sources, states.targets, states.shapes, self._chances, self._which,
            self._first, self._outlier, self._forward, self._density, self._means,
            self._variances, self.increments,
        )  # fmt: skip

    def at(self, theta: Doubles, rates: Rates) -> Evaluated:
        """Log-likelihood, its slope, information if the states were known, use of the links."""
        reached = self.value(theta, rates)
        states = self.problem.states
        pull, matrix = np.empty(theta.size), np.empty((theta.size, theta.size))
        backward_pass(
            self.problem.intensity, self.problem.noise.gain, theta, states.heights, states.widths,
            self._regimes, self._slopes, self._settled_means, self._settled_variances,
            states.sources, states.targets, states.shapes, self._chances, self._which,
            self._outlier, self._forward, self._density, self._means, self._variances,
            self.increments, pull, matrix, self._usage, self._squares,
        )  # fmt: skip
        squares, frames = self._squares.tolist()
        return Evaluated(reached, pull, matrix, self._usage.copy(), squares / max(frames, 1.0))


def search(likelihood: Likelihood, starts: list[Doubles], rates: Rates) -> Optimum:
    """Best of several starts; the rates are learned on the plateau, then held."""
    tried = [_learn(likelihood, Optimum(s, rates, 0.0), rates, FIRST_ROUNDS) for s in starts]
    best = max(one.log_likelihood for one in tried)
    ends = [
        climb(likelihood, _learn(likelihood, one, rates, LEARNING_ROUNDS))
        for one in tried
        if one.log_likelihood > best - HOPELESS
    ]
    return max(ends, key=lambda one: one.log_likelihood)


def first_look(likelihood: Likelihood, theta: Doubles, rates: Rates) -> Optimum:
    """Where the first rounds from one start lead."""
    return _learn(likelihood, Optimum(theta, rates, 0.0), rates, FIRST_ROUNDS)


def profile(likelihood: Likelihood, optimum: Optimum, theta: Doubles, tau_s: float) -> float:
    """Highest log-likelihood near `theta` with the first emitter's tau held, rates as found."""
    held = theta.copy()
    held[1] = math.log(tau_s)
    return climb(likelihood, Optimum(held, optimum.rates, 0.0), held=1).log_likelihood


def spacings(times_s: Doubles) -> tuple[Doubles, Ints]:
    """Distances to the next frame (the last: the usual one), and which of them each frame has."""
    steps = np.diff(times_s)
    usual = float(np.median(steps)) if steps.size else 1.0
    rounded = np.append(np.maximum(np.rint(steps / usual * 8.0), 1.0), 8.0)
    distinct, which = np.unique(rounded, return_inverse=True)
    return distinct * usual / 8.0, which.astype(np.int64).reshape(-1)


def first_theta(problem: Problem, t0_s: float, tau_s: float, background: float) -> Doubles:
    """A start for one emitter: its amplitude from the brighter of the frames after t0."""
    sign = 1.0 - 2.0 * problem.down
    after = sign * (problem.times_s - t0_s) > 0.0
    seen = problem.intensity[after] if after.any() else problem.intensity
    half = background + 0.5 * (float(np.quantile(seen, 0.95)) - background)
    bright = seen[seen > half]
    level = float(np.median(bright)) if bright.size else float(seen.max())
    amplitude = max(level - background, problem.noise.sd(background))
    return np.array([t0_s, math.log(tau_s), amplitude, background])


def one_problem(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    noise: TraceNoise,
    *,
    down: float,
    gray: bool = True,
) -> Problem:
    """One emitter that blinks."""
    return Problem(times_s, exposures_s, intensity, noise, down, one_emitter(gray=gray))


def _learn(likelihood: Likelihood, start: Optimum, prior: Rates, rounds: int) -> Optimum:
    """Rates and theta in turn."""
    states, theta, rates, reached = likelihood.problem.states, start.theta, start.rates, 0.0
    for _ in range(rounds):
        here = likelihood.at(theta, rates)
        theta, reached = theta + _step(likelihood, theta, here, 0.1), here.log_likelihood
        rates = states.fitted(here.usage, likelihood.interval_s, prior)
    return Optimum(theta, rates, reached)


def climb(likelihood: Likelihood, start: Optimum, held: int | None = None) -> Optimum:
    """Damped scoring until nothing is gained."""
    theta, rates, damping = start.theta, start.rates, 1e-3
    here = likelihood.at(theta, rates)
    for _ in range(MOST_ROUNDS):
        there = theta + _step(likelihood, theta, here, damping, held)
        reached = likelihood.at(there, rates)
        if reached.log_likelihood > here.log_likelihood:
            gained = reached.log_likelihood - here.log_likelihood
            theta, here, damping = there, reached, max(damping * 0.2, 1e-6)
            if gained < LEAST_GAIN:
                break
        else:
            damping *= 10.0
            if damping > 1e5:
                break
    return Optimum(theta, rates, here.log_likelihood)


def _step(
    likelihood: Likelihood,
    theta: Doubles,
    here: Evaluated,
    damping: float,
    held: int | None = None,
) -> Doubles:
    """Of scoring, bounded: tau between a fraction of a frame and the film, amplitude positive."""
    diagonal = np.diag(here.matrix)
    damped = here.matrix + np.diag(damping * diagonal + 1e-12 * diagonal.max() + 1e-300)
    pull = here.pull.copy()
    if held is not None:
        damped[held, :], damped[:, held], damped[held, held], pull[held] = 0.0, 0.0, 1.0, 0.0
    step = np.linalg.solve(damped, pull)
    step = np.where(np.isfinite(step), step, 0.0)
    problem, interval_s = likelihood.problem, likelihood.interval_s
    span_s = float(problem.times_s[-1] - problem.times_s[0])
    least, most = math.log(0.02 * interval_s), math.log(2.0 * span_s)
    for e in range(problem.states.emitters):
        t0, tau, light = 3 * e, 3 * e + 1, 3 * e + 2
        reach = LONGEST_STEP * max(math.exp(theta[tau]), interval_s)
        step[t0] = min(max(step[t0], -reach), reach)
        step[tau] = min(max(step[tau], -LONGEST_STEP), LONGEST_STEP)
        step[tau] = min(max(theta[tau] + step[tau], least), most) - theta[tau]
        step[light] = max(step[light], -0.5 * theta[light])
    return np.asarray(step, np.float64)
