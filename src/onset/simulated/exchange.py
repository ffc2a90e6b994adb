"""Crystals that exchange swap by swap, by a Monte Carlo model: times and brightness of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.experiment.clock import NS
from onset.models.compiled import compiled
from onset.models.flow import Content
from onset.models.kinetics import LOGISTIC_QUARTILES, Kinetics
from onset.models.walks import Bath, walk
from onset.simulated.particles import CYCLES, Floats, Particles
from onset.simulated.preset import Preset
from onset.simulated.spectrum import brightness


@dataclass(frozen=True, slots=True)
class Exchange:
    """Seconds since the epoch; infinite: not."""

    centre_s: Floats
    """(CYCLES, n): half of the sites swapped."""
    tau_s: Floats
    """(CYCLES, n): of the logistic rise with the same quartiles."""
    swaps_s: Floats
    """(n, events)"""
    levels: Floats
    """(n, events): brightness after each."""


def exchange(
    preset: Preset,
    kinetics: Kinetics,
    drawn: Particles,
    contents: Sequence[Content],
    epoch_ns: int,
    *,
    bright: bool,
) -> Exchange:
    """All swaps that `contents` of the field bring about."""
    baths = [_bath(preset, content, epoch_ns) for content in contents]
    begun = kinetics.sites if bright else 0
    crowd = max(preset.particles, 1)
    made = walk(kinetics, baths, drawn.swap_lots, drawn.rate_factor, begun=begun, crowd=crowd)
    swaps_s = made.steps * preset.step_s
    centre_s = np.full((CYCLES, preset.particles), np.inf)
    tau_s = np.ones((CYCLES, preset.particles))
    _crossings(swaps_s, made.swapped, begun, kinetics.sites, centre_s, tau_s)
    tau_s /= LOGISTIC_QUARTILES
    return Exchange(centre_s, tau_s, swaps_s, brightness(made.swapped / kinetics.sites, preset))


def _bath(preset: Preset, content: Content, epoch_ns: int) -> Bath:
    def strength(reagent: str) -> float:
        ug_per_ml = content.ug_per_ml.get(reagent, 0.0)
        return ug_per_ml if ug_per_ml >= preset.lowest_ug_per_ml * (1.0 - 1e-9) else 0.0

    step = (content.t_ns - epoch_ns) / NS / preset.step_s
    return Bath(step, strength(preset.forward_reagent), strength(preset.back_reagent))


@compiled
def _crossings(
    swaps_s: Floats,
    swapped: npt.NDArray[np.int32],
    begun: int,
    sites: int,
    centre_s: Floats,
    half_rise_s: Floats,
) -> None:
    """First passage of half of the sites, and half the time between the quarters, per cycle."""
    quarter = sites // 4
    for n in range(swaps_s.shape[0]):
        cycle, back, first_s = 0, begun > 0, np.inf
        for event in range(swaps_s.shape[1]):
            t = swaps_s[n, event]
            if t == np.inf or cycle == centre_s.shape[0]:
                break
            done = sites - swapped[n, event] if back else swapped[n, event]
            if done == quarter and first_s == np.inf:
                first_s = t
            elif done == 2 * quarter and centre_s[cycle, n] == np.inf:
                centre_s[cycle, n] = t
            elif done == 3 * quarter:
                half_rise_s[cycle, n] = (t - first_s) / 2.0
                cycle, back, first_s = cycle + 1, not back, np.inf
