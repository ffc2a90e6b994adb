"""A switch seen through blinking: sigmoid by a likelihood that sums over hidden states."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.blinking_chain import RESCALED
from onset.analysis.blinking_model import Rates, States, one_emitter
from onset.analysis.blinking_rates import set_chances
from onset.analysis.blinking_search import NONE_HELD, climb, evaluate, evaluate_slopes, learn
from onset.analysis.blinking_tables import ROWS, Desk, Ints, Seen
from onset.analysis.logistic import Doubles
from onset.analysis.noise import TraceNoise

FIRST_ROUNDS, LEARNING_ROUNDS = 5, 8
HOPELESS = 15.0
"""A start that lies so far below the best after its first rounds is given up."""
MET = 0.05
"""Searches nearer than this, in units of tau, of log tau and of the light, have met."""
OUTLIER_SHARE = 1e-5
"""Part of the frames that may lie anywhere (cosmic rays)."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the recursion says at one point."""

    log_likelihood: float
    pull: Doubles
    matrix: Doubles
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
        tables, n = problem.states.tables, problem.times_s.size
        emitters, states, links = problem.states.emitters, tables.lit.size, tables.shapes.size
        shapes, p = len(tables.heights), 3 * emitters + 1
        spacing_s, which = spacings(problem.times_s)
        spread = float(np.ptp(problem.intensity)) + 1e-9
        self.problem = problem
        self.interval_s = float(np.median(np.diff(problem.times_s)))
        self._tables = tables
        self._seen = Seen(
            problem.times_s, problem.exposures_s, problem.intensity,
            problem.noise.floor, problem.noise.gain, problem.down,
            OUTLIER_SHARE * math.sqrt(2.0 * math.pi) / spread,
            self.interval_s, float(problem.exposures_s.max()),
            spacing_s, which, np.flatnonzero(which > 0),
        )  # fmt: skip
        self._desk = Desk(
            np.empty((3, emitters, n)), np.empty((shapes, n)),
            np.empty((tables.edge_sources.size, n)), np.empty((states, n + 1)),
            np.empty((states, n)), np.empty(n // RESCALED + 1), np.empty((ROWS, n)),
            np.empty((spacing_s.size, links)), np.empty(states),
            np.empty(2 * emitters + 2, np.int64), np.empty(2 * emitters + 1, np.int64),
            np.empty(p), np.empty((p, p)), np.empty(links), np.empty(2),
        )  # fmt: skip

    def chances(self, rates: Rates) -> tuple[Doubles, Doubles]:
        """Of every link, for each distance of frames (distances, links); of the first states."""
        set_chances(self._seen, self._tables, _array(rates), self._desk)
        return self._desk.chances.copy(), self._desk.first.copy()

    def value(self, theta: Doubles, rates: Rates) -> float:
        """Log-likelihood alone."""
        set_chances(self._seen, self._tables, _array(rates), self._desk)
        return evaluate(self._seen, self._tables, theta, self._desk)

    def at(self, theta: Doubles, rates: Rates) -> Evaluated:
        """Log-likelihood, its slope, information if the states were known."""
        desk = self._desk
        set_chances(self._seen, self._tables, _array(rates), desk)
        reached = evaluate_slopes(self._seen, self._tables, theta, desk)
        squares, frames = desk.squares.tolist()
        chi2 = squares / max(frames, 1.0)
        return Evaluated(reached, desk.pull.copy(), desk.matrix.copy(), chi2)

    def learn(self, start: Optimum, prior: Rates, rounds: int) -> Optimum:
        """Rates, from the plateau, and theta in turn."""
        theta, rates = start.theta.copy(), _array(start.rates)
        reached = learn(self._seen, self._tables, self._desk, theta, rates, _array(prior), rounds)
        return Optimum(theta, Rates(*rates.tolist()), reached)

    def climb(self, start: Optimum, held: int = NONE_HELD) -> Optimum:
        """The best theta with the rates held, and one place of theta if so asked."""
        theta = start.theta.copy()
        reached = climb(self._seen, self._tables, self._desk, theta, _array(start.rates), held)
        return Optimum(theta, start.rates, reached)


def _array(rates: Rates) -> Doubles:
    return np.array([rates.to_dark, rates.to_on, rates.gray])


def search(likelihood: Likelihood, starts: list[Doubles], rates: Rates) -> Optimum:
    """Best of several starts."""
    return max(ends_of(likelihood, starts, rates), key=lambda one: one.log_likelihood)


def ends_of(likelihood: Likelihood, starts: list[Doubles], rates: Rates) -> list[Optimum]:
    """Where the starts with prospects lead; the rates are learned on the plateau, then held."""
    tried = [first_look(likelihood, start, rates) for start in starts]
    best = max(one.log_likelihood for one in tried)
    apart: list[Optimum] = []
    for one in sorted(tried, key=lambda one: -one.log_likelihood):
        alive = one.log_likelihood > best - HOPELESS
        if alive and not any(have_met(one.theta, other.theta) for other in apart):
            apart.append(one)
    return [likelihood.climb(likelihood.learn(one, rates, LEARNING_ROUNDS)) for one in apart]


def have_met(one: Doubles, other: Doubles) -> bool:
    """Whether two searches are so near to each other that they go on as one."""
    away = np.abs(one - other)
    t0, log_tau, light = away[:-1:3], away[1:-1:3], away[2:-1:3]
    near = (t0 < MET * np.exp(one[1:-1:3])) & (log_tau < MET) & (light < MET * np.abs(one[2:-1:3]))
    return bool(near.all())


def first_look(likelihood: Likelihood, theta: Doubles, rates: Rates) -> Optimum:
    """Where the first rounds from one start lead."""
    return likelihood.learn(Optimum(theta, rates, 0.0), rates, FIRST_ROUNDS)


def profile(likelihood: Likelihood, optimum: Optimum, theta: Doubles, tau_s: float) -> float:
    """Highest log-likelihood near `theta` with the first emitter's tau held, rates as found."""
    held = theta.copy()
    held[1] = math.log(tau_s)
    return likelihood.climb(Optimum(held, optimum.rates, 0.0), held=1).log_likelihood


def spacings(times_s: Doubles) -> tuple[Doubles, Ints]:
    """Distances to the next frame, the most frequent first; which of them each frame has.

    The last has the usual one.
    """
    steps = np.diff(times_s)
    usual = float(np.median(steps)) if steps.size else 1.0
    rounded = np.append(np.maximum(np.rint(steps / usual * 8.0), 1.0), 8.0)
    distinct, counts = np.unique(rounded, return_counts=True)
    distinct = distinct[np.argsort(-counts, kind="stable")]
    which = np.argmax(rounded[:, None] == distinct, axis=1)
    return distinct * usual / 8.0, which.astype(np.int64)


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
