"""When and how fast one trajectory switches, with or without blinking; step against sigmoid."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from onset.analysis.blinking import (
    Likelihood,
    Optimum,
    Problem,
    first_look,
    first_theta,
    one_problem,
    profile,
    search,
)
from onset.analysis.blinking_errors import invert, polish
from onset.analysis.blinking_model import Rates
from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.noise import TraceNoise, trace_noise
from onset.analysis.plain_fit import climb, information

Direction = Literal["on", "off"]
THRESHOLD_SD = 3.0
QUIET_RUN = 3
"""So many frames in a row below the threshold end the walk back."""
LIMIT_SHARE_OF_FRAME = 0.5
"""Below this part of a frame tau has only an upper limit."""
LIMIT_DROP = 1.353
"""Fall of the log-likelihood at a one-sided 95 % limit: 1.645^2 / 2."""
LEAST_TAU_SHARE = 0.02
"""A tau of this part of a frame is a step."""
DARK_FRAMES, LIT_FRAMES = 600, 1200
"""Hidden states are fitted to so many frames on the dark and on the lit side of the switch ..."""
REACH_TAU = 4.5
"""... unless the rise or fall and so many tau around it do not lie within them."""
USUAL_GRAY = 0.3
HOPELESS_GRAY = 2.0
"""Gray states that are worse by so much after the first rounds are not asked for."""
SLOW_FRAMES = 3.0
"""A tau of so many frames is no step: one comparison is enough."""
CALM_SD = 4.0
"""A plain fit is believed while its chi2 is within this many sd of one ..."""
CALM_RESIDUAL_SD = 5.0
"""... and no frame is further off than this."""


@dataclass(frozen=True, slots=True)
class SigmoidFit:
    """One switch; times in seconds since the first frame, errors are standard deviations."""

    theta: Doubles
    """t0, log tau, amplitude, background."""
    covariance: Doubles
    """Of theta, (4, 4)."""
    log_likelihood: float
    chi2: float
    """Mean squared residual in units of the stated noise."""
    step_lr: float
    """Twice the log-likelihood by which the sigmoid beats a step."""
    tau_upper_s: float = math.nan
    """95 % limit where tau is shorter than half a frame, else NaN."""
    rates: Rates | None = None
    """Of the blinking, where the trajectory blinks."""
    first: int = 0
    """Frames that were fitted: from this one on, ..."""
    beyond: int | None = None
    """... up to this one; None: all."""

    @property
    def frames(self) -> slice:
        """Those that were fitted."""
        return slice(self.first, self.beyond)

    @property
    def t0_s(self) -> float:
        """Middle of the rise or fall."""
        return float(self.theta[0])

    @property
    def t0_sd_s(self) -> float:
        """Standard error of t0."""
        return math.sqrt(self.covariance[0, 0])

    @property
    def tau_s(self) -> float:
        """Time constant of the logistic."""
        return math.exp(self.theta[1])

    @property
    def tau_sd_s(self) -> float:
        """Standard error of tau."""
        return self.tau_s * math.sqrt(self.covariance[1, 1])

    @property
    def amplitude(self) -> float:
        """Light of the spot when it is on, unit of the trajectory."""
        return float(self.theta[2])

    @property
    def background(self) -> float:
        """Level without the spot."""
        return float(self.theta[3])

    def crossing_s(self, height: float) -> float:
        """When the light passes `height` above the dark (or below the bright) level; else NaN."""
        share = self.amplitude / height if height > 0.0 else math.inf
        return self.t0_s - self.tau_s * math.log(share - 1.0) if share > 1.0 else math.nan


def fit_switch(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    sd: Doubles,
    *,
    near_s: float,
    direction: Direction = "on",
    noise: TraceNoise | None = None,
) -> SigmoidFit:
    """Sigmoid of a trajectory that may blink: plain where that explains it, else hidden states.

    Arrays are (n,), lit frames only; `times_s` are starts of exposure in s, `near_s` a first idea
    of the switch, `sd` the stated errors of `intensity`.
    """
    noise = noise or trace_noise(intensity, sd)
    data = (times_s, exposures_s, intensity)
    plain = fit_sigmoid(*data, sd, near_s=near_s, direction=direction, noise=noise)
    if is_calm(plain, *data, noise, direction):
        return plain
    near = frames_near(times_s, near_s, direction)
    part = (times_s[near], exposures_s[near], intensity[near])
    first = fit_sigmoid(*part, sd[near], near_s=near_s, direction=direction, noise=noise)
    fit = fit_blinking_switch(*part, noise, first, near_s=near_s, direction=direction)
    if _lies_within(fit, part[0], times_s):
        return replace(fit, first=near.start, beyond=near.stop)
    return fit_blinking_switch(*data, noise, plain, near_s=near_s, direction=direction)


def frames_near(times_s: Doubles, near_s: float, direction: Direction) -> slice:
    """The frames that tell of a switch and of the blinking beside it; a long film has many more."""
    here = int(np.searchsorted(times_s, near_s))
    before, after = (DARK_FRAMES, LIT_FRAMES) if direction == "on" else (LIT_FRAMES, DARK_FRAMES)
    return slice(max(here - before, 0), here + after)


def _lies_within(fit: SigmoidFit, part_s: Doubles, times_s: Doubles) -> bool:
    """Whether the whole rise and a plateau are in the part, as far as the film has them."""
    reach_s = REACH_TAU * fit.tau_s
    begins = part_s[0] == times_s[0] or fit.t0_s - reach_s > part_s[0]
    ends = part_s[-1] == times_s[-1] or fit.t0_s + reach_s < part_s[-1]
    return bool(begins and ends)


def fit_sigmoid(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    sd: Doubles,
    *,
    near_s: float,
    direction: Direction = "on",
    noise: TraceNoise | None = None,
) -> SigmoidFit:
    """Exposure-averaged logistic by likelihood, for a trajectory that does not blink.

    As `fit_switch`; errors come from the Fisher information at the optimum.
    """
    noise = noise or trace_noise(intensity, sd)
    down = _down(direction)
    interval_s = usual_interval_s(times_s)
    data = (times_s, exposures_s, intensity, noise.floor, noise.gain, down)
    least, most = math.log(LEAST_TAU_SHARE * interval_s), math.log(2.0 * np.ptp(times_s) + 1e-9)

    def held(theta: Doubles, tau_s: float) -> float:
        start = np.array([theta[0], math.log(tau_s), *theta[2:]])
        return climb(*data, start, least, most, 1)

    best, reached = np.zeros(4), -math.inf
    for theta in _starts(times_s, intensity, near_s, interval_s, direction):
        there = climb(*data, theta, least, most, 0)
        if there > reached:
            best, reached = theta, there
    pull, matrix = np.zeros(4), np.zeros((4, 4))
    information(*data, best, pull, matrix)
    fit = SigmoidFit(best, invert(matrix), reached, 0.0, 0.0)
    z = residuals(fit, times_s, exposures_s, intensity, noise, direction)
    fit = replace(fit, chi2=float(np.sum(z**2)) / max(times_s.size - 4, 1))
    return _against_step(fit, held, interval_s, near_s)


def fit_blinking_switch(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    noise: TraceNoise,
    plain: SigmoidFit,
    *,
    near_s: float,
    direction: Direction = "on",
) -> SigmoidFit:
    """The same through blinking: on and off, and gray where the data ask for it (BIC).

    The plain fit is kept where hidden states do not explain more.
    """
    data = (times_s, exposures_s, intensity, noise)
    interval_s = usual_interval_s(times_s)
    usual = _first_rates(interval_s)
    likelihood = Likelihood(one_problem(*data, down=_down(direction), gray=False))
    starts = _blinking_starts(likelihood.problem, plain, near_s, interval_s)
    best = search(likelihood, starts, usual)
    grayer = Likelihood(one_problem(*data, down=_down(direction), gray=True))
    penalty, grays = math.log(times_s.size), replace(best.rates, gray=USUAL_GRAY)
    if first_look(grayer, best.theta, grays) > best.log_likelihood - HOPELESS_GRAY:
        gray = search(grayer, [best.theta, starts[1]], grays)
        if 2.0 * (gray.log_likelihood - best.log_likelihood) > penalty:
            best, likelihood, usual = gray, grayer, replace(usual, gray=USUAL_GRAY)
    if 2.0 * (best.log_likelihood - plain.log_likelihood) < 2.0 * penalty:
        return plain
    return _as_sigmoid(likelihood, best, usual, near_s)


def residuals(
    fit: SigmoidFit,
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    noise: TraceNoise,
    direction: Direction = "on",
) -> Doubles:
    """Distance of every frame from a plain fit, in noise sd, (n,)."""
    up = mean_rise(times_s, exposures_s, fit.t0_s, fit.tau_s)
    mean = fit.background + fit.amplitude * (up if direction == "on" else 1.0 - up)
    variance = np.maximum(noise.floor + noise.gain * mean, 0.05 * noise.floor)
    return np.asarray((intensity - mean) / np.sqrt(variance), np.float64)


def is_calm(
    fit: SigmoidFit,
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    noise: TraceNoise,
    direction: Direction = "on",
) -> bool:
    """Whether a plain fit leaves nothing but noise."""
    z = residuals(fit, times_s, exposures_s, intensity, noise, direction)
    wide = 1.0 + CALM_SD * math.sqrt(2.0 / max(z.size, 1))
    return fit.chi2 < wide and float(np.max(np.abs(z))) < CALM_RESIDUAL_SD


def walk_back(
    intensity: Doubles,
    background: float,
    noise_sd: float,
    detected: int,
    direction: Direction = "on",
    amplitude: float = 0.0,
) -> int:
    """Position of the 3 sigma onset: the first of the frames above that lead to the detection.

    From `detected` back until three successive frames are below background + 3 sd (for a spot that
    turns off: above background + amplitude - 3 sd).
    """
    if direction == "on":
        changed = intensity > background + THRESHOLD_SD * noise_sd
    else:
        changed = intensity < background + amplitude - THRESHOLD_SD * noise_sd
    first, quiet = min(detected, intensity.size - 1), 0
    while first < intensity.size - 1 and not changed[first]:
        first += 1
    onset = first
    for i in range(first, -1, -1):
        quiet = 0 if changed[i] else quiet + 1
        if changed[i]:
            onset = i
        if quiet == QUIET_RUN:
            break
    return onset


def first_changed(
    fit: SigmoidFit,
    times_s: Doubles,
    exposures_s: Doubles,
    noise_sd: float,
) -> int:
    """First frame whose light, without its noise, has changed by 3 sd; -1 where none has.

    The same threshold as `walk_back`, which noise near the threshold lets stop early: a slow rise
    crosses it many times.
    """
    changed = np.abs(fit.amplitude) * mean_rise(times_s, exposures_s, fit.t0_s, fit.tau_s)
    beyond = np.flatnonzero(changed > THRESHOLD_SD * noise_sd)
    return int(beyond[0]) if beyond.size else -1


def usual_interval_s(times_s: Doubles) -> float:
    """Median time between frames."""
    return float(np.median(np.diff(times_s))) if times_s.size > 1 else 1.0


def _as_sigmoid(likelihood: Likelihood, found: Optimum, usual: Rates, near_s: float) -> SigmoidFit:
    best, covariance = polish(likelihood, found, usual)
    chi2 = likelihood.at(best.theta, best.rates).chi2
    fit = SigmoidFit(best.theta, covariance, best.log_likelihood, chi2, 0.0, rates=best.rates)

    def held(theta: Doubles, tau_s: float) -> float:
        return profile(likelihood, best, theta, tau_s)

    return _against_step(fit, held, likelihood.interval_s, near_s)


def _against_step(
    fit: SigmoidFit,
    held: Callable[[Doubles, float], float],
    interval_s: float,
    near_s: float,
) -> SigmoidFit:
    """Likelihood ratio against a step, and the limit where tau is too short to be seen."""
    step_s = LEAST_TAU_SHARE * interval_s
    centres = [fit.t0_s]
    if fit.tau_s < SLOW_FRAMES * interval_s:
        centres += [fit.t0_s - interval_s / 2, fit.t0_s + interval_s / 2, near_s]
    step = max(held(np.array([t0, *fit.theta[1:]]), step_s) for t0 in centres)
    fit = replace(fit, step_lr=2.0 * max(fit.log_likelihood - step, 0.0))
    if fit.tau_s >= LIMIT_SHARE_OF_FRAME * interval_s:
        return fit
    low, high = fit.tau_s, 4.0 * interval_s
    for _ in range(12):
        middle = math.sqrt(low * high)
        if held(fit.theta, middle) < fit.log_likelihood - LIMIT_DROP:
            high = middle
        else:
            low = middle
    return replace(fit, tau_upper_s=math.sqrt(low * high))


def _first_rates(interval_s: float) -> Rates:
    return Rates(0.05 / interval_s, 0.2 / interval_s)


def _blinking_starts(
    problem: Problem, plain: SigmoidFit, near_s: float, interval_s: float
) -> list[Doubles]:
    """Where the plain fit is, a fast switch at the change point, a slow one after it."""
    before = problem.intensity[problem.times_s < near_s]
    dark = float(np.median(before)) if before.size and not problem.down else plain.background
    tau_s = max(plain.tau_s, interval_s)
    ideas = (
        (plain.t0_s, tau_s),
        (near_s + interval_s, 0.5 * interval_s),
        (near_s + 2.0 * tau_s, tau_s),
    )
    return [first_theta(problem, t0, tau, dark) for t0, tau in ideas]


def _starts(
    times_s: Doubles, intensity: Doubles, near_s: float, interval_s: float, direction: Direction
) -> list[Doubles]:
    """Three first ideas: fast, as fast as it looks, slow."""
    early, late = _levels(times_s, intensity, near_s)
    background, bright = (early, late) if direction == "on" else (late, early)
    amplitude = bright - background
    half = background + amplitude / 2.0
    beyond = intensity > half if direction == "on" else intensity < half
    after = np.flatnonzero(beyond & (times_s >= near_s - 2 * interval_s))
    crossing_s = float(times_s[after[0]]) if after.size else near_s
    looks_s = max((crossing_s - near_s) / 2.0, 0.3 * interval_s)
    span_s = float(np.ptp(times_s))
    ideas = [
        (crossing_s, looks_s),
        (near_s + 0.5 * interval_s, 0.3 * interval_s),
        (crossing_s + 0.03 * span_s, max(4.0 * looks_s, 0.03 * span_s)),
    ]
    return [np.array([t0, math.log(tau), amplitude, background]) for t0, tau in ideas]


def _levels(times_s: Doubles, intensity: Doubles, near_s: float) -> tuple[float, float]:
    """Levels before the switch and well after it."""
    before = intensity[times_s < near_s]
    after = intensity[times_s >= near_s]
    early = float(np.median(before)) if before.size else float(intensity[0])
    tail = after[-max(after.size // 2, 1) :] if after.size else intensity[-1:]
    return early, float(np.median(tail))


def _down(direction: Direction) -> float:
    return 0.0 if direction == "on" else 1.0


__all__ = ["Direction", "SigmoidFit", "TraceNoise", "fit_sigmoid", "fit_switch", "walk_back"]
