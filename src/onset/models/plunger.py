"""The plunger's motion becomes flow into the tubing: play of the drive, compliance of the line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from onset.experiment.clock import NS
from onset.models.flow import RateChange

STEPS = 24  # of one exponential approach
SETTLED = 20.0  # time constants: the rest is 2e-9


@dataclass(frozen=True, slots=True)
class Drive:
    """Between the motor and the tubing; no play and no compliance unless said."""

    backlash_ul: float = 0.0
    """Motion without liquid after every change of direction; it begins engaged to infuse."""
    compliance_s: float = 0.0
    """tau of q = Q (1 - exp(-t/tau)): syringe, bubbles and tubing give way."""

    def __post_init__(self) -> None:
        if self.backlash_ul < 0 or self.compliance_s < 0:
            raise ValueError("backlash and compliance must not be negative")


def outflow(changes: Sequence[RateChange], drive: Drive) -> list[RateChange]:
    """Flow into the tubing, given the motion of the plunger (both as steps in order of time).

    The volume is conserved: what compliance holds back comes after the stop.
    """
    moved = list(changes)
    if drive.backlash_ul > 0:
        moved = list(_after_play(moved, drive.backlash_ul))
    if drive.compliance_s > 0:
        moved = list(_after_compliance(moved, drive.compliance_s))
    return moved


def _after_play(changes: Sequence[RateChange], backlash_ul: float) -> Iterator[RateChange]:
    """The play is a gap, 0 when engaged to infuse, all of it when engaged to withdraw."""
    gap_ul = 0.0
    for change, end_ns in _with_ends(changes):
        rate = change.ul_per_s
        to_go_ul = gap_ul if rate > 0 else backlash_ul - gap_ul
        idle_s = to_go_ul / abs(rate) if rate else 0.0
        lasts_s = (end_ns - change.t_ns) / NS
        if idle_s >= lasts_s:
            gap_ul -= rate * lasts_s
            yield RateChange(change.t_ns, 0.0)
            continue
        if idle_s > 0:
            yield RateChange(change.t_ns, 0.0)
            gap_ul = 0.0 if rate > 0 else backlash_ul
        yield RateChange(change.t_ns + round(idle_s * NS), rate)


def _after_compliance(changes: Sequence[RateChange], tau_s: float) -> Iterator[RateChange]:
    """Each approach in steps that carry exactly its volume."""
    flow = 0.0
    edges = [-math.log(1.0 - k / STEPS) for k in range(STEPS)] + [4.0, 5.0, 7.0, 10.0, SETTLED]
    for change, end_ns in _with_ends(changes):
        aim, off = change.ul_per_s, flow - change.ul_per_s
        lasts = (end_ns - change.t_ns) / NS / tau_s
        for begin, end in pairwise(edges):
            until = min(end, lasts)
            if until <= begin:
                break
            over = off * (math.exp(-begin) - math.exp(-until)) / (until - begin)
            yield RateChange(change.t_ns + round(begin * tau_s * NS), aim + over)
        if lasts > SETTLED:
            yield RateChange(change.t_ns + round(SETTLED * tau_s * NS), aim)
        flow = aim + off * math.exp(-min(lasts, 700.0))


def _with_ends(changes: Sequence[RateChange]) -> Iterator[tuple[RateChange, float]]:
    ends = [*(float(change.t_ns) for change in changes), math.inf][1:]
    yield from zip(changes, ends, strict=True)
