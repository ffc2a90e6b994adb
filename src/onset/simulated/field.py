"""Light from each particle and from the background during one exposure; no pixels in here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from onset.experiment.clock import NS
from onset.models.flow import Content, Feed, Front, RateChange, course
from onset.models.plunger import Drive, outflow
from onset.simulated.particles import Floats
from onset.simulated.sample import Sample
from onset.simulated.switches import Switches, take
from onset.simulated.world import World

USUAL_UW_CM2 = 15.0  # the irradiance at which presets state their brightness
BANDS = 8  # strips of the field, where the reagent's way across it counts


@dataclass(frozen=True, slots=True)
class Light:
    """Electrons of one exposure: of each spot in all, and of the background per pixel."""

    spots: Floats
    """(particles + specks,)"""
    background: float | Floats
    """For all rows, or for each."""

    def same_as(self, other: Light) -> bool:
        """Would it give the same frame?"""
        return np.array_equal(self.background, other.background) and np.array_equal(
            self.spots, other.spots
        )


@dataclass(frozen=True, slots=True)
class Shutter:
    """When rows of the sensor expose, after the first of them."""

    spot_delay_ns: Floats | None = None
    """(particles + specks,); None: all rows at once."""
    row_delay_ns: Floats | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies between the world and the sample."""

    front: Front
    drive: Drive = field(default_factory=Drive)
    field_ul: float = 0.0
    """Volume that passes while the reagent crosses the field along x."""
    irradiance_uw_cm2: float = USUAL_UW_CM2
    shutter: Shutter = field(default_factory=Shutter)


