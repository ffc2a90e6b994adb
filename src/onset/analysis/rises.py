"""One rise or two: a place that brightens twice holds more than one emitter."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from onset.analysis.blinking import Likelihood, Optimum, Problem, first_look, search
from onset.analysis.blinking_model import Rates, States, alike_emitters, steady_emitters
from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.noise import TraceNoise

SURE_BIC, SURE_GRAY_BIC = 10.0, 40.0
"""By so much the BIC of two emitters must be better; of such as may be gray."""
APART_TAU = 3.0
"""Rises nearer than this, in units of their mean tau, are one that is no logistic."""
LEAST_PART = 0.1
"""Of the whole light, that either emitter must have."""
LEAST_SD = 2.0
"""... and in units of the noise of one frame."""
LIT_SD = 4.0
FEWEST_FRAMES = 12
MORE_PARAMETERS = 3
HOPELESS = 15.0
"""Two emitters that are worse than one by so much after the first rounds are given up."""
START_PARTS = (0.1, 0.25)
"""Of the time between the rises, that each takes: where the search begins."""
LEVELS = 24
BRIGHT_PART = 0.8
"""Of frames that show a level, in the quick look; the others lie anywhere below it."""
WORTH_A_LOOK = 12.0
"""Gain of the log-likelihood in the quick look from which the two are fitted."""
WINDOWS = (8, 16, 32, 64, 128)
STANDS_OUT_SD = 4.0
"""A window of residuals whose sum is further from zero than this is not noise."""


@dataclass(frozen=True, slots=True)
class OneRise:
    """A trajectory as one emitter tells it; arrays (n,), lit frames only."""

    times_s: Doubles
    exposures_s: Doubles
    intensity: Doubles
    noise: TraceNoise
    down: float
    theta: Doubles
    """t0, log tau, amplitude, background."""
    log_likelihood: float
    rates: Rates | None
    near_s: float


@dataclass(frozen=True, slots=True)
class Look:
    """Where a second rise is most likely, and how much is gained by it."""

    gain: float
    second_s: float
    low: float
    """Level between the rises, above the background."""
    high: float


def rises_twice(one: OneRise) -> bool:
    """Whether two emitters tell a trajectory beyond doubt better than one."""
    if one.times_s.size < FEWEST_FRAMES or not (one.rates or stands_out(_residuals(one))):
        return False
    look = quick_look(one)
    if look.gain < WORTH_A_LOOK:
        return False
    one = as_coarse(one)
    two = fit_two(one, look)
    gained = 2.0 * (two.log_likelihood - one.log_likelihood)
    needed = SURE_GRAY_BIC if one.rates and one.rates.gray else SURE_BIC
    sure = gained > MORE_PARAMETERS * math.log(one.times_s.size) + needed
    return sure and _are_two(one, two.theta)


def as_coarse(one: OneRise) -> OneRise:
    """One emitter told with as few gray levels as two are: fine ones would pass for a second."""
    if one.rates is None or not one.rates.gray:
        return one
    best = search(_likelihood(one, alike_emitters(1, gray=True)), [one.theta], one.rates)
    return replace(one, theta=best.theta, log_likelihood=best.log_likelihood, rates=best.rates)


def _likelihood(one: OneRise, states: States) -> Likelihood:
    return Likelihood(
        Problem(one.times_s, one.exposures_s, one.intensity, one.noise, one.down, states)
    )


def stands_out(z: Doubles) -> bool:
    """Whether somewhere many residuals in a row, in noise sd, lie to the same side."""
    total = np.concatenate([[0.0], np.cumsum(z)])
    return any(
        float(np.max(np.abs(total[w:] - total[:-w]))) > STANDS_OUT_SD * math.sqrt(w)
        for w in WINDOWS
        if w < total.size
    )


def _residuals(one: OneRise) -> Doubles:
    t0_s, log_tau, amplitude, background = one.theta.tolist()
    up = mean_rise(one.times_s, one.exposures_s, t0_s, math.exp(log_tau))
    mean = background + amplitude * (one.down + (1.0 - 2.0 * one.down) * up)
    variance = np.maximum(one.noise.floor + one.noise.gain * mean, 0.05 * one.noise.floor)
    return np.asarray((one.intensity - mean) / np.sqrt(variance), np.float64)


def quick_look(one: OneRise) -> Look:
    """The best two levels against the best one, whenever the second begins.

    Each frame shows the level, or anything between it and the dark: blinking is no second level.
    """
    begin_s = _begin_s(one)
    order = slice(None, None, -1) if one.down else slice(None)
    times_s, light = one.times_s[order], one.intensity[order] - one.theta[3]
    after = times_s <= begin_s if one.down else times_s >= begin_s
    times_s, light = times_s[after], light[after]
    if light.size < 6:
        return Look(0.0, begin_s, 0.0, 0.0)
    levels = np.linspace(0.06, 1.1, LEVELS) * float(np.quantile(light, 0.98))
    levels = levels[levels > LEAST_SD * one.noise.sd(one.theta[3])]
    if levels.size < 2:
        return Look(0.0, begin_s, 0.0, 0.0)
    told = np.cumsum(_log_density(light, levels, one), axis=1)
    whole = told[:, -1:]
    rest = whole - told
    # the level before must be lower than the one after: best of the higher ones for each
    high = np.maximum.accumulate(rest[::-1], axis=0)[::-1]
    both = told[:-1, :-1] + high[1:, :-1]
    low, at = np.unravel_index(int(np.argmax(both)), both.shape)
    gain = float(both[low, at] - whole.max())
    second = int(low) + 1 + int(np.argmax(rest[int(low) + 1 :, at]))
    return Look(gain, float(times_s[int(at) + 1]), float(levels[low]), float(levels[second]))


def _begin_s(one: OneRise) -> float:
    """Onset; of a fall, which is looked at backwards, the last light."""
    if not one.down:
        return one.near_s
    lit = one.intensity - one.theta[3] > LIT_SD * one.noise.sd(one.theta[3])
    return float(one.times_s[np.flatnonzero(lit)[-1]]) if lit.any() else one.near_s


def _log_density(light: Doubles, levels: Doubles, one: OneRise) -> Doubles:
    """(levels, frames)"""
    noise, dark = one.noise, one.theta[3]
    variances = np.maximum(noise.floor + noise.gain * (levels + dark), 0.05 * noise.floor)
    # a grid of levels is coarser than the noise
    step = float(levels[1] - levels[0])
    variances = (variances + step**2 / 12.0)[:, None]
    off = light - levels[:, None]
    bright = np.exp(-0.5 * off**2 / variances) / np.sqrt(2.0 * np.pi * variances)
    below = (off < 0.0) & (light > -3.0 * noise.sd(dark))
    anywhere = below / (levels[:, None] + 3.0 * noise.sd(dark))
    outlier = 1e-4 / (float(np.ptp(light)) + 1e-9)
    return np.asarray(
        np.log(BRIGHT_PART * bright + (1.0 - BRIGHT_PART) * anywhere + outlier), np.float64
    )


def fit_two(one: OneRise, look: Look) -> Optimum:
    """The best two emitters near what the quick look saw."""
    gray = bool(one.rates and one.rates.gray)
    likelihood = _likelihood(one, alike_emitters(2, gray=gray) if one.rates else steady_emitters(2))
    starts = [_start(one, look, part) for part in START_PARTS]
    if one.rates:
        return _through_blinking(likelihood, starts, one)
    still = Rates(1e-9, 1.0)
    ends = [likelihood.climb(Optimum(start, still, 0.0)) for start in starts]
    return max(ends, key=lambda end: end.log_likelihood)


def _through_blinking(likelihood: Likelihood, starts: list[Doubles], one: OneRise) -> Optimum:
    """The better start alone, and not to the end where it has no prospects."""
    rates = one.rates or Rates(1e-9, 1.0)
    looks = [first_look(likelihood, start, rates) for start in starts]
    best = max(looks, key=lambda look: look.log_likelihood)
    if best.log_likelihood < one.log_likelihood - HOPELESS:
        return best
    return search(likelihood, [best.theta], best.rates)


def _start(one: OneRise, look: Look, part: float) -> Doubles:
    """Both rises take this part of the time between them."""
    begin_s, dark = _begin_s(one), one.theta[3]
    gap_s = look.second_s - begin_s
    tau_s = max(abs(gap_s) * part / 2.0, 0.3 * float(np.median(np.diff(one.times_s))))
    # a rise is seen about two tau before its middle
    later_s = math.copysign(2.0 * tau_s, gap_s)
    log_tau = math.log(tau_s)
    return np.array(
        [
            begin_s + later_s, log_tau, look.low,
            look.second_s + later_s, log_tau, look.high - look.low, dark,
        ]
    )  # fmt: skip


def _are_two(one: OneRise, theta: Doubles) -> bool:
    """Whether both shine, and far enough apart in time."""
    t0, tau_s, light = theta[0:6:3], np.exp(theta[1:6:3]), theta[2:6:3]
    least = max(LEAST_PART * float(light.sum()), LEAST_SD * one.noise.sd(float(theta[6])))
    apart_s = abs(float(t0[1] - t0[0]))
    ends_s = float(one.times_s[-1] + one.exposures_s[-1])
    inside = bool(np.all((t0 < ends_s) & (t0 > one.times_s[0])))
    return bool(light.min() > least) and inside and apart_s > APART_TAU * float(tau_s.mean())
