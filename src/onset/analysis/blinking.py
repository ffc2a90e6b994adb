"""A switch seen through blinking: sigmoid by a likelihood that sums over hidden states."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from onset.analysis.blinking_kernels import OUTLIER_SHARE, recursion
from onset.analysis.blinking_model import Rates, States, one_emitter
from onset.analysis.logistic import Doubles
from onset.analysis.noise import TraceNoise

LEARNING_ROUNDS = 12
MOST_ROUNDS = 25
LEAST_GAIN = 1e-3
LONGEST_STEP = 1.0
"""Of log tau, and of t0 in units of tau, per round."""
PROBE_SD = 0.1
"""Steps of the numerical second derivatives, in standard errors."""


@dataclass(frozen=True, slots=True)
class BlinkFit:
    """Optimum of the likelihood; theta is (t0, log tau, amplitude) per emitter, then background."""

    theta: Doubles
    covariance: Doubles
    log_likelihood: float
    rates: Rates
    chi2: float
    """Mean squared residual, in units of the noise, of frames that are wholly in a state."""

    @property
    def parameters(self) -> int:
        """Free ones: theta, two rates, the gray part."""
        return self.theta.size + 3


@dataclass(frozen=True, slots=True)
class Problem:
    """A trajectory and the states it may be in; arrays (n,), lit frames only."""

    times_s: Doubles
    exposures_s: Doubles
    intensity: Doubles
    noise: TraceNoise
    down: float
    states: States

    def evaluator(self) -> Callable[[Doubles, Rates], Evaluated]:
        """The recursion with everything bound that does not change."""
        spacing_s, which = spacings(self.times_s)
        sources, targets, shapes = self.states.sources, self.states.targets, self.states.shapes
        spread = float(np.ptp(self.intensity)) + 1e-9
        outlier = OUTLIER_SHARE * math.sqrt(2.0 * math.pi) / spread

        def evaluate(theta: Doubles, rates: Rates) -> Evaluated:
            pull, matrix = np.empty(theta.size), np.empty((theta.size, theta.size))
            usage, squares = np.empty(sources.size), np.empty(2)
            reached = recursion(
                self.times_s, self.exposures_s, self.intensity, self.noise.floor, self.noise.gain,
                self.down, theta, self.states.heights, self.states.widths, sources, targets, shapes,
                self.states.chances(rates, spacing_s), which, self.states.first(rates), outlier,
                pull, matrix, usage, squares,
            )  # fmt: skip
            return Evaluated(reached, pull, matrix, usage, squares[0] / max(squares[1], 1.0))

        return evaluate


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the recursion says at one point."""

    log_likelihood: float
    pull: Doubles
    matrix: Doubles
    usage: Doubles
    chi2: float


def fit_blinking(problem: Problem, starts: list[Doubles], rates: Rates) -> BlinkFit:
    """Best of several starts; the rates are learned on the plateau, then held.

    Standard errors come from the observed information, the numerical slope of the exact gradient.
    """
    evaluate = problem.evaluator()
    best: tuple[float, Doubles, Rates] | None = None
    for start in starts:
        theta, learned = _learn(problem, evaluate, start.copy(), rates)
        reached, theta = _climb(problem, evaluate, theta, learned)
        if best is None or reached > best[0]:
            best = reached, theta, learned
    assert best is not None
    reached, theta, learned = best
    chi2 = evaluate(theta, learned).chi2
    return BlinkFit(theta, _covariance(evaluate, theta, learned), reached, learned, chi2)


def profile(problem: Problem, fit: BlinkFit, tau_s: float) -> float:
    """Highest log-likelihood with the first emitter's tau held, rates as fitted."""
    evaluate = problem.evaluator()
    theta = fit.theta.copy()
    theta[1] = math.log(tau_s)
    reached, _ = _climb(problem, evaluate, theta, fit.rates, held=1)
    return reached


