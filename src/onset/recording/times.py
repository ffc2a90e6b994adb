"""Times of the frames of a recording, from its index and its session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from onset.experiment.records import Mark
from onset.recording.index import Rows
from onset.recording.session import FILM_CLOCK, Session
from onset.timing import ExposureChange, FrameTimes, frame_times


def times_of(rows: Rows, session: Session, marks: Iterable[Mark]) -> FrameTimes:
    """Starts of exposure of the frames, with their bound."""
    camera = session.camera
    low_ms, high_ms = camera.latency_ms
    times = frame_times(
        rows["number"].astype(np.int64),
        camera_ns=rows["camera_ns"],
        core_ns=rows["core_ns"],
        host_ns=rows["host_ns"],
        exposure_ns=(camera.exposure_ms or 0.0) * 1e6,
        latency_ns=(low_ms * 1e6, high_ms * 1e6),
        changes=exposure_changes(marks),
        stamps=camera.stamps,
    )
    if session.clock == FILM_CLOCK:
        return replace(times, fit=replace(times.fit, source=FILM_CLOCK))
    return times


def exposure_changes(marks: Iterable[Mark]) -> list[ExposureChange]:
    """Marks after which the camera exposed longer or shorter."""
    return [
        ExposureChange(mark.earliest_ns, mark.latest_ns, before_ms * 1e6, after_ms * 1e6)
        for mark in marks
        if isinstance(before_ms := mark.values.get("exposure_before_ms"), (int, float))
        and isinstance(after_ms := mark.values.get("exposure_ms"), (int, float))
    ]
