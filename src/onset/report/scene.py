"""What was done to a film, as a report needs it: injection and arrival with their bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onset.experiment.records import FrameFlag
from onset.recording.arrive import Arrived, arrived
from onset.recording.marks import PlacedMark
from onset.recording.read import Recording


@dataclass(frozen=True, slots=True)
class Scene:
    """Times in s of the film (0: start of the first exposure)."""

    direction: str
    injection: PlacedMark | None
    arrival: Arrived | None
    marks: tuple[PlacedMark, ...]
    start_s: float
    end_s: float
    interval_s: float
    pixel_size_um: float | None
    irradiance_uw_cm2: float | None

    @property
    def zero_s(self) -> float:
        """From where figures count time: the injection, else the first frame."""
        return self.injection.t_s if self.injection else 0.0

    @property
    def axis(self) -> str:
        """Label of a time axis."""
        since = "since injection" if self.injection else "since the first frame"
        return f"time {since} (s)"

    @property
    def short_axis(self) -> str:
        """Label of a time axis where there is little room."""
        return "since injection (s)" if self.injection else "time (s)"

    @property
    def verb(self) -> str:
        """What spots do: turn on, or turn off."""
        return f"turn {self.direction}"

    @property
    def verb_past(self) -> str:
        """What spots did."""
        return f"turned {self.direction}"


def scene_of(recording: Recording) -> Scene:
    """Read it from the recording; the first injection counts."""
    marks = tuple(recording.marks)
    injection = next((mark for mark in marks if mark.what == "inject"), None)
    rig, protocol = recording.rig, recording.protocol
    times_s = recording.times_s
    lit = np.flatnonzero(recording.flags & int(FrameFlag.LIT))
    return Scene(
        direction=protocol.direction if protocol else "on",
        injection=injection,
        arrival=arrived(injection, rig.flow) if injection and rig else None,
        marks=marks,
        start_s=float(times_s[lit[0]]) if len(lit) else 0.0,
        end_s=float(times_s[-1]) if len(times_s) else 0.0,
        interval_s=float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0,
        pixel_size_um=recording.session.camera.pixel_size_um,
        irradiance_uw_cm2=rig.shutter.irradiance_uw_cm2 if rig and rig.shutter else None,
    )
