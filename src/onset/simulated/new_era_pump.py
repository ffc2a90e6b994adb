"""The pump behind a New Era's keypad: memory, motion, counters, alarms; no bytes in here."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace

from onset.dialects.new_era_numbers import (
    DIAMETER_MM,
    VOLUME_UNITS,
    default_volume_units,
    rate_limits_ul_min,
)
from onset.experiment.clock import NS
from onset.simulated.new_era_program import Phase, Run, Stretch, clipped, unroll
from onset.simulated.world import Change, PlungerHistory

PHASES = 41


class Refusal(Exception):
    """The pump will not; the code goes behind the prompt: `NA`, `OOR` or nothing."""

    def __init__(self, code: str) -> None:
        self.code = code


def _program() -> list[Phase]:
    return [Phase("RAT"), *(Phase() for _ in range(PHASES - 1))]


@dataclass
class Memory:
    """What survives a power cycle: whatever the last user left."""

    diameter_mm: float = 14.43
    phases: list[Phase] = field(default_factory=_program)
    flags: dict[str, str] = field(
        default_factory=lambda: {
            "AL": "1",
            "BP": "1",
            "LN": "0",
            "PF": "0",
            "DIN": "0",
            "ROM": "0",
            "LOC": "0",
            "TRG": "FT",
        }
    )
    address: int = 0
    safe_s: int = 0


@dataclass(frozen=True, slots=True)
class Syringe:
    """What is truly in the pump, whatever its memory says; lengths mm, volumes uL."""

    diameter_mm: float = 14.43
    content_ul: float = math.inf
    volume_ul: float = math.inf


class PumpBody:
    """Its state at any time follows from the last command: nothing runs in between."""

    def __init__(
        self,
        plunger: PlungerHistory,
        *,
        memory: Memory | None = None,
        syringe: Syringe | None = None,
        model: str = "NE-1000",
        motor_lag_ms: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.memory = memory or Memory()
        self.model = model
        self.phase = 0
        self._syringe = syringe or Syringe()
        self._content_ul = self._syringe.content_ul
        self._plunger = plunger
        self._lag_ns = motor_lag_ms * 1e-3 * NS
        self._random = random.Random(seed)
        self._power_up()

    def _power_up(self) -> None:
        self.alarm: str | None = "R"
        self.volume_units = default_volume_units(self.memory.diameter_mm)
        self.units_forced = False
        self.rate_now: float | None = None
        self.phase = 0
        self._infused_ul = self._withdrawn_ul = 0.0
        self._run: Run | None = None
        self._paused: tuple[int, float] | None = None
        self._purging = False
        self._left_ul: float | None = None

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back at once; with `PF1` it pumps on by itself."""
        self.settle(t_ns)
        self._halt(t_ns)
        self._power_up()
        if self.memory.flags["PF"] == "1":
            self._begin(0, t_ns, None)

    def settle(self, t_ns: int) -> None:
        """Take note of what ended by itself up to `t_ns`."""
        end_ns = self.ends_ns()
        if self._run is not None and end_ns is not None and end_ns <= t_ns:
            self.alarm = self._run.alarm
            self._halt(end_ns)

    def ends_ns(self) -> int | None:
        """When the present run will end by itself."""
        return None if self._run is None else self._run.end_ns

    def alarms_ns(self) -> int | None:
        """When the present run will end by itself in an alarm."""
        return None if self._run is None or self._run.alarm is None else self._run.end_ns

    def fault(self, alarm: str, t_ns: int) -> None:
        """An alarm stops motor and program."""
        self.settle(t_ns)
        self._halt(t_ns)
        self.alarm = alarm

    def prompt(self, t_ns: int) -> str:
        """The status character."""
        self.settle(t_ns)
        if self._run is not None:
            return "X" if self._purging else self._run.at(t_ns).prompt
        return "S" if self._paused is None else "P"

    @property
    def running(self) -> bool:
        """Whether a program or a purge is under way."""
        return self._run is not None

    def run(self, t_ns: int, first: int | None = None) -> None:
        """Start or resume."""
        self.settle(t_ns)
        if self._run is not None:
            raise Refusal("NA")
        if self._paused is not None and first is None:
            at, left_ul = self._paused
            self._begin(at, t_ns, left_ul)
        else:
            self._begin(first or 0, t_ns, None)

    def stop(self, t_ns: int) -> None:
        """Running -> paused, paused -> stopped."""
        self.settle(t_ns)
        if self._run is None:
            if self._paused is None:
                raise Refusal("NA")
            self._paused = None
            return
        stretch, moved_ul = self._run.at(t_ns), self._run.phase_moved_ul(t_ns)
        target_ul = self.memory.phases[stretch.phase].volume * self.unit_ul
        before_ul = target_ul if self._left_ul is None else self._left_ul
        purging = self._purging
        self._halt(t_ns)
        if not purging:
            self._paused = (stretch.phase, max(0.0, before_ul - moved_ul))

    def purge(self, t_ns: int) -> None:
        """Top speed until stopped."""
        self.settle(t_ns)
        if self._run is not None:
            raise Refusal("NA")
        top = rate_limits_ul_min(self.memory.diameter_mm, self.model)[1] / 60.0
        speed = top if self.selected.direction == "INF" else -top
        self._purging, self._paused = True, None
        self._set_run(Run((Stretch(t_ns + self._draw_lag(), None, speed, "X", self.phase),)), t_ns)

    @property
    def selected(self) -> Phase:
        """The selected phase of the program."""
        return self.memory.phases[self.phase]

    def write(self, phase: Phase) -> None:
        """Write into the selected phase."""
        self.memory.phases[self.phase] = phase

    def set_rate(self, rate: float, units: str | None, t_ns: int) -> None:
        """Another rate; while running at once, for the phase under way, without units."""
        self.settle(t_ns)
        asked = replace(self.selected, rate=rate, units=units or self.selected.units)
        low, high = rate_limits_ul_min(self.memory.diameter_mm, self.model)
        if rate and not 0.999 * low <= abs(asked.ul_per_s) * 60.0 <= 1.001 * high:
            raise Refusal("OOR")
        if self._run is None:
            self.write(asked)
            self._paused = None
            return
        if units is not None or self._purging:
            raise Refusal("NA")
        self._change_rate(rate, t_ns)

    def set_diameter(self, diameter_mm: float, t_ns: int) -> None:
        """Brings its volume units with it and clears the counters."""
        self.must_rest(t_ns)
        if not DIAMETER_MM[0] <= diameter_mm <= DIAMETER_MM[1]:
            raise Refusal("OOR")
        self.memory.diameter_mm = diameter_mm
        self._infused_ul = self._withdrawn_ul = 0.0
        if not self.units_forced:
            self.volume_units = default_volume_units(diameter_mm)

    def must_rest(self, t_ns: int) -> None:
        """Refuse while operating; a pause is cancelled."""
        self.settle(t_ns)
        if self._run is not None:
            raise Refusal("NA")
        self._paused = None

    def dispensed_ul(self, t_ns: int) -> tuple[float, float]:
        """The counters: infused, withdrawn."""
        self.settle(t_ns)
        infused, withdrawn = (0.0, 0.0) if self._run is None else self._run.moved_ul(t_ns)
        return self._infused_ul + infused, self._withdrawn_ul + withdrawn

    def clear_dispensed(self, direction: str, t_ns: int) -> None:
        """`INF` or `WDR`; not while operating."""
        if self.running:
            raise Refusal("NA")
        self.settle(t_ns)
        if direction == "INF":
            self._infused_ul = 0.0
        else:
            self._withdrawn_ul = 0.0

    @property
    def unit_ul(self) -> float:
        """Microlitres in one of the volume units in force."""
        return VOLUME_UNITS[self.volume_units]

    def publish(self, t_ns: int, stops_ns: int | None = None) -> None:
        """Tell the world where the plunger goes from `t_ns` on; a watchdog may stop it."""
        stretches = () if self._run is None else self._run.stretches
        changes = [Change(t_ns, self._speed(t_ns))]
        for stretch in stretches:
            if stretch.start_ns > t_ns:
                changes.append(Change(stretch.start_ns, stretch.ul_per_s * self._true_part))
        end_ns = self.ends_ns()
        if end_ns is not None and end_ns >= t_ns:
            changes.append(Change(end_ns, 0.0))
        if stops_ns is not None:
            changes = [change for change in changes if change.t_ns < stops_ns]
            changes.append(Change(stops_ns, 0.0))
        self._plunger.plan(changes)

    @property
    def _true_part(self) -> float:
        return (self._syringe.diameter_mm / self.memory.diameter_mm) ** 2

    def _speed(self, t_ns: int) -> float:
        if self._run is None:
            return 0.0
        stretch = self._run.at(t_ns)
        return stretch.ul_per_s * self._true_part if stretch.start_ns <= t_ns else 0.0

    def _begin(self, first: int, t_ns: int, left_ul: float | None) -> None:
        self._left_ul, self._paused = left_ul, None
        unrolled = unroll(
            self.memory.phases,
            first,
            t_ns,
            unit_ul=self.unit_ul,
            lag_ns=self._draw_lag(),
            left_ul=left_ul,
        )
        self._set_run(unrolled, t_ns)

    def _change_rate(self, rate: float, t_ns: int) -> None:
        assert self._run is not None
        at, moved_ul = self._run.at(t_ns).phase, self._run.phase_moved_ul(t_ns)
        target_ul = self.memory.phases[at].volume * self.unit_ul
        before_ul = target_ul if self._left_ul is None else self._left_ul
        phases = list(self.memory.phases)
        phases[at] = replace(phases[at], rate=rate)
        self._halt(t_ns)
        self.rate_now, self._left_ul = rate, max(0.0, before_ul - moved_ul)
        unrolled = unroll(phases, at, t_ns, unit_ul=self.unit_ul, left_ul=self._left_ul)
        self._set_run(unrolled, t_ns)

    def _set_run(self, run: Run, t_ns: int) -> None:
        self._run = clipped(
            run,
            can_infuse_ul=self._content_ul / self._true_part,
            can_withdraw_ul=(self._syringe.volume_ul - self._content_ul) / self._true_part
            if math.isfinite(self._syringe.volume_ul)
            else math.inf,
        )
        self.publish(t_ns)

    def _halt(self, t_ns: int) -> None:
        if self._run is None:
            return
        infused, withdrawn = self._run.moved_ul(t_ns)
        self._infused_ul += infused
        self._withdrawn_ul += withdrawn
        self._content_ul -= (infused - withdrawn) * self._true_part
        self._run, self._purging, self.rate_now = None, False, None
        self.publish(t_ns)

    def _draw_lag(self) -> int:
        return round(self._random.uniform(0.0, self._lag_ns))
