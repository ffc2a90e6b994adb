"""What simulated devices of one sample share: the motion of the plungers, and the light."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from onset.experiment.clock import NS

Device = TypeVar("Device")


@dataclass(frozen=True, slots=True)
class Change:
    """From `t_ns` on the plunger delivers `ul_per_s` (below 0: it withdraws)."""

    t_ns: int
    ul_per_s: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of constant delivery; `end_ns` is None when no end is planned."""

    start_ns: int
    end_ns: int | None
    ul_per_s: float


class PlungerHistory:
    """True motion of one plunger, and the motion that its pump plans until it is told otherwise.

    A change replaces what was planned for its time and later, so that a pump may plan its own stop.
    """

    def __init__(self, pump: str, reagent: str = "", ug_per_ml: float = 0.0) -> None:
        self.pump, self.reagent, self.ug_per_ml = pump, reagent, ug_per_ml
        self._lock = threading.Lock()
        self._changes: list[Change] = []

    def start(self, t_ns: int, ul_per_s: float) -> None:
        """The plunger moves from `t_ns` on."""
        self.plan([Change(t_ns, ul_per_s)])

    def stop(self, t_ns: int) -> None:
        """The plunger rests from `t_ns` on."""
        self.plan([Change(t_ns, 0.0)])

    def plan(self, changes: Sequence[Change]) -> None:
        """Replace all from the first of `changes` (in order of time) on by them."""
        if not changes:
            return
        with self._lock:
            kept = [change for change in self._changes if change.t_ns < changes[0].t_ns]
            for change in changes:
                if change.ul_per_s != (kept[-1].ul_per_s if kept else 0.0):
                    kept.append(change)
            self._changes = kept

    def changes(self) -> tuple[Change, ...]:
        """All changes so far and planned, in order of time."""
        with self._lock:
            return tuple(self._changes)

    def segments(self) -> tuple[Segment, ...]:
        """All stretches in which the plunger moves."""
        changes = self.changes()
        ends = [*(change.t_ns for change in changes[1:]), None]
        return tuple(
            Segment(change.t_ns, end, change.ul_per_s)
            for change, end in zip(changes, ends, strict=False)
            if change.ul_per_s
        )

    def ul_per_s(self, t_ns: int) -> float:
        """Delivery at `t_ns`."""
        changes = self.changes()
        place = bisect_right([change.t_ns for change in changes], t_ns)
        return changes[place - 1].ul_per_s if place else 0.0

    def delivered_ul(self, t_ns: int) -> float:
        """Volume pushed out until `t_ns`, what was withdrawn taken off."""
        return sum(
            segment.ul_per_s
            * (min(t_ns, t_ns if segment.end_ns is None else segment.end_ns) - segment.start_ns)
            / NS
            for segment in self.segments()
            if segment.start_ns < t_ns
        )


class LightHistory:
    """When the light reached the sample; without a shutter, always."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_shutter = False
        self._moves: list[tuple[int, bool]] = []

    def fit_shutter(self) -> None:
        """There is a shutter: dark until it opens."""
        with self._lock:
            self._has_shutter = True

    def open(self, t_ns: int) -> None:
        """Light from `t_ns` on."""
        self._move(t_ns, to=True)

    def close(self, t_ns: int) -> None:
        """Dark from `t_ns` on."""
        self._move(t_ns, to=False)

    def moves(self) -> tuple[tuple[int, bool], ...]:
        """All true moves in order of time: (t_ns, open)."""
        with self._lock:
            return tuple(self._moves)

    def is_open(self, t_ns: int) -> bool:
        """Whether light falls on the sample at `t_ns`."""
        with self._lock:
            state = not self._has_shutter
            for moved_ns, to in self._moves:
                if moved_ns <= t_ns:
                    state = to
            return state

    def lit(self, t0_ns: int, t1_ns: int) -> list[tuple[int, int]]:
        """The parts of [t0, t1] in which light fell on the sample, in order of time."""
        edges = [t0_ns, *(t for t, _ in self.moves() if t0_ns < t < t1_ns), t1_ns]
        return [(a, b) for a, b in pairwise(edges) if b > a and self.is_open(a)]

    def open_fraction(self, t0_ns: int, t1_ns: int) -> float:
        """The part of [t0, t1] in which light fell on the sample, 0 to 1."""
        if t1_ns <= t0_ns:
            return float(self.is_open(t0_ns))
        return sum(b - a for a, b in self.lit(t0_ns, t1_ns)) / (t1_ns - t0_ns)

    def _move(self, t_ns: int, *, to: bool) -> None:
        with self._lock:
            self._has_shutter = True
            self._moves = [move for move in self._moves if move[0] < t_ns]
            if not self._moves or self._moves[-1][1] != to:
                self._moves.append((t_ns, to))


@dataclass
class World:
    """One sample's surroundings: plungers, light, and the devices that move them."""

    name: str
    light: LightHistory = field(default_factory=LightHistory)
    _plungers: dict[str, PlungerHistory] = field(default_factory=dict)
    _devices: dict[Hashable, object] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def plunger(self, pump: str, reagent: str = "", ug_per_ml: float = 0.0) -> PlungerHistory:
        """The plunger of the pump with this name; made when first asked for."""
        with self._lock:
            if pump not in self._plungers:
                self._plungers[pump] = PlungerHistory(pump, reagent, ug_per_ml)
            return self._plungers[pump]

    def plungers(self) -> tuple[PlungerHistory, ...]:
        """All plungers."""
        with self._lock:
            return tuple(self._plungers.values())

    def device(self, key: Hashable, make: Callable[[], Device]) -> Device:
        """The device kept under `key`, made when first asked for: a port opened again finds it."""
        with self._lock:
            if key not in self._devices:
                self._devices[key] = make()
            return self._devices[key]  # type: ignore[return-value]

    def reset(self) -> None:
        """As new: no device, no motion, no shutter."""
        with self._lock:
            self.light = LightHistory()
            self._plungers.clear()
            self._devices.clear()


_worlds: dict[str, World] = {}
_worlds_lock = threading.Lock()


def world(name: str) -> World:
    """The world of the sample with this name; made when first asked for."""
    with _worlds_lock:
        return _worlds.setdefault(name, World(name))


def worlds() -> tuple[World, ...]:
    """All worlds of this process."""
    with _worlds_lock:
        return tuple(_worlds.values())
