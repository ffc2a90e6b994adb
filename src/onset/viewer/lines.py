"""Sentences of the window, put together from what is known; no Qt in here."""

from __future__ import annotations

import re

from onset.acquisition.messages import Status
from onset.recording.read import Recording
from onset.viewer.axis import minus, minutes
from onset.viewer.seen import Seen, Tick


def detail(recording: Recording) -> str:
    """What was recorded with what, in one line."""
    session = recording.session
    height, width = recording.shape
    parts = [session.protocol_name, f"rig {session.rig_name}" if session.rig_name else ""]
    parts.append(f"{width} \N{MULTIPLICATION SIGN} {height} px")
    if session.camera.exposure_ms:
        parts.append(f"{session.camera.exposure_ms:g} ms")
    return " | ".join(part for part in parts if part)


def now_and_next(status: Status, planned_s: dict[int, float]) -> tuple[str, str]:
    """The steps that go on, and the one that comes; `planned_s` are starts by step."""
    doing = [step for step in status.steps if step.state == "doing"]
    coming = [step for step in status.steps if step.state == "to come"]
    now = "now: " + "; ".join(_short(step.text) for step in doing) if doing else ""
    if not coming:
        return now, ""
    step = coming[0]
    at_s = planned_s.get(step.number)
    wait = f" in {minutes(at_s - status.t_s)}" if at_s is not None and at_s > status.t_s else ""
    return now, f"next: {_short(step.text)}{wait}"


def _short(step: str) -> str:
    """Without the same rate in another unit."""
    return re.sub(r" \([^)]*\)$", "", step)


def is_safe(status: Status) -> bool:
    """Is the light off and does nothing flow?"""
    return status.is_safe


def what_stopped(status: Status, took_s: float) -> str:
    """What an emergency stop did, as the devices say it."""
    done = [f"shutter {status.shutter}"] if status.shutter else []
    for pump in status.pumps:
        done.append(f"pump {pump.name} {pump.state if pump.is_moving else 'stopped'}")
    if is_safe(status):
        return f"EMERGENCY STOP: {', '.join(done) or 'no device is open'} ({took_s:.1f} s)."
    return (
        f"EMERGENCY STOP was sent {took_s:.0f} s ago and the rig is not known to be safe: "
        f"{', '.join(done)}. Switch the lamp and the pump off by hand."
    )


def log_of(seen: Seen) -> str:
    """The marks, one per line, in time."""
    return "\n".join(_line(tick, seen) for tick in seen.ticks)


def step_text(seen: Seen, step: int) -> str:
    """What was sent for a step, what was answered, and when."""
    ticks = [tick for tick in seen.ticks if tick.step == step]
    if not ticks:
        return f"Step {step + 1} has not begun."
    return "\n".join(f"Step {step + 1}: {_line(tick, seen).strip()}. {tick.told}" for tick in ticks)


def _line(tick: Tick, seen: Seen) -> str:
    half_s = (tick.bound.end_s - tick.bound.start_s) / 2
    when = minus(f"{tick.t_s - seen.zero_s:+9.2f}")
    return f"{when} s \N{PLUS-MINUS SIGN} {half_s * 1000:.0f} ms   {tick.label}"
