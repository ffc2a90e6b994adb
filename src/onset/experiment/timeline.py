"""When each step of a protocol is planned to begin and to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onset.experiment.protocol import (
    Ask,
    Inject,
    LastingStep,
    Note,
    Prime,
    Protocol,
    PumpStep,
    PumpStop,
    Set,
    ShutterClose,
    ShutterOpen,
    Step,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One step on the timeline; times in s since the start of exposure of the first frame."""

    step: int
    do: str
    start_s: float
    end_s: float
    text: str
    exact: bool
    """False once a person's answer lies before it: it cannot begin earlier, but later."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All steps and the end of the run."""

    rows: tuple[Row, ...]
    end_s: float | None
    """None: the camera ends the run."""


def timeline(protocol: Protocol, interval_s: float) -> Timeline:
    """Plan a protocol's steps at a frame interval in s."""
    rows: list[Row] = []
    end_s, exact = 0.0, True
    for number, step in enumerate(protocol.steps):
        start_s = _start_s(step, end_s, interval_s)
        exact = exact or step.at_s is not None or step.at_frame is not None
        end_s = start_s + step.duration_s
        rows.append(Row(number, step.do, start_s, end_s, describe(step), exact))
        exact = exact and not isinstance(step, Ask)
    return Timeline(tuple(rows), end_of(protocol, rows))


def end_of(protocol: Protocol, rows: list[Row]) -> float | None:
    """Planned end of the run, s; None where the camera ends it."""
    if protocol.end.when == "camera-stops":
        return None
    if protocol.end.at_s is not None:
        return protocol.end.at_s
    return max(row.end_s for row in rows) + protocol.end.after_s


def open_intervals(plan: Timeline) -> Iterator[tuple[float, float]]:
    """When the shutter is planned to be open, s."""
    opened: float | None = None
    for row in sorted(plan.rows, key=lambda row: row.start_s):
        if row.do == "shutter-open" and opened is None:
            opened = row.start_s
        elif row.do == "shutter-close" and opened is not None:
            yield opened, row.start_s
            opened = None
    if opened is not None and plan.end_s is not None:
        yield opened, plan.end_s


def injection_s(plan: Timeline) -> float | None:
    """When the first injection is planned to begin."""
    return next((row.start_s for row in plan.rows if row.do == "inject"), None)


def lit_frames_before_injection(plan: Timeline, interval_s: float) -> int:
    """How many frames are planned to be lit before the first injection; 0 where there is none."""
    first = injection_s(plan)
    if first is None:
        return 0
    lit_s = sum(min(end, first) - start for start, end in open_intervals(plan) if start < first)
    return round(lit_s / interval_s)


def _start_s(step: Step, previous_end_s: float, interval_s: float) -> float:
    if step.at_s is not None:
        return step.at_s
    if step.at_frame is not None:
        return step.at_frame * interval_s
    return previous_end_s + (step.after_s or 0.0)


def describe(step: Step) -> str:
    """A step in the lab's words, without its time."""
    match step:
        case Inject():
            return f"inject {_liquid(step)}"
        case Prime():
            return f"prime {_liquid(step)}"
        case PumpStep():
            return f"withdraw {_liquid(step)}"
        case PumpStop():
            return f"stop {step.pump or 'all pumps'}"
        case ShutterOpen():
            return "open the shutter"
        case ShutterClose():
            return "close the shutter"
        case LastingStep():
            return f"{step.do} for {step.for_s:g} s"
        case Note() | Ask():
            return f"{step.do}: {step.text}"
        case Set():
            return f"set {step.device} {step.property} = {step.value}"


def _liquid(step: PumpStep) -> str:
    volume = "until stopped" if step.volume_ul is None else f"{step.volume_ul:g} uL"
    rate = f"{step.rate_ul_min:g} uL/min ({step.rate_ul_min * 0.06:g} mL/h)"
    strength, source = "", step.pump or ""
    if isinstance(step, Inject):
        strength = f" at {step.ug_per_ml:g} ug/mL" if step.ug_per_ml is not None else ""
        source = step.reagent or source
    return f"{source}{strength}, {volume}, {rate}"
