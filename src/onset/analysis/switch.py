"""When and how fast a trajectory switches: plain where that explains it, else through blinking."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from onset.analysis.blinking import (
    Likelihood,
    Optimum,
    ends_of,
    first_look,
    one_problem,
    profile,
)
from onset.analysis.blinking_model import Rates
from onset.analysis.blinking_rivals import likeliest, settle
from onset.analysis.blinking_starts import blinking_starts
from onset.analysis.logistic import Doubles
from onset.analysis.noise import TraceNoise, trace_noise
from onset.analysis.sigmoid import (
    Direction,
    SigmoidFit,
    against_step,
    down_of,
    fit_sigmoid,
    is_calm,
    known_frames,
    usual_interval_s,
)

DARK_FRAMES, LIT_FRAMES = 600, 1200
"""Hidden states are fitted to so many frames on the dark and on the lit side of the switch ..."""
REACH_TAU = 4.5
"""... unless the rise or fall and so many tau around it do not lie within them."""
USUAL_GRAY = 0.3
HOPEFUL_GRAY = 0.3
"""Gray states that explain no more than this after the first rounds, from where the switch is
without them, never explain enough: of 400 trials one that did had less than 3.5."""


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

    Arrays are (n,), lit frames only, NaN where one was lost; `times_s` are starts of exposure in s,
    `near_s` a first idea of the switch, `sd` the stated errors of `intensity`.
    """
    times_s, exposures_s, intensity, sd = known_frames(times_s, exposures_s, intensity, sd)
    noise = noise or trace_noise(intensity, sd)
    data = (times_s, exposures_s, intensity)
    near = frames_near(times_s, near_s, direction)
    part = (times_s[near], exposures_s[near], intensity[near])
    first = fit_sigmoid(*part, sd[near], near_s=near_s, direction=direction, noise=noise)
    everything = part[0].size == times_s.size
    # what blinks near the switch blinks in the whole film
    if is_calm(first, *part, noise, direction):
        if everything:
            return first
        plain = fit_sigmoid(*data, sd, near_s=near_s, direction=direction, noise=noise)
        if is_calm(plain, *data, noise, direction):
            return plain
    fit = fit_blinking_switch(*part, noise, first, near_s=near_s, direction=direction)
    if everything or _lies_within(fit, part[0], times_s):
        return replace(fit, first=near.start, beyond=near.stop)
    plain = fit_sigmoid(*data, sd, near_s=near_s, direction=direction, noise=noise)
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
    usual = _first_rates(usual_interval_s(times_s))
    likelihood = Likelihood(one_problem(*data, down=down_of(direction), gray=False))
    starts = blinking_starts(likelihood, plain.theta, near_s, usual)
    ends = ends_of(likelihood, starts, usual)
    best = likeliest(ends)
    grayer = Likelihood(one_problem(*data, down=down_of(direction), gray=True))
    penalty, grays = math.log(times_s.size), replace(best.rates, gray=USUAL_GRAY)
    look = first_look(grayer, best.theta, grays)
    if look.log_likelihood > best.log_likelihood + HOPEFUL_GRAY:
        gray_ends = ends_of(grayer, [best.theta, *starts[:2]], grays)
        gray = likeliest(gray_ends)
        if 2.0 * (gray.log_likelihood - best.log_likelihood) > penalty:
            best, ends, likelihood = gray, gray_ends, grayer
            usual = replace(usual, gray=USUAL_GRAY)
    if 2.0 * (best.log_likelihood - plain.log_likelihood) < 2.0 * penalty:
        return plain
    return _as_sigmoid(likelihood, ends, usual, near_s)


def _as_sigmoid(
    likelihood: Likelihood, ends: list[Optimum], usual: Rates, near_s: float
) -> SigmoidFit:
    found = settle(likelihood, ends, usual)
    best = found.optimum
    chi2 = likelihood.at(best.theta, best.rates).chi2
    fit = SigmoidFit(
        best.theta, found.covariance, best.log_likelihood, chi2, 0.0,
        rates=best.rates, doubt=found.doubt,
    )  # fmt: skip

    def held(theta: Doubles, tau_s: float) -> float:
        return profile(likelihood, best, theta, tau_s)

    fit = against_step(fit, held, likelihood.interval_s, near_s)
    return fit if math.isnan(fit.tau_upper_s) else _as_sharp_as_a_blink(fit, best.rates)


def _as_sharp_as_a_blink(fit: SigmoidFit, rates: Rates) -> SigmoidFit:
    """A switch of a frame may be a blink: then the true one is hidden in the dark beside it.

    The chance is the part of the time that is dark; how far it is then is exponential.
    """
    dark = rates.to_dark / (rates.to_dark + rates.to_on)
    covariance = fit.covariance.copy()
    covariance[0, 0] += 2.0 * dark / rates.to_on**2
    return replace(fit, covariance=covariance, doubt=max(fit.doubt, dark))


def _first_rates(interval_s: float) -> Rates:
    return Rates(0.05 / interval_s, 0.2 / interval_s)