class Field:
    """Joins the sample with what its pumps and its shutter did; times on the process's clock.

    Times to come are as the pumps and the shutter plan them now.
    """

    def __init__(
        self, sample: Sample, world: World, around: Surroundings, epoch_ns: int, width_px: int
    ) -> None:
        self.sample, self.world, self.around, self.epoch_ns = sample, world, around, epoch_ns
        self._known: tuple[Sequence[Feed], Switches] | None = None
        self._dyed: tuple[Sequence[Feed], Sequence[Content]] | None = None
        bands = BANDS if around.field_ul > 0 else 1
        self._band = np.minimum(sample.particles.x_px / width_px * bands, bands - 1).astype(int)
        self._bands = bands

    def light(self, start_ns: int, end_ns: int) -> Light:
        """What arrives in [start, end]; brightness is averaged while the shutter is open."""
        preset, specks = self.sample.preset, self.sample.particles.specks
        strength = self.around.irradiance_uw_cm2 / USUAL_UW_CM2
        rolling = self.around.shutter
        last_ns = 0 if rolling.row_delay_ns is None else round(float(rolling.row_delay_ns.max()))
        pieces = self.world.light.lit(start_ns, end_ns + last_ns)
        n = preset.particles
        spots = np.zeros(n + specks.y_px.size)
        spots[n:] = (
            specks.electrons_per_s
            * strength
            * self._lit_s(pieces, start_ns, end_ns, rolling.spot_delay_ns, slice(n, None))
        )
        for piece in pieces:
            a_s, b_s = self._window(piece, start_ns, end_ns)
            mean = self.sample.mean_brightness(self.switches(), a_s, b_s)
            spots[:n] += mean * np.maximum(b_s - a_s, 0.0)
        spots[:n] *= self.sample.particles.electrons_per_s * strength
        if preset.bleach_mj_per_cm2:
            spots[:n] *= self._unbleached(start_ns, end_ns)
        lit_s = self._lit_s(pieces, start_ns, end_ns, rolling.row_delay_ns, slice(None))
        background = preset.background_electrons_per_s + self._dye(start_ns, end_ns)
        return Light(spots, background * strength * lit_s)

    def history(self) -> tuple[Hashable, ...]:
        """What pumps and shutter did and plan: while it stays, so does the light."""
        moved = tuple(plunger.changes() for plunger in self.world.plungers())
        return (self.world.light.moves(), self.world.light.is_open(0), moved)

    def switches(self) -> Switches:
        """All switches that the pumps bring about as they run and plan to run."""
        feeds = self._feeds()
        known = self._known
        if known is None or known[0] != feeds:
            in_bands = [
                self.sample.switches(self._contents(feeds, band), self.epoch_ns)
                for band in range(self._bands)
            ]
            known = self._known = (feeds, take(in_bands, self._band))
        return known[1]

    def contents(self) -> list[Content]:
        """What was and will be at the near edge of the field."""
        return course(self._feeds(), self.around.front)

    def _dye(self, start_ns: int, end_ns: int) -> float:
        """Electrons per pixel and second from what is at the field in [start, end]."""
        each = self.sample.preset.dye_electrons_per_s
        if not each:
            return 0.0
        feeds = self._feeds()
        if self._dyed is None or self._dyed[0] != feeds:
            self._dyed = (feeds, course(feeds, self.around.front))
        contents = self._dyed[1]
        ends_ns = [*(content.t_ns for content in contents), end_ns][1:]
        ug_per_ml_ns = sum(
            sum(content.ug_per_ml.values())
            * max(min(until_ns, end_ns) - max(content.t_ns, start_ns), 0)
            for content, until_ns in zip(contents, ends_ns, strict=True)
        )
        return each * ug_per_ml_ns / max(end_ns - start_ns, 1)

    def _contents(self, feeds: Sequence[Feed], band: int) -> list[Content]:
        beyond_ul = self.around.field_ul * (band + 0.5) / self._bands if self._bands > 1 else 0.0
        return course(feeds, replace(self.around.front, beyond_ul=beyond_ul))

    def _feeds(self) -> list[Feed]:
        return [
            Feed(
                plunger.reagent,
                plunger.ug_per_ml,
                outflow(
                    [RateChange(change.t_ns, change.ul_per_s) for change in plunger.changes()],
                    self.around.drive,
                ),
            )
            for plunger in self.world.plungers()
        ]

    def _window(
        self, piece: tuple[int, int], start_ns: int, end_ns: int
    ) -> tuple[Floats | float, Floats | float]:
        """Part of the piece in which each particle is exposed, seconds since the epoch."""
        delays = self.around.shutter.spot_delay_ns
        epoch_ns = self.epoch_ns
        if delays is None:
            return (piece[0] - epoch_ns) / NS, (piece[1] - epoch_ns) / NS
        late = delays[: self.sample.preset.particles]
        a_ns = np.maximum(start_ns - epoch_ns + late, piece[0] - epoch_ns)
        b_ns = np.minimum(end_ns - epoch_ns + late, piece[1] - epoch_ns)
        return a_ns / NS, b_ns / NS

    def _lit_s(
        self,
        pieces: Sequence[tuple[int, int]],
        start_ns: int,
        end_ns: int,
        delays_ns: Floats | None,
        which: slice,
    ) -> float | Floats:
        """How long light fell during the exposure: for all, or for each that is late."""
        if delays_ns is None:
            return sum(b - a for a, b in pieces) / NS
        late = delays_ns[which]
        lit_ns = np.zeros(late.size)
        for a, b in pieces:
            from_ns = np.maximum(late, a - start_ns)
            lit_ns += np.maximum(np.minimum(end_ns - start_ns + late, b - start_ns) - from_ns, 0.0)
        return lit_ns / NS

    def _unbleached(self, start_ns: int, end_ns: int) -> Floats:
        """Part of the exposure's dose that each particle receives before it bleaches."""
        before, after = (self.dose_mj_per_cm2(t_ns) for t_ns in (start_ns, end_ns))
        lots = self.sample.particles.bleach_mj_per_cm2
        if after <= before:
            return (lots > before).astype(float)
        part: Floats = np.clip((lots - before) / (after - before), 0.0, 1.0)
        return part

    def dose_mj_per_cm2(self, t_ns: int) -> float:
        """Dose since the first exposure."""
        lit = self.world.light.lit(self.epoch_ns, t_ns) if t_ns > self.epoch_ns else []
        return sum(b - a for a, b in lit) / NS * self.around.irradiance_uw_cm2 / 1000.0
