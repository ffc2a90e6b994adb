"""Exchange of many crystals drawn swap by swap, under concentrations that change with time.

An attempt falls on one of M crystals, so the attempts that a crystal waits for its next swap are
geometric with chance p/M. Each swap has a lot, exponential with mean 1: it happens at the first
attempt at which the sum of -ln(1 - p/M) reaches the lot. That is the exact draw, attempt by attempt
is not simulated; and what comes later at the field changes nothing of what was before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.models.compiled import compiled
from onset.models.kinetics import MODELS, RULES, Floats, Kinetics, chance

CROWD = 200  # crystals among which the attempts fall, as in the source


@dataclass(frozen=True, slots=True)
class Bath:
    """From `step` on, relative concentrations of what exchanges forward and what exchanges back."""

    step: float
    forward: float
    back: float = 0.0


@dataclass(frozen=True, slots=True)
class Walks:
    """Events of n crystals in order of time; infinite times: no more."""

    steps: Floats
    """(n, events), attempts per crystal."""
    swapped: npt.NDArray[np.int32]
    """(n, events), sites exchanged after each."""
    begun: int
    """Sites exchanged at first."""


def draw_lots(crystals: int, events: int, rng: np.random.Generator) -> Floats:
    """Lots (crystals, events) of `walk`."""
    return rng.exponential(size=(crystals, events))


def draw_factors(kinetics: Kinetics, crystals: int, rng: np.random.Generator) -> Floats:
    """Rates of the crystals relative to the median (crystals,)."""
    return np.exp(kinetics.spread * rng.normal(size=crystals))


def walk(
    kinetics: Kinetics,
    baths: Sequence[Bath],
    lots: Floats,
    factors: Floats,
    *,
    begun: int = 0,
    crowd: int = CROWD,
) -> Walks:
    """Exchange forward and back; `lots` (n, events), `factors` (n,), baths in order of time.

    The back reaction is the same model, counted from the other end. The last bath stays.
    """
    steps = np.full(lots.shape, np.inf)
    swapped = np.zeros(lots.shape, dtype=np.int32)
    _walk(
        MODELS.index(kinetics.model),
        RULES.index(kinetics.rule),
        kinetics.sites,
        kinetics.fall_kt,
        kinetics.k0,
        np.array([[bath.step, bath.forward, bath.back] for bath in baths]).reshape(-1, 3),
        lots,
        factors,
        begun,
        float(crowd),
        steps,
        swapped,
    )
    return Walks(steps, swapped, begun)


def forward_steps(kinetics: Kinetics, x: float, crystals: int, rng: np.random.Generator) -> Floats:
    """Steps per crystal of every swap (crystals, sites) at one relative concentration `x`."""
    lots = draw_lots(crystals, kinetics.sites, rng)
    return walk(kinetics, [Bath(0.0, x)], lots, draw_factors(kinetics, crystals, rng)).steps


@compiled
def _walk(
    model: int,
    rule: int,
    sites: int,
    fall_kt: float,
    k0: float,
    baths: Floats,
    lots: Floats,
    factors: Floats,
    begun: int,
    crowd: float,
    steps: Floats,
    swapped: npt.NDArray[np.int32],
) -> None:
    for n in range(lots.shape[0]):
        state, bath, event = begun, 0, 0
        t = baths[0, 0] if baths.shape[0] else 0.0
        left = lots[n, 0]
        while bath < baths.shape[0] and event < lots.shape[1]:
            up = down = 0.0
            if state < sites:
                k1 = k0 * factors[n] * baths[bath, 1]
                up = chance(model, rule, state + 1, sites, fall_kt, k1)
            if state > 0:
                k1 = k0 * factors[n] * baths[bath, 2]
                down = chance(model, rule, sites - state + 1, sites, fall_kt, k1)
            end = baths[bath + 1, 0] if bath + 1 < baths.shape[0] else math.inf
            hazard = -math.log1p(-(up + down) / crowd)
            attempts = max(math.ceil(left / hazard), 1) if hazard > 0.0 else math.inf
            if t + attempts / crowd >= end or attempts == math.inf:
                left = max(left - (end - t) * crowd * hazard, 1e-12) if hazard > 0.0 else left
                t = end
                bath += 1
                continue
            t += attempts / crowd
            # the lot's own remainder decides which way, where both are possible
            part = left * 4096.0 - math.floor(left * 4096.0)
            state += 1 if part * (up + down) < up else -1
            steps[n, event] = t
            swapped[n, event] = state
            event += 1
            if event < lots.shape[1]:
                left = lots[n, event]
