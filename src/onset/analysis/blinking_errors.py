"""How well a switch seen through blinking is known: observed information, rates included."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.blinking import Likelihood, Optimum
from onset.analysis.blinking_model import Rates
from onset.analysis.blinking_rates import FORGOTTEN_BLINKS, FORGOTTEN_GRAYS
from onset.analysis.logistic import Doubles
from onset.analysis.plain_fit import invert

PROBE_SD = 0.1
"""Steps of the numerical derivatives, in standard errors if the states were known."""
RATE_PROBE = 0.05
"""The same of the logarithms of the rates and the log odds of gray."""
MOST_POLISHES = 3
NEAR_SD = 0.05
"""A joint step shorter than this ends the polishing ..."""
FAR_SD = 0.3
"""... and after one that is longer the curvature is another."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of the rates beforehand; weighs as much as half a blink."""

    rates: Rates

    def log_density(self, rates: Rates, *, gray: bool) -> float:
        """Of log rates, up to a constant; of the log odds of gray."""
        total = 0.0
        for rate, usual in (
            (rates.to_dark, self.rates.to_dark),
            (rates.to_on, self.rates.to_on),
        ):
            total += FORGOTTEN_BLINKS * (math.log(rate) - rate / usual)
        if gray:
            total += FORGOTTEN_GRAYS * (math.log(rates.gray) + math.log(1.0 - rates.gray))
        return total


def polish(likelihood: Likelihood, start: Optimum, prior: Rates) -> tuple[Optimum, Doubles]:
    """Theta and rates together by Newton's method; covariance of theta, rates marginalised.

    The observed information of all parameters is made of differences of the exact slope in theta,
    and of second differences in the rates. Its inverse holds what not knowing the rates costs.
    """
    surface, best = _Surface(likelihood, Prior(prior)), start
    p = start.theta.size
    point, reached = surface.join(best), surface.height(surface.join(best))
    covariance = np.full((p, p), np.inf)
    slope, information = surface.curvature(point)
    for _ in range(MOST_POLISHES):
        inverse = invert(information)
        covariance = inverse[:p, :p]
        step = np.where(np.isfinite(inverse), inverse, 0.0) @ slope
        short = math.sqrt(max(float(step @ information @ step), 0.0))
        step *= min(1.0, 1.0 / max(short, 1e-12))
        there = point + step
        height = surface.height(there)
        if not height > reached:
            break
        point, reached = there, height
        if short < NEAR_SD:
            break
        if short > FAR_SD:
            slope, information = surface.curvature(point)
        else:
            slope = surface.slope(point)
    theta, rates = surface.split(point)
    return Optimum(theta, rates, likelihood.value(theta, rates)), covariance


class _Surface:
    """Penalised log-likelihood over theta, log rates, log odds of gray."""

    def __init__(self, likelihood: Likelihood, prior: Prior) -> None:
        self._likelihood, self._prior = likelihood, prior
        self._gray = likelihood.problem.states.has_gray

    def join(self, one: Optimum) -> Doubles:
        rates = one.rates
        tail = [math.log(rates.to_dark), math.log(rates.to_on)]
        if self._gray:
            tail.append(math.log(rates.gray / (1.0 - rates.gray)))
        return np.concatenate([one.theta, tail])

    def split(self, point: Doubles) -> tuple[Doubles, Rates]:
        tail = 3 if self._gray else 2
        theta, rest = point[:-tail], point[-tail:].tolist()
        gray = 1.0 / (1.0 + math.exp(-rest[2])) if self._gray else 0.0
        return theta.copy(), Rates(math.exp(rest[0]), math.exp(rest[1]), gray)

    def height(self, point: Doubles) -> float:
        theta, rates = self.split(point)
        seen = self._likelihood.value(theta, rates)
        return seen + self._prior.log_density(rates, gray=self._gray)

    def _slope_at(self, point: Doubles) -> tuple[float, Doubles]:
        """Height, and the slope in theta."""
        theta, rates = self.split(point)
        here = self._likelihood.at(theta, rates)
        height = here.log_likelihood + self._prior.log_density(rates, gray=self._gray)
        return height, here.pull

    def slope(self, point: Doubles) -> Doubles:
        """In all parameters: exact in theta, by differences in the rates."""
        _, pull = self._slope_at(point)
        slope = np.concatenate([pull, np.zeros(point.size - pull.size)])
        for a in range(pull.size, point.size):
            shift = np.zeros(point.size)
            shift[a] = RATE_PROBE
            change = self.height(point + shift) - self.height(point - shift)
            slope[a] = change / (2.0 * RATE_PROBE)
        return slope

    def curvature(self, point: Doubles) -> tuple[Doubles, Doubles]:
        """Slope and negative second derivatives in all parameters."""
        theta, rates = self.split(point)
        p, size = theta.size, point.size
        here = self._likelihood.at(theta, rates)
        level = here.log_likelihood + self._prior.log_density(rates, gray=self._gray)
        probes = np.full(size, RATE_PROBE)
        probes[:p] = PROBE_SD / np.sqrt(np.maximum(np.diag(here.matrix), 1e-300))
        slope, information = np.zeros(size), np.zeros((size, size))
        slope[:p] = here.pull
        ups, downs = np.zeros(size), np.zeros(size)
        for a in range(size):
            shift = np.zeros(size)
            shift[a] = probes[a]
            (ups[a], up), (downs[a], down) = (
                self._slope_at(point + shift), self._slope_at(point - shift)
            )  # fmt: skip
            information[a, :p] = (down - up) / (2.0 * probes[a])
        for a in range(p, size):
            slope[a] = (ups[a] - downs[a]) / (2.0 * probes[a])
            information[a, a] = (2.0 * level - ups[a] - downs[a]) / probes[a] ** 2
            information[:p, a] = information[a, :p]
            for b in range(p, a):
                shift = np.zeros(size)
                shift[a], shift[b] = probes[a], probes[b]
                both = self.height(point + shift) + self.height(point - shift)
                apart = ups[a] + downs[a] + ups[b] + downs[b] - 2.0 * level
                information[a, b] = (apart - both) / (2.0 * probes[a] * probes[b])
                information[b, a] = information[a, b]
        return slope, (information + information.T) / 2.0
