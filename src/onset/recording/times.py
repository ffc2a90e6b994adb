"""Times of the frames of a recording, from its index and its session."""

from __future__ import annotations

import numpy as np

from onset.recording.index import Rows
from onset.recording.session import Session
from onset.timing import FrameTimes, frame_times


def times_of(rows: Rows, session: Session) -> FrameTimes:
    """Starts of exposure of the frames, with their bound."""
    camera = session.camera
    low_ms, high_ms = camera.latency_ms
    return frame_times(
        rows["number"].astype(np.int64),
        camera_ns=rows["camera_ns"],
        core_ns=rows["core_ns"],
        host_ns=rows["host_ns"],
        exposure_ns=(camera.exposure_ms or 0.0) * 1e6,
        latency_ns=(low_ms * 1e6, high_ms * 1e6),
    )
