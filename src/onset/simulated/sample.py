"""Nanocrystals that switch by the paper's laws as reagent reaches the field; no optics in here.

A particle has a lot G (gamma-distributed, shape 8, plus an incubation of 8). At concentration x its
exposure to the reagent grows by dt / u(x), with the unit u(x) such that the mean of 500 lots is
3/(x-0.7)+1.5 s after the first of them; it switches (centre of its logistic rise) when the exposure
reaches G. So a front may be drawn out, and reagent that goes before a particle switched leaves it
as it is. Its tau, log-normal around 6/(x+0.3)+0.4 s, is that of the concentration at the switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import integrate, stats

from onset.experiment.clock import NS
from onset.models.flow import Content
from onset.simulated.brightness import mean_brightness
from onset.simulated.particles import CYCLES, SHAPE, Floats, Particles, draw
from onset.simulated.preset import Preset

FIELD = 500  # the crystals of one field, to the first of which the paper's waiting times refer
SETTLED = 2.0  # taus after the centre of the rise: the blinking begins


@lru_cache
def lots_after_the_first(shape: float = SHAPE, field: int = FIELD) -> float:
    """Mean minus expected smallest of `field` gamma-distributed lots of this shape and scale 1."""
    smallest, _ = integrate.quad(lambda g: stats.gamma.sf(g, shape) ** field, 0.0, 10.0 * shape)
    return shape - float(smallest)


def waiting_unit_s(preset: Preset, ug_per_ml: float) -> float:
    """Seconds per unit of a waiting lot; infinite below the lowest concentration that works."""
    if ug_per_ml < preset.lowest_ug_per_ml * (1.0 - 1e-9):
        return float("inf")
    return preset.waiting.mean_s(ug_per_ml) / lots_after_the_first()


@dataclass(frozen=True, slots=True)
class Switches:
    """When each particle switches, (CYCLES, n), seconds since the epoch; infinite: not."""

    front_s: Floats
    """When the reagent that does it had arrived."""
    centre_s: Floats
    tau_s: Floats
    blink_from_s: Floats
    """(n,)"""


class Sample:
    """Brightness of every particle as a function of time, given what was at the field when."""

    def __init__(
        self, preset: Preset, shape: tuple[int, int], seed: int, *, bright: bool = False
    ) -> None:
        self.preset = preset
        self.is_bright_at_start = bright
        self.particles: Particles = draw(preset, shape, seed)

    def switches(self, contents: Sequence[Content], epoch_ns: int) -> Switches:
        """All switches that `contents` of the field bring about, if nothing else comes."""
        progress = _Progress(self)
        for content, following in pairwise([*contents, None]):
            assert content is not None
            end_s = np.inf if following is None else (following.t_ns - epoch_ns) / NS
            progress.expose(content, (content.t_ns - epoch_ns) / NS, end_s)
        return progress.result()

    def mean_brightness(self, switches: Switches, a_s: float, b_s: float) -> Floats:
        """Mean over [a, b], seconds since the epoch, of each particle, 0 (dark) to 1 (bright)."""
        out = np.empty(self.preset.particles)
        mean_brightness(
            float(a_s),
            float(b_s),
            float(self.is_bright_at_start),
            switches.front_s,
            switches.centre_s,
            switches.tau_s,
            switches.blink_from_s,
            self.particles.blinks_s,
            self.particles.blinks_lit_s,
            out,
        )
        return out


class _Progress:
    """How far each particle is on the way to its next switch."""

    def __init__(self, sample: Sample) -> None:
        n = sample.preset.particles
        self._sample = sample
        self._cycle = np.zeros(n, dtype=np.intp)
        self._exposure = np.zeros(n)
        self._since_s = np.full(n, -np.inf)  # the last switch
        self._begun_s = np.full(n, np.inf)
        self._front_s = np.full((CYCLES, n), np.inf)
        self._centre_s = np.full((CYCLES, n), np.inf)
        self._tau_s = np.ones((CYCLES, n))

    def expose(self, content: Content, start_s: float, end_s: float) -> None:
        """The field holds `content` from `start_s` to `end_s`."""
        preset = self._sample.preset
        reagents = (preset.forward_reagent, preset.back_reagent)
        for _ in range(CYCLES):
            self._approach(content.ug_per_ml.get(reagents[0], 0.0), 0, start_s, end_s)
            self._approach(content.ug_per_ml.get(reagents[1], 0.0), 1, start_s, end_s)

    def result(self) -> Switches:
        """What came of it."""
        sample = self._sample
        blinks_from_s = self._centre_s[0] + SETTLED * self._tau_s[0]
        if sample.is_bright_at_start:
            blinks_from_s = -sample.particles.blink_start_s
        if not sample.preset.on_s:
            blinks_from_s = np.full_like(blinks_from_s, np.inf)
        return Switches(self._front_s, self._centre_s, self._tau_s, blinks_from_s)

    def _approach(self, ug_per_ml: float, is_back: int, start_s: float, end_s: float) -> None:
        """Particles that this reagent can switch come nearer to it, or switch."""
        unit_s = waiting_unit_s(self._sample.preset, ug_per_ml)
        bright = (self._cycle + self._sample.is_bright_at_start) % 2
        here = np.flatnonzero((bright == is_back) & (self._cycle < CYCLES))
        begin_s = np.maximum(start_s, self._since_s[here])
        here, begin_s = here[begin_s < end_s], begin_s[begin_s < end_s]
        if unit_s == np.inf or not here.size:
            return
        self._begun_s[here] = np.minimum(self._begun_s[here], begin_s)
        lots = self._sample.particles.waiting_lot[self._cycle[here], here]
        centre_s = begin_s + (lots - self._exposure[here]) * unit_s
        switched = centre_s < end_s
        late = here[~switched]
        self._exposure[late] += (end_s - begin_s[~switched]) / unit_s
        self._since_s[late] = end_s
        self._switch(here[switched], centre_s[switched], ug_per_ml)

    def _switch(self, which: npt.NDArray[np.intp], centre_s: Floats, ug_per_ml: float) -> None:
        cycle = self._cycle[which]
        sample = self._sample
        self._front_s[cycle, which] = self._begun_s[which]
        self._centre_s[cycle, which] = centre_s
        mean_tau_s = sample.preset.switching.mean_s(ug_per_ml)
        self._tau_s[cycle, which] = mean_tau_s * sample.particles.tau_factor[cycle, which]
        self._cycle[which] += 1
        self._exposure[which] = 0.0
        self._since_s[which] = centre_s
        self._begun_s[which] = np.inf
