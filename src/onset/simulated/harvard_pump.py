"""The pump behind a Harvard's screen: memory, motion, targets, counters; no bytes in here."""

from __future__ import annotations

import copy
import math
import random
from dataclasses import dataclass, field

from onset.dialects.harvard_numbers import DIAMETER_MM, rate_limits_ul_min
from onset.experiment.clock import NS
from onset.hardware.semantic import Direction
from onset.simulated.harvard_motion import Limit, Motion, limited, ramp, steady
from onset.simulated.world import Change, PlungerHistory


class Refusal(Exception):
    """The pump will not: first line and second line of its answer."""

    def __init__(self, first: str, second: str) -> None:
        self.lines = (first, f"   {second}")


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate and the time unit (`h`, `m`, `s`) in which it was given."""

    ul_min: float
    time: str = "m"


@dataclass(frozen=True, slots=True)
class Ramp:
    """A linear change of rate."""

    first_ul_min: float
    last_ul_min: float
    seconds: float


@dataclass
class Memory:
    """What survives a power cycle: whatever the last user left."""

    diameter_mm: float = 14.43
    syringe_ul: float = 10_000.0
    syringe_name: str = "Custom"
    rates: dict[Direction, Rate] = field(
        default_factory=lambda: {"infuse": Rate(1000.0), "withdraw": Rate(1000.0)}
    )
    target_ul: float | None = None
    target_s: float | None = None
    address: int = 0
    force_percent: int = 30
    mode: str = "iw"
    nvram: str = "on"
    """`on`: rates are written too, which wears the memory."""


@dataclass(frozen=True, slots=True)
class Syringe:
    """What is truly in the pump, whatever its memory says; lengths mm, volumes uL."""

    diameter_mm: float = 14.43
    content_ul: float = math.inf
    volume_ul: float = math.inf


@dataclass
class Counter:
    """Volume and time run in one direction since last cleared."""

    ul: float = 0.0
    seconds: float = 0.0


class PumpBody:
    """Its state at any time follows from the last command: nothing runs in between."""

    def __init__(
        self,
        plunger: PlungerHistory,
        *,
        memory: Memory | None = None,
        syringe: Syringe | None = None,
        drive: str = "11 Elite",
        motor_lag_ms: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.memory = memory or Memory()
        self.drive = drive
        self._syringe = syringe or Syringe()
        self._content_ul = self._syringe.content_ul
        self._plunger = plunger
        self._lag_ns = motor_lag_ms * 1e-3 * NS
        self._random = random.Random(seed)
        self._stored_rates = dict(self.memory.rates)
        self._power_up()

    def _power_up(self) -> None:
        self.memory.rates = dict(self._stored_rates)
        self.ramps: dict[Direction, Ramp] = {}
        self.counters: dict[Direction, Counter] = {"infuse": Counter(), "withdraw": Counter()}
        self.direction: Direction = "infuse"
        self.ended: str | None = None
        """`T*` or `*` until the next run or until the target is cleared."""
        self._motion: Motion | None = None

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back at once."""
        self.settle(t_ns)
        self.stop(t_ns)
        self._power_up()

    @property
    def running(self) -> bool:
        """Whether the motor is on."""
        return self._motion is not None

    def ends_ns(self) -> int | None:
        """When the present run will end by itself."""
        return None if self._motion is None else self._motion.end_ns

    def settle(self, t_ns: int) -> None:
        """Take note of what ended by itself up to `t_ns`."""
        end_ns = self.ends_ns()
        if self._motion is not None and end_ns is not None and end_ns <= t_ns:
            ending = self._motion.ending
            self._halt(end_ns)
            self.ended = ending

    def prompt(self, t_ns: int) -> str:
        """The prompt at `t_ns`."""
        self.settle(t_ns)
        if self._motion is None:
            return self.ended or ":"
        return ">" if self.direction == "infuse" else "<"

    def run(self, direction: Direction, t_ns: int) -> None:
        """Start; a pump that runs this way already goes on."""
        self.settle(t_ns)
        if self._motion is not None and self.direction == direction:
            return
        self._halt(t_ns)
        self.direction, self.ended = direction, None
        self._begin(t_ns, round(self._random.uniform(0.0, self._lag_ns)))

    def stop(self, t_ns: int) -> None:
        """Stop; a stall or a target that was reached stays on the screen."""
        self.settle(t_ns)
        self._halt(t_ns)

    def stall(self, t_ns: int) -> None:
        """The plunger is blocked."""
        self.settle(t_ns)
        self._halt(t_ns)
        self.ended = "*"

    def set_rate(self, direction: Direction, rate: Rate, t_ns: int) -> None:
        """Another rate, in the limits of the syringe in memory; at once when it runs."""
        self.settle(t_ns)
        low, high = self.limits_ul_min()
        if not 0.999 * low <= rate.ul_min <= 1.001 * high:
            raise ValueError("Out of range")
        self.memory.rates[direction] = rate
        if self.memory.nvram == "on":
            self._stored_rates[direction] = rate
        self.ramps.pop(direction, None)
        if self._motion is not None and self.direction == direction:
            self._halt(t_ns)
            self._begin(t_ns)

    def limits_ul_min(self) -> tuple[float, float]:
        """Slowest and fastest rate with the syringe in memory."""
        return rate_limits_ul_min(self.memory.diameter_mm, self.drive)

    def set_diameter(self, diameter_mm: float) -> None:
        """Another syringe; ValueError for one that does not fit."""
        if not DIAMETER_MM[0] <= diameter_mm <= DIAMETER_MM[1]:
            raise ValueError("Out of range")
        self.memory.diameter_mm = diameter_mm

    def set_target_ul(self, volume_ul: float) -> None:
        """Stop when so much has been moved; ValueError for more than a syringe."""
        if not 0 < volume_ul <= self.memory.syringe_ul:
            raise ValueError("Target volume out of range")
        self.memory.target_ul = volume_ul

    def clear_target(self) -> None:
        """A target that was reached leaves the screen."""
        self.ended = None if self.ended == "T*" else self.ended

    def counted(self, direction: Direction, t_ns: int) -> Counter:
        """Volume and time run this way by `t_ns`."""
        self.settle(t_ns)
        counter = copy.copy(self.counters[direction])
        if self._motion is not None and self.direction == direction:
            counter.ul += self._motion.moved_ul(t_ns)
            counter.seconds += self._motion.lasted_s(t_ns)
        return counter

    def clear_ul(self, direction: Direction, t_ns: int) -> None:
        """The volume starts again at 0."""
        self._start_over(t_ns)
        self.counters[direction].ul = 0.0

    def clear_seconds(self, direction: Direction, t_ns: int) -> None:
        """The time starts again at 0."""
        self._start_over(t_ns)
        self.counters[direction].seconds = 0.0

    def rate_ul_min(self, t_ns: int) -> float:
        """The rate at which it runs, or would run."""
        self.settle(t_ns)
        if self._motion is None:
            return self.memory.rates[self.direction].ul_min
        return self._motion.ul_per_s(t_ns) * 60.0

    @property
    def _true_part(self) -> float:
        return (self._syringe.diameter_mm / self.memory.diameter_mm) ** 2

    def _start_over(self, t_ns: int) -> None:
        """Book what has been moved so far, and go on."""
        self.settle(t_ns)
        if self._motion is not None:
            self._halt(t_ns)
            self._begin(t_ns)

    def _begin(self, t_ns: int, lag_ns: int = 0) -> None:
        speed = self.memory.rates[self.direction].ul_min / 60.0
        change = self.ramps.get(self.direction)
        start_ns = t_ns + lag_ns
        stretches = (
            steady(start_ns, speed)
            if change is None
            else ramp(start_ns, change.first_ul_min / 60, change.last_ul_min / 60, change.seconds)
        )
        counter, end_ns = self.counters[self.direction], None
        if self.memory.target_s is not None:
            end_ns = t_ns + max(0, round((self.memory.target_s - counter.seconds) * NS))
        self._motion = limited(t_ns, stretches, self._limits(counter), end_ns)
        self._publish(t_ns)

    def _limits(self, counter: Counter) -> list[Limit]:
        inside_ul = self._content_ul
        travel_ul = inside_ul if self.direction == "infuse" else self._syringe.volume_ul - inside_ul
        if math.isnan(travel_ul):
            travel_ul = math.inf
        limits = [Limit(max(travel_ul, 0.0) / self._true_part, "*")]
        if self.memory.target_ul is not None:
            limits.append(Limit(self.memory.target_ul - counter.ul, "T*"))
        return limits

    def _halt(self, t_ns: int) -> None:
        if self._motion is None:
            return
        moved_ul = self._motion.moved_ul(t_ns)
        self.counters[self.direction].ul += moved_ul
        self.counters[self.direction].seconds += self._motion.lasted_s(t_ns)
        self._content_ul -= self._sign * moved_ul * self._true_part
        self._motion = None
        self._publish(t_ns)

    @property
    def _sign(self) -> int:
        return 1 if self.direction == "infuse" else -1

    def _publish(self, t_ns: int) -> None:
        """Tell the world where the plunger goes from `t_ns` on."""
        part = self._sign * self._true_part
        changes = [Change(t_ns, 0.0)]
        if self._motion is not None:
            changes = [Change(t_ns, self._motion.ul_per_s(t_ns) * part)]
            changes += [
                Change(stretch.start_ns, stretch.ul_per_s * part)
                for stretch in self._motion.stretches
                if stretch.start_ns > t_ns
            ]
            if (end_ns := self._motion.end_ns) is not None and end_ns >= t_ns:
                changes.append(Change(end_ns, 0.0))
        self._plunger.plan(changes)
