"""Frames on their way from the camera to the disk: bounded in frames and in bytes.

When it is full the camera thread waits: the next frames stay in Micro-Manager's buffer, which stops
the camera when it overflows. So a slow disk first costs patience, then ends the run; it never costs
a frame in silence. While the disk stalls, frames are still taken (and dated) at once.
"""

from __future__ import annotations

import threading
from collections import deque

from onset.experiment.records import Frame

MOST_FRAMES = 256
MOST_BYTES = 64_000_000


class Backlog:
    """A line of frames between one thread that puts and one that takes."""

    def __init__(self, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES) -> None:
        self._most_frames, self._most_bytes = most_frames, most_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._ended = False
        self._fault: Exception | None = None
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def used(self) -> float:
        """The fuller of its two bounds, 0 to 1."""
        return max(len(self._frames) / self._most_frames, self._bytes / self._most_bytes)

    def put(self, frame: Frame) -> None:
        """Put a frame at the end; waits while full, raises what the taker failed with."""
        with self._changed:
            self._changed.wait_for(lambda: self._fault is not None or self._has_room(frame))
            if self._fault is not None:
                raise self._fault
            self._frames.append(frame)
            self._bytes += frame.image.nbytes
            self._changed.notify_all()

    def take(self) -> Frame | None:
        """The next frame, when there is one; None after the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._frames) or self._ended)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._bytes -= frame.image.nbytes
            self._changed.notify_all()
            return frame

    def end(self) -> None:
        """No more frames are put; those in line are still taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self, fault: Exception) -> None:
        """The taker cannot go on; whoever puts is told."""
        with self._changed:
            self._fault = fault
            self._changed.notify_all()

    def _has_room(self, frame: Frame) -> bool:
        """One frame has room always, however large."""
        return not self._frames or (
            len(self._frames) < self._most_frames
            and self._bytes + frame.image.nbytes <= self._most_bytes
        )
