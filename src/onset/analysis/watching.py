"""What the detector must know before the first frame: the same for a run and for its recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from onset.experiment.protocol import Protocol
from onset.experiment.records import FrameFlag
from onset.experiment.rig import Rig
from onset.experiment.timeline import injection_s, lit_frames_before_injection, timeline
from onset.recording.read import Recording

MOST_BASELINE_FRAMES = 600
ENDLESS_FRAMES = 36_000
"""Length assumed where the camera ends the run."""
UNTOLD_SHARE, UNTOLD_MOST = 20, 50
"""Of a film without an injection this part, and not more frames, are taken for dark."""


@dataclass(frozen=True, slots=True)
class Watching:
    """How a film is looked at."""

    direction: Literal["on", "off"]
    baseline_frames: int
    """The first lit frames, taken to be dark."""
    planned_frames: int
    """Over which the false alarms are promised."""


def watching_of(recording: Recording) -> Watching:
    """By protocol and rig where they say when the injection is; else by the marks of the film."""
    protocol, rig = recording.protocol, recording.rig
    if protocol is not None and rig is not None:
        planned = _planned(protocol, rig)
        if planned is not None:
            return planned
    return _filmed(recording)


def _planned(protocol: Protocol, rig: Rig) -> Watching | None:
    interval_s = (protocol.camera.exposure_ms or rig.camera.exposure_ms) / 1000.0
    plan = timeline(protocol, interval_s)
    first_s = injection_s(plan)
    frames = ENDLESS_FRAMES if plan.end_s is None else round(plan.end_s / interval_s)
    if first_s is None:
        lit = min(frames // UNTOLD_SHARE, UNTOLD_MOST)
    elif rig.shutter is None:
        lit = round(first_s / interval_s)
    else:
        lit = lit_frames_before_injection(plan, interval_s)
    lit = min(max(lit, 1), MOST_BASELINE_FRAMES)
    return Watching(protocol.direction, lit, max(frames, 1))


def _filmed(recording: Recording) -> Watching:
    lit = (recording.flags & int(FrameFlag.LIT)) != 0
    total = int(np.count_nonzero(lit))
    injected_s = next((mark.t_s for mark in recording.marks if mark.what == "inject"), None)
    if injected_s is None:
        baseline = min(total // UNTOLD_SHARE, UNTOLD_MOST)
    else:
        baseline = int(np.count_nonzero(lit & (recording.times_s < injected_s)))
    direction = recording.protocol.direction if recording.protocol else "on"
    return Watching(direction, min(max(baseline, 1), MOST_BASELINE_FRAMES), max(total, 1))
