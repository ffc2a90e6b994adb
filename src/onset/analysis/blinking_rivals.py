"""Which of several switches it was, where blinking makes more than one likely."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.blinking import Likelihood, Optimum
from onset.analysis.blinking_errors import polish
from onset.analysis.blinking_model import Rates
from onset.analysis.blinking_starts import distinct
from onset.analysis.logistic import Doubles

PROSPECTS = 8.0
"""Ends whose log-likelihood is lower than the best by more are no rivals."""
LEAST_DOUBT = 0.01
WIDEST_LOG_TAU = 1.0
"""Of tau, where a switch is too fast for it to be known."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The switch that is most likely, all widths considered."""

    optimum: Optimum
    covariance: Doubles
    """Of theta; what the others say is in it by their chances."""
    doubt: float
    """Chance of all others together."""


def likeliest(ends: list[Optimum]) -> Optimum:
    """That of the highest peak."""
    return max(ends, key=lambda one: one.log_likelihood)


def settle(likelihood: Likelihood, ends: list[Optimum], usual: Rates) -> Settled:
    """Weigh the ends of a search by height and width of their peaks (Laplace's approximation).

    A switch that a dark time would hide all but a frame of is a high and narrow peak of the
    likelihood: such frames fit by chance.
    """
    best = likeliest(ends).log_likelihood
    chosen = [one for one in ends if one.log_likelihood > best - PROSPECTS]
    kept = distinct([one.theta for one in chosen], [one.log_likelihood for one in chosen])
    peaks = [polish(likelihood, one, usual) for one in chosen if any(one.theta is k for k in kept)]
    weights = np.array(
        [one.log_likelihood + _log_width(c, likelihood.interval_s) for one, c in peaks]
    )
    chances = np.exp(weights - weights.max())
    chances /= chances.sum()
    first = int(np.argmax(chances))
    optimum, covariance = peaks[first]
    doubt = float(1.0 - chances[first])
    if doubt < LEAST_DOUBT:
        return Settled(optimum, covariance, 0.0)
    return Settled(optimum, _mixed(peaks, chances, first), doubt)


def _mixed(peaks: list[tuple[Optimum, Doubles]], chances: Doubles, first: int) -> Doubles:
    """Second moment about the first of the peaks; those without a width add none."""
    theta = peaks[first][0].theta
    total = np.zeros((theta.size, theta.size))
    for (one, covariance), chance in zip(peaks, chances, strict=True):
        off = one.theta - theta
        within = np.where(np.isfinite(covariance), covariance, 0.0)
        total += chance * (within + np.outer(off, off))
    return np.where(np.isfinite(peaks[first][1]), total, np.inf)


def _log_width(covariance: Doubles, interval_s: float) -> float:
    """Of a peak in t0 and log tau, as far as it goes."""
    t0_sd, log_tau_sd = (math.sqrt(covariance[k, k]) for k in (0, 1))
    if not (math.isfinite(t0_sd) and math.isfinite(log_tau_sd)):
        return math.log(min(t0_sd, interval_s)) + math.log(min(log_tau_sd, WIDEST_LOG_TAU))
    together = covariance[0, 1] / (t0_sd * log_tau_sd)
    apart = 0.5 * math.log(max(1.0 - together**2, 1e-6))
    return math.log(t0_sd) + math.log(min(log_tau_sd, WIDEST_LOG_TAU)) + apart
