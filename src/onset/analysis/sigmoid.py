"""One trajectory's rise or fall as a sigmoid by likelihood; step against sigmoid."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from onset.analysis.blinking_model import Rates
from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.noise import TraceNoise, trace_noise
from onset.analysis.plain_fit import LOG_TAU, NONE_HELD, T0, climb, invert, known_at, seen_as

Direction = Literal["on", "off"]
LIMIT_SHARE_OF_FRAME = 0.5
"""Below this part of a frame tau has only an upper limit."""
LIMIT_DROP = 1.353
"""Fall of the log-likelihood at a one-sided 95 % limit: 1.645^2 / 2."""
LEAST_TAU_SHARE = 0.02
"""A tau of this part of a frame is a step."""
SLOW_FRAMES = 3.0
"""A tau of so many frames is no step: one comparison is enough."""
WELL_KNOWN, HARDLY_KNOWN = 0.15, 1.0
"""Relative error of tau up to which the likelihood is a parabola; from which it says nothing."""
FARTHEST_SD, SEARCH_ROUNDS = 4.0, 7
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
    doubt: float = 0.0
    """Chance that the switch is another one, which blinking makes nearly as likely."""
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

    As `fit_switch`; errors come from the Fisher information at the optimum, and from the profile
    likelihood where tau is known worse than to 15 %.
    """
    times_s, exposures_s, intensity, sd = known_frames(times_s, exposures_s, intensity, sd)
    noise = noise or trace_noise(intensity, sd)
    down = down_of(direction)
    interval_s = usual_interval_s(times_s)
    seen = seen_as(times_s, exposures_s, intensity, noise.floor, noise.gain, down)
    least, most = math.log(LEAST_TAU_SHARE * interval_s), math.log(2.0 * np.ptp(times_s) + 1e-9)

    def at(theta: Doubles, place: int, value: float) -> float:
        start = theta.copy()
        start[place] = value
        return climb(seen, start, least, most, place)

    def held(theta: Doubles, tau_s: float) -> float:
        return at(theta, LOG_TAU, math.log(tau_s))

    best, reached = np.zeros(4), -math.inf
    for theta in _starts(times_s, intensity, near_s, interval_s, direction):
        there = climb(seen, theta, least, most, NONE_HELD)
        if there > reached:
            best, reached = theta, there
    fit = SigmoidFit(best, invert(known_at(seen, best)[1]), reached, 0.0, 0.0)
    if WELL_KNOWN < math.sqrt(fit.covariance[LOG_TAU, LOG_TAU]) < HARDLY_KNOWN:
        fit = replace(fit, covariance=_as_wide_as_the_likelihood(fit, at))
    z = residuals(fit, times_s, exposures_s, intensity, noise, direction)
    fit = replace(fit, chi2=float(np.sum(z**2)) / max(times_s.size - 4, 1))
    return against_step(fit, held, interval_s, near_s)


def known_frames(
    times_s: Doubles, exposures_s: Doubles, intensity: Doubles, sd: Doubles
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Without those that were lost: NaN."""
    known = np.isfinite(intensity) & np.isfinite(sd)
    if known.all():
        return times_s, exposures_s, intensity, sd
    return times_s[known], exposures_s[known], intensity[known], sd[known]


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


def _as_wide_as_the_likelihood(
    fit: SigmoidFit, at: Callable[[Doubles, int, float], float]
) -> Doubles:
    """The covariance, with the errors of t0 and tau those of the profile likelihood.

    Half the distance of the two points at which it has fallen by a half: of a dim, fast switch the
    likelihood is no parabola.
    """
    wider = np.ones(4)
    for place in (T0, LOG_TAU):
        sd = math.sqrt(fit.covariance[place, place])
        if not math.isfinite(sd):
            continue
        ends = [
            fit.theta[place] + side * _fallen(fit, at, place, side * sd) for side in (-1.0, 1.0)
        ]
        if place == LOG_TAU:
            wide = (math.exp(ends[1]) - math.exp(ends[0])) / fit.tau_s
        else:
            wide = ends[1] - ends[0]
        wider[place] = wide / 2.0 / sd
    return np.asarray(fit.covariance * np.outer(wider, wider), np.float64)


def _fallen(
    fit: SigmoidFit, at: Callable[[Doubles, int, float], float], place: int, sd: float
) -> float:
    """How far from the optimum the profile has fallen by a half, at most FARTHEST_SD away."""
    low, high = 0.0, FARTHEST_SD
    for _ in range(SEARCH_ROUNDS):
        middle = 1.0 if low == 0.0 and high == FARTHEST_SD else (low + high) / 2.0
        fallen = fit.log_likelihood - at(fit.theta, place, float(fit.theta[place]) + middle * sd)
        low, high = (low, middle) if fallen > 0.5 else (middle, high)
    return (low + high) / 2.0 * abs(sd)


def usual_interval_s(times_s: Doubles) -> float:
    """Median time between frames."""
    return float(np.median(np.diff(times_s))) if times_s.size > 1 else 1.0


def down_of(direction: Direction) -> float:
    """As the kernels are told it."""
    return 0.0 if direction == "on" else 1.0


def against_step(
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
