"""Frames of a growing recording as they appear; the writer may be another process."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from onset.experiment.records import Frame


class Growing(Protocol):
    """What is followed: a recording that belongs to the follower alone."""

    @property
    def status(self) -> str:
        """`running` while frames may come."""
        ...

    def __len__(self) -> int: ...

    def refresh(self) -> int:
        """Take in what was written since."""
        ...

    def frame_at(self, position: int) -> Frame:
        """Image and stamps by position."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


R = TypeVar("R", bound=Growing)


class Follower(Generic[R]):
    """An iterator that owns its view of the recording; ends with the recording, or by `close`."""

    def __init__(self, recording: R, start: int = 0, poll_s: float = 0.02) -> None:
        self.recording = recording
        self.position = start
        """Position of the frame that comes next."""
        self._poll_s = poll_s
        self._stop = threading.Event()

    def __enter__(self) -> Follower[R]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self.recording.close()

    def __iter__(self) -> Follower[R]:
        return self

    def __next__(self) -> Frame:
        """The next frame; waits for it while the recording is running."""
        while not self._stop.is_set():
            if self.position < len(self.recording) or self._more():
                self.position += 1
                return self.recording.frame_at(self.position - 1)
            if self._ended():
                break
        raise StopIteration

    def newest(self) -> Frame | None:
        """The newest frame, skipping those between; None when there is nothing new."""
        self.recording.refresh()
        if self.position >= len(self.recording):
            return None
        self.position = len(self.recording)
        return self.recording.frame_at(self.position - 1)

    def close(self) -> None:
        """End the iteration, from any thread."""
        self._stop.set()

    def _more(self) -> bool:
        self.recording.refresh()
        return self.position < len(self.recording)

    def _ended(self) -> bool:
        """Whether nothing can come any more; else waits a little."""
        if self.recording.status != "running":
            return not self._more()  # written between the look at the frames and at the status
        self._stop.wait(self._poll_s)
        return False
