"""Nanocrystals that switch by the paper's laws as reagent reaches the field; no optics in here.

Exposed to reagent a particle makes progress at the pace of the concentration (`lots`). When its lot
is full it shines with a seventh of its brightness and will switch: the centre of its logistic rise
comes some taus later. So a front may be drawn out, and reagent that goes before that leaves the
particle as it is. Its tau, log-normal around the law, is that of the concentration at this moment.
Above 10 ug/mL what is bright degrades as fast as it turned on. Presets with a Monte Carlo model
leave all but the degradation to `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from onset.experiment.clock import NS
from onset.models.flow import Content
from onset.models.kinetics import Kinetics
from onset.simulated.brightness import mean_brightness
from onset.simulated.exchange import exchange
from onset.simulated.lots import Pace, pace
from onset.simulated.particles import CYCLES, Floats, Particles, draw
from onset.simulated.preset import Preset
from onset.simulated.spectrum import seen
from onset.simulated.switches import Switches

SETTLED = 2.0  # taus after the centre of the rise: the blinking begins


class Sample:
    """Brightness of every particle as a function of time, given what was at the field when."""

    def __init__(
        self, preset: Preset, shape: tuple[int, int], seed: int, *, bright: bool = False
    ) -> None:
        if not preset.kinetics:
            pace(preset, preset.lowest_ug_per_ml)  # its table is made before the film, not in it
        self.preset = preset
        self.is_bright_at_start = bright
        self.particles: Particles = draw(preset, shape, seed)
        self.seen = seen(preset)

    def switches(self, contents: Sequence[Content], epoch_ns: int) -> Switches:
        """All switches that `contents` of the field bring about, if nothing else comes."""
        kinetics = self.preset.exchange
        if kinetics is None:
            switches = self._by_the_laws(contents, epoch_ns)
        else:
            switches = self._by_swaps(kinetics, contents, epoch_ns)
        lost_s = _degraded_s(self, switches.centre_s[0], contents, epoch_ns)
        return replace(switches, lost_s=lost_s)

    def mean_brightness(
        self, switches: Switches, a_s: float | Floats, b_s: float | Floats
    ) -> Floats:
        """Mean over [a, b], seconds since the epoch, of each particle, relative to its bright line.

        `a_s`, `b_s`: for all, or for each (n,); 0 where b <= a.
        """
        out = np.empty(self.preset.particles)
        mean_brightness(
            np.broadcast_to(np.asarray(a_s, dtype=np.float64), out.shape),
            np.broadcast_to(np.asarray(b_s, dtype=np.float64), out.shape),
            float(self.is_bright_at_start),
            self.seen,
            switches.front_s,
            switches.centre_s,
            switches.tau_s,
            switches.swaps_s,
            switches.levels,
            switches.blink_from_s,
            self.particles.blinks_s,
            self.particles.blinks_lit_s,
            switches.lost_s,
            switches.lost_tau_s,
            out,
        )
        return out

    def _by_the_laws(self, contents: Sequence[Content], epoch_ns: int) -> Switches:
        progress = _Progress(self)
        for content, start_s, end_s in _lasting(contents, epoch_ns):
            progress.expose(content, start_s, end_s)
        return progress.result()

    def _by_swaps(self, kinetics: Kinetics, contents: Sequence[Content], epoch_ns: int) -> Switches:
        bright = self.is_bright_at_start
        made = exchange(self.preset, kinetics, self.particles, contents, epoch_ns, bright=bright)
        front_s = np.where(np.isfinite(made.centre_s), -np.inf, np.inf)
        return _switches(self, front_s, made.centre_s, made.tau_s, made.swaps_s, made.levels)


def _lasting(contents: Sequence[Content], epoch_ns: int) -> Iterator[tuple[Content, float, float]]:
    """Each content with its begin and end, seconds since the epoch."""
    for content, following in pairwise([*contents, None]):
        assert content is not None
        end_s = np.inf if following is None else (following.t_ns - epoch_ns) / NS
        yield content, (content.t_ns - epoch_ns) / NS, end_s


def _switches(
    sample: Sample,
    front_s: Floats,
    centre_s: Floats,
    tau_s: Floats,
    swaps_s: Floats,
    levels: Floats,
) -> Switches:
    """With the blinking; what is lost is not known yet."""
    blinks_from_s = centre_s[0] + SETTLED * tau_s[0]
    if sample.is_bright_at_start:
        blinks_from_s = -sample.particles.blink_start_s
    if not sample.preset.on_s:
        blinks_from_s = np.full_like(blinks_from_s, np.inf)
    never = np.full_like(blinks_from_s, np.inf)
    return Switches(front_s, centre_s, tau_s, blinks_from_s, swaps_s, levels, never, tau_s[0])


def _degraded_s(
    sample: Sample, bright_from_s: Floats, contents: Sequence[Content], epoch_ns: int
) -> Floats:
    """When each particle has been bright in too much reagent for its own lot of time."""
    preset = sample.preset
    from_s = np.full_like(bright_from_s, -np.inf) if sample.is_bright_at_start else bright_from_s
    done = np.zeros_like(from_s)
    lost_s = np.full_like(from_s, np.inf)
    limit = preset.degrades_above_ug_per_ml or np.inf
    for content, start_s, end_s in _lasting(contents, epoch_ns):
        ug_per_ml = sum(content.ug_per_ml.values())
        if ug_per_ml <= limit * (1.0 + 1e-9):
            continue
        begin_s = np.maximum(from_s, start_s)
        left_s = (sample.particles.degrade_lot - done) * preset.waiting.mean_s(ug_per_ml)
        now = np.isinf(lost_s) & (begin_s + left_s < end_s)
        lost_s[now] = (begin_s + left_s)[now]
        if end_s < np.inf:
            done += np.maximum(end_s - begin_s, 0.0) / preset.waiting.mean_s(ug_per_ml)
    return lost_s


class _Progress:
    """How far each particle is on the way to its next switch."""

    def __init__(self, sample: Sample) -> None:
        n = sample.preset.particles
        self._sample = sample
        self._cycle = np.zeros(n, dtype=np.intp)
        self._progress = np.zeros(n)
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
        none = np.empty((self._sample.preset.particles, 0))
        return _switches(self._sample, self._front_s, self._centre_s, self._tau_s, none, none)

    def _approach(self, ug_per_ml: float, is_back: int, start_s: float, end_s: float) -> None:
        """Particles that this reagent can switch come nearer to it, or switch."""
        bright = (self._cycle + self._sample.is_bright_at_start) % 2
        here = np.flatnonzero((bright == is_back) & (self._cycle < CYCLES))
        begin_s = np.maximum(start_s, self._since_s[here])
        here, begin_s = here[begin_s < end_s], begin_s[begin_s < end_s]
        now = pace(self._sample.preset, ug_per_ml) if here.size else None
        if now is None:
            return
        self._begun_s[here] = np.minimum(self._begun_s[here], begin_s)
        lots = self._sample.particles.waiting_lot[self._cycle[here], here]
        seen_s = begin_s + now.lasts_s(self._progress[here], lots)
        switched = seen_s < end_s
        late = here[~switched]
        if late.size:
            self._progress[late] = now.after(self._progress[late], end_s - begin_s[~switched])
            self._since_s[late] = end_s
        self._switch(here[switched], seen_s[switched], now)

    def _switch(self, which: npt.NDArray[np.intp], seen_s: Floats, now: Pace) -> None:
        cycle = self._cycle[which]
        tau_s = now.tau_s * self._sample.particles.tau_factor[cycle, which]
        centre_s = seen_s + now.to_middle * tau_s
        self._front_s[cycle, which] = self._begun_s[which]
        self._centre_s[cycle, which] = centre_s
        self._tau_s[cycle, which] = tau_s
        self._cycle[which] += 1
        self._progress[which] = 0.0
        self._since_s[which] = centre_s
        self._begun_s[which] = np.inf
