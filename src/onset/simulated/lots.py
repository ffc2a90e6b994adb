"""How long a crystal waits for its switch, so that the means of a field follow the preset's laws.

A switch has three parts: an incubation of `INCUBATION` mean taus, the same for all; a lot (gamma,
shape `SHAPE`) of units; and `TO_MIDDLE` of the crystal's own taus, from a seventh of its brightness
to the middle of the rise. So slow crystals come late, and the moments at which crystals are first
seen (at about a seventh) are spread as the middles are. Where a law asks for waits so short that
taus alone would spread them more, the lot ends at more than that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import interpolate, special

from onset.simulated.preset import Preset

Floats = npt.NDArray[np.float64]
SHAPE = 8.0  # bell-shaped, skewed as the exchange models are
INCUBATION = 4.0  # then even the slowest rise has begun from next to nothing
TO_MIDDLE = math.log(6.0)  # taus: so long before its middle a logistic is at a seventh
FIELD = 500  # crystals of one field, to the first of which the paper's waiting times refer
RATIOS = np.geomspace(0.02, 30.0, 40)  # of the mean way to the middle over the unit
DEVIATES = np.linspace(-5.0, 5.0, 61)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast crystals come nearer to their switch at one concentration.

    Progress is 1 after the incubation, 1 + lot where a seventh of the brightness is reached.
    """

    incubation_s: float
    unit_s: float
    tau_s: float
    """Mean."""
    to_middle: float
    """Taus from the end of the lot to the middle of the rise."""

    def lasts_s(self, done: Floats, goal: Floats) -> Floats:
        """How long it takes from progress `done` to `goal` (1 or more), (n,)."""
        incubating = np.maximum(1.0 - done, 0.0)
        left: Floats = incubating * self.incubation_s + (goal - done - incubating) * self.unit_s
        return left

    def after(self, done: Floats, lasted_s: Floats) -> Floats:
        """Progress after `lasted_s` more, (n,)."""
        incubated = np.minimum(lasted_s / self.incubation_s, np.maximum(1.0 - done, 0.0))
        rest_s = lasted_s - incubated * self.incubation_s
        progress: Floats = done + incubated + rest_s / self.unit_s
        return progress


def pace(preset: Preset, ug_per_ml: float) -> Pace | None:
    """At this concentration; None below the lowest that works."""
    if ug_per_ml < preset.lowest_ug_per_ml * (1.0 - 1e-9):
        return None
    waiting_s, tau_s = preset.waiting.mean_s(ug_per_ml), preset.switching.mean_s(ug_per_ml)
    parts, units = _table(preset.switching_spread)
    part = max(waiting_s / (TO_MIDDLE * tau_s), float(parts[0]))
    unit_s = waiting_s / float(np.interp(part, parts, units))
    return Pace(INCUBATION * tau_s, unit_s, tau_s, waiting_s / (part * tau_s))


def units_after_the_first(ratio: float, spread: float, field: int = FIELD) -> float:
    """Mean minus expected smallest of `field` sums of a lot and `ratio` taus, in units.

    Taus are log-normal with mean 1 and `spread` as standard deviation of the logarithm.
    """
    weights = np.exp(-(DEVIATES**2) / 2.0)
    taus = ratio * np.exp(spread * DEVIATES - spread**2 / 2.0)
    mean = SHAPE + ratio
    sums = np.linspace(0.0, mean, 150)
    later = special.gammaincc(SHAPE, np.maximum(sums[:, None] - taus, 0.0)) @ weights
    smallest = np.trapezoid((later / weights.sum()) ** field, sums)
    return float(mean - smallest)


@lru_cache
def _table(spread: float) -> tuple[Floats, Floats]:
    """Mean waiting over the mean way to the middle (growing), and in units."""
    units = np.array([units_after_the_first(ratio, spread) for ratio in RATIOS])
    parts = np.log(units / RATIOS)[::-1]
    fine = np.linspace(parts[0], parts[-1], 1000)
    return np.exp(fine), interpolate.PchipInterpolator(parts, units[::-1])(fine)