def spacings(times_s: Doubles) -> tuple[Doubles, np.ndarray[tuple[int], np.dtype[np.int64]]]:
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


def _learn(
    problem: Problem,
    evaluate: Callable[[Doubles, Rates], Evaluated],
    theta: Doubles,
    rates: Rates,
) -> tuple[Doubles, Rates]:
    """Rates and theta in turn."""
    interval_s = float(np.median(np.diff(problem.times_s)))
    for _ in range(LEARNING_ROUNDS):
        here = evaluate(theta, rates)
        theta = theta + _step(problem, theta, here, 0.1)
        rates = problem.states.fitted(here.usage, interval_s, rates)
    return theta, rates


def _climb(
    problem: Problem,
    evaluate: Callable[[Doubles, Rates], Evaluated],
    theta: Doubles,
    rates: Rates,
    held: int | None = None,
) -> tuple[float, Doubles]:
    """Damped scoring until nothing is gained."""
    here, damping = evaluate(theta, rates), 1e-3
    for _ in range(MOST_ROUNDS):
        there = theta + _step(problem, theta, here, damping, held)
        reached = evaluate(there, rates)
        if reached.log_likelihood > here.log_likelihood:
            gained = reached.log_likelihood - here.log_likelihood
            theta, here, damping = there, reached, max(damping * 0.2, 1e-6)
            if gained < LEAST_GAIN:
                break
        else:
            damping *= 10.0
            if damping > 1e5:
                break
    return here.log_likelihood, theta


def _step(
    problem: Problem, theta: Doubles, here: Evaluated, damping: float, held: int | None = None
) -> Doubles:
    """Of scoring, bounded: tau between a fraction of a frame and the film, amplitude positive."""
    diagonal = np.diag(here.matrix)
    damped = here.matrix + np.diag(damping * diagonal + 1e-12 * diagonal.max() + 1e-300)
    pull = here.pull.copy()
    if held is not None:
        damped[held, :], damped[:, held], damped[held, held], pull[held] = 0.0, 0.0, 1.0, 0.0
    step = np.linalg.solve(damped, pull)
    step = np.where(np.isfinite(step), step, 0.0)
    interval_s = float(np.median(np.diff(problem.times_s)))
    least, most = math.log(0.02 * interval_s), math.log(2.0 * float(np.ptp(problem.times_s)))
    for e in range(problem.states.emitters):
        t0, tau, light = 3 * e, 3 * e + 1, 3 * e + 2
        reach = LONGEST_STEP * max(math.exp(theta[tau]), interval_s)
        step[t0] = min(max(step[t0], -reach), reach)
        step[tau] = min(max(step[tau], -LONGEST_STEP), LONGEST_STEP)
        step[tau] = min(max(theta[tau] + step[tau], least), most) - theta[tau]
        step[light] = max(step[light], -0.5 * theta[light])
    return np.asarray(step, np.float64)


def _covariance(
    evaluate: Callable[[Doubles, Rates], Evaluated], theta: Doubles, rates: Rates
) -> Doubles:
    """Inverse of the observed information."""
    here = evaluate(theta, rates)
    probes = PROBE_SD / np.sqrt(np.maximum(np.diag(here.matrix), 1e-300))
    observed = np.empty((theta.size, theta.size))
    for a in range(theta.size):
        shift = np.zeros(theta.size)
        shift[a] = probes[a]
        slope = evaluate(theta - shift, rates).pull - evaluate(theta + shift, rates).pull
        observed[a] = slope / (2.0 * probes[a])
    return invert((observed + observed.T) / 2.0)


def invert(information: Doubles) -> Doubles:
    """Covariance; infinite for parameters of which the data say nothing."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    try:
        inverse = np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.inf)
    bad = ~(np.diag(inverse) > 0.0)
    inverse[bad, :], inverse[:, bad] = np.inf, np.inf
    return np.asarray(inverse, np.float64)
