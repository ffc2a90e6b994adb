"""When what a protocol injects will be at the field, and how much of it, by the rig's plumbing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from onset.errors import Refused
from onset.experiment.clock import NS
from onset.experiment.protocol import Inject, Protocol, PumpStep, PumpStop, Withdraw
from onset.experiment.rig import FlowSpec, Rig
from onset.experiment.timeline import Row, Timeline
from onset.models.flow import Content, Feed, RateChange, course
from onset.planning.resolve import Load, pump_of
from onset.recording.arrive import front_of

PARTS = (0.1, 0.5, 0.9)
ENOUGH = 0.9
"""Of its concentration: what is less at the field at the end of a run deserves a warning."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The front of one reagent; times on the timeline, None: not before the end of the run."""

    step: int
    reagent: str
    ug_per_ml: float | None
    t10_s: float | None
    t50_s: float | None
    t90_s: float | None
    highest: float
    """Part of the concentration that is at the field at most."""

    @property
    def is_enough(self) -> bool:
        """Is it there for the most part?"""
        return self.highest >= ENOUGH

    def describe(self) -> str:
        """The passage in the lab's words."""
        moments = (self.t10_s, self.t50_s, self.t90_s)
        told = [
            f"{part:.0%} at {t_s:.1f} s"
            for part, t_s in zip(PARTS, moments, strict=True)
            if t_s is not None
        ]
        if self.t10_s is not None and self.t10_s == self.t90_s:
            told = [f"at {self.t10_s:.1f} s"]
        if self.highest < 0.999:
            told.append(f"at most {self.most()}")
        return f"{self.reagent} {', '.join(told)}"

    def most(self) -> str:
        """The highest concentration at the field."""
        if self.ug_per_ml is None:
            return f"{self.highest:.0%} of what is injected"
        return f"{self.highest * self.ug_per_ml:.3g} of {self.ug_per_ml:g} ug/mL"


def passages(
    protocol: Protocol, rig: Rig, plan: Timeline, held: Mapping[str, Load]
) -> Iterator[Passage]:
    """One for each injection of a reagent that does not only continue the one before."""
    if rig.flow is None or plan.end_s is None or not held:
        return
    feeds = [_feed(name, protocol, rig, plan, held[name]) for name in rig.pumps]
    contents = course(_after_lag(feeds, rig.flow), front_of(rig.flow))
    before = ""
    for row in plan.rows:
        step = protocol.steps[row.step]
        if isinstance(step, Inject):
            name = pump_of(step, rig)
            if name != before and held[name].ug_per_ml != 0.0:
                yield _passage(row, held[name], contents, plan.end_s)
            before = name


def _feed(name: str, protocol: Protocol, rig: Rig, plan: Timeline, load: Load) -> Feed:
    """What one pump does; a concentration that nobody states counts as 1."""
    changes: list[RateChange] = []
    for row in sorted(plan.rows, key=lambda row: row.start_s):
        step = protocol.steps[row.step]
        start_ns = round(row.start_s * NS)
        if isinstance(step, PumpStop) and step.pump in (None, name):
            changes = [change for change in changes if change.t_ns < start_ns]
            changes.append(RateChange(start_ns, 0.0))
        elif isinstance(step, Inject | Withdraw) and _is_of(step, name, rig):
            rate_ul_s = step.rate_ul_min / 60 * (-1 if isinstance(step, Withdraw) else 1)
            changes = [change for change in changes if change.t_ns < start_ns]
            changes.append(RateChange(start_ns, rate_ul_s))
            if step.volume_ul is not None:
                changes.append(RateChange(round(row.end_s * NS), 0.0))
    return Feed(load.reagent, 1.0 if load.ug_per_ml is None else load.ug_per_ml, changes)


def _is_of(step: PumpStep, name: str, rig: Rig) -> bool:
    try:
        return pump_of(step, rig) == name
    except Refused:
        return False  # told by the check


def _after_lag(feeds: list[Feed], flow: FlowSpec) -> list[Feed]:
    lag_ns = round((flow.startup_lag_s or 0.0) * NS)
    return [
        Feed(
            feed.reagent,
            feed.ug_per_ml,
            [RateChange(change.t_ns + lag_ns, change.ul_per_s) for change in feed.changes],
        )
        for feed in feeds
    ]


def _passage(row: Row, load: Load, contents: list[Content], end_s: float) -> Passage:
    """From the moment of the injection to the end of the run."""
    whole = 1.0 if load.ug_per_ml is None else load.ug_per_ml
    levels = [
        (content.t_ns / NS, content.ug_per_ml.get(load.reagent, 0.0) / whole)
        for content in contents
        if row.start_s * NS <= content.t_ns <= end_s * NS
    ]
    t10_s, t50_s, t90_s = (
        next((t_s for t_s, level in levels if level >= part - 1e-9), None) for part in PARTS
    )
    highest = max((level for _, level in levels), default=0.0)
    return Passage(row.step, load.reagent, load.ug_per_ml, t10_s, t50_s, t90_s, min(highest, 1.0))
