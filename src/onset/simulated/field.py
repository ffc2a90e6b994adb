"""What a field of view sends to the camera during an exposure: the sample in its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onset.experiment.clock import NS
from onset.models.flow import Content, Feed, Front, RateChange, course
from onset.simulated.particles import Floats
from onset.simulated.sample import Sample
from onset.simulated.switches import Switches
from onset.simulated.world import World


@dataclass(frozen=True, slots=True)
class Light:
    """Electrons of one exposure: of each spot in all, and of the background per pixel."""

    spots: Floats
    background: float

    def same_as(self, other: Light) -> bool:
        """Would it give the same frame?"""
        return self.background == other.background and np.array_equal(self.spots, other.spots)


class Field:
    """Joins the sample with what its pumps and its shutter did; times on the process's clock.

    Times to come are as the pumps and the shutter plan them now.
    """

    def __init__(self, sample: Sample, world: World, front: Front, epoch_ns: int) -> None:
        self.sample, self.world, self.front, self.epoch_ns = sample, world, front, epoch_ns
        self._known: tuple[Sequence[Feed], Switches] | None = None

    def light(self, start_ns: int, end_ns: int) -> Light:
        """What arrives in [start, end]; brightness and light are averaged each by itself."""
        lit_s = self.world.light.open_fraction(start_ns, end_ns) * (end_ns - start_ns) / NS
        a_s, b_s = (start_ns - self.epoch_ns) / NS, (end_ns - self.epoch_ns) / NS
        mean = self.sample.mean_brightness(self.switches(), a_s, b_s)
        spots = mean * self.sample.particles.electrons_per_s * lit_s
        return Light(spots, self.sample.preset.background_electrons_per_s * lit_s)

    def switches(self) -> Switches:
        """All switches that the pumps bring about as they run and plan to run."""
        feeds = self._feeds()
        known = self._known
        if known is None or known[0] != feeds:
            contents = course(feeds, self.front)
            known = self._known = (feeds, self.sample.switches(contents, self.epoch_ns))
        return known[1]

    def contents(self) -> list[Content]:
        """What was and will be at the field."""
        return course(self._feeds(), self.front)

    def _feeds(self) -> list[Feed]:
        return [
            Feed(
                plunger.reagent,
                plunger.ug_per_ml,
                [RateChange(change.t_ns, change.ul_per_s) for change in plunger.changes()],
            )
            for plunger in self.world.plungers()
        ]
