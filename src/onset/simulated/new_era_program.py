"""A pumping program unrolled into stretches of constant motion: what the plunger will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from onset.dialects.new_era_numbers import RATE_UNITS
from onset.experiment.clock import NS

MOST_STEPS = 1000
"""A program that has not moved on after so many phases is taken for an endless loop."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a program as it lies in the memory."""

    function: str = "STP"
    rate: float = 0.0
    units: str = "MH"
    volume: float = 0.0
    """In the volume units in force; 0 is without end."""
    direction: str = "INF"

    @property
    def ul_per_s(self) -> float:
        """Rate, below 0 when it withdraws."""
        speed = self.rate * RATE_UNITS[self.units] / 60.0
        return speed if self.direction == "INF" else -speed


@dataclass(frozen=True, slots=True)
class Stretch:
    """Constant motion; `end_ns` None is until told otherwise."""

    start_ns: int
    end_ns: int | None
    ul_per_s: float
    prompt: str
    phase: int
    """Place in the program, from 0."""

    def moved_ul(self, t_ns: int) -> float:
        """Signed volume moved in this stretch by `t_ns`."""
        end_ns = t_ns if self.end_ns is None else min(t_ns, self.end_ns)
        return self.ul_per_s * max(0, end_ns - self.start_ns) / NS


@dataclass(frozen=True, slots=True)
class Run:
    """All stretches to come, and what stands at the end: stopped (None) or an alarm."""

    stretches: tuple[Stretch, ...]
    alarm: str | None = None

    @property
    def end_ns(self) -> int | None:
        """When it will be over by itself."""
        return self.stretches[-1].end_ns

    def at(self, t_ns: int) -> Stretch:
        """The stretch at `t_ns`, the last one afterwards."""
        for stretch in self.stretches:
            if stretch.end_ns is None or t_ns < stretch.end_ns:
                return stretch
        return self.stretches[-1]

    def moved_ul(self, t_ns: int) -> tuple[float, float]:
        """Volumes infused and withdrawn by `t_ns`."""
        moved = [stretch.moved_ul(t_ns) for stretch in self.stretches]
        return sum(ul for ul in moved if ul > 0), -sum(ul for ul in moved if ul < 0)

    def phase_moved_ul(self, t_ns: int) -> float:
        """Volume moved by `t_ns` in the phase of that time, either direction."""
        phase = self.at(t_ns).phase
        return sum(abs(s.moved_ul(t_ns)) for s in self.stretches if s.phase == phase)


def unroll(
    phases: Sequence[Phase],
    first: int,
    t_ns: int,
    *,
    unit_ul: float,
    lag_ns: int = 0,
    left_ul: float | None = None,
) -> Run:
    """What a program does that is started at phase `first` (from 0) at `t_ns`.

    `unit_ul`: microlitres in one of the volume units in force; `left_ul`: what is left of the first
    phase's target, None for all of it. Functions other than RAT, STP, PAS, JMP, LPS, LOP and BEP
    end the run with a program error.
    """
    stretches: list[Stretch] = []
    loops: list[tuple[int, int]] = []
    at = first
    if lag_ns:
        stretches.append(Stretch(t_ns, t_ns + lag_ns, 0.0, _prompt(phases[first]), first))
        t_ns += lag_ns
    for _ in range(MOST_STEPS):
        if at >= len(phases):
            return _ended(stretches, t_ns, at, None)
        phase, function, number = phases[at], phases[at].function[:3], phases[at].function[3:]
        if function == "STP":
            return _ended(stretches, t_ns, at, None)
        if function == "RAT":
            target_ul = phase.volume * unit_ul if left_ul is None else left_ul
            end_ns = None
            if phase.volume and phase.rate:
                end_ns = t_ns + round(target_ul / abs(phase.ul_per_s) * NS)
            stretches.append(Stretch(t_ns, end_ns, phase.ul_per_s, _prompt(phase), at))
            if end_ns is None:
                return Run(tuple(stretches))
            t_ns = end_ns
        elif function == "PAS":
            stretches.append(Stretch(t_ns, t_ns + int(number) * NS, 0.0, "T", at))
            t_ns += int(number) * NS
        elif function not in {"LPS", "LOP", "JMP", "BEP"}:
            return _ended(stretches, t_ns, at, "E")
        at, left_ul = _following(at, function, number, loops), None
    return _ended(stretches, t_ns, at, "E")


def clipped(run: Run, *, can_infuse_ul: float, can_withdraw_ul: float) -> Run:
    """The run as far as the plunger can travel; it stalls where it cannot."""
    kept: list[Stretch] = []
    inside_ul, room_ul = can_infuse_ul, can_withdraw_ul
    for stretch in run.stretches:
        limit_ul = inside_ul if stretch.ul_per_s > 0 else room_ul
        moved_ul = abs(stretch.moved_ul(stretch.end_ns)) if stretch.end_ns else float("inf")
        if stretch.ul_per_s and moved_ul > limit_ul + 1e-6:
            end_ns = stretch.start_ns + round(max(limit_ul, 0.0) / abs(stretch.ul_per_s) * NS)
            return Run((*kept, replace(stretch, end_ns=end_ns)), alarm="S")
        signed = stretch.moved_ul(stretch.end_ns) if stretch.end_ns else 0.0
        inside_ul, room_ul = inside_ul - signed, room_ul + signed
        kept.append(stretch)
    return Run(tuple(kept), run.alarm)


def _following(at: int, function: str, number: str, loops: list[tuple[int, int]]) -> int:
    if function == "JMP":
        return int(number) - 1
    if function == "LPS":
        loops.append((at, 1))
    if function == "LOP" and loops:
        start, turns = loops.pop()
        if turns < int(number):
            loops.append((start, turns + 1))
            return start + 1
    return at + 1


def _ended(stretches: list[Stretch], t_ns: int, phase: int, alarm: str | None) -> Run:
    return Run((*stretches, Stretch(t_ns, t_ns, 0.0, "S", phase)), alarm)


def _prompt(phase: Phase) -> str:
    if phase.function[:3] == "PAS":
        return "T"
    return "I" if phase.direction == "INF" else "W"
