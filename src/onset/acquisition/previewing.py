"""The camera without a recording: each frame replaces the one before."""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from onset.acquisition.newest import NewestWriter
from onset.experiment.clock import NS, Clock
from onset.hardware.camera import Camera

STOP_S = 10.0


class Previewing(threading.Thread):
    """Takes frames out of the core as long as it runs."""

    def __init__(self, camera: Camera, clock: Clock) -> None:
        super().__init__(name="preview", daemon=True)
        self._camera, self._clock = camera, clock
        self._folder = Path(tempfile.mkdtemp(prefix="onset-preview-"))
        self._writer = NewestWriter(self._folder / "newest", camera.shape)
        self._stopping = threading.Event()
        self._arrivals: list[int] = []
        self.fault: Exception | None = None

    @property
    def path(self) -> Path:
        """The file of the newest frame."""
        return self._writer.path

    @property
    def frames_per_s(self) -> float:
        """As of late."""
        seen = self._arrivals
        if len(seen) < 2 or self._clock.now_ns() - seen[-1] > 2 * NS:
            return 0.0
        return (len(seen) - 1) * NS / max(1, seen[-1] - seen[0])

    def stop(self) -> bool:
        """Stop the camera; false where it hangs."""
        self._stopping.set()
        self.join(STOP_S)
        return not self.is_alive()

    def run(self) -> None:
        """The thread."""
        try:
            self._camera.start()
            for frame in self._camera.frames(self._stopping):
                self._writer.show(frame.image, frame.number, frame.host_ns)
                self._arrivals = [*self._arrivals[-20:], frame.host_ns]
        except Exception as fault:  # noqa: BLE001 - the end of a thread: told to who decides
            self.fault = fault
        finally:
            self._finish()

    def _finish(self) -> None:
        try:
            self._camera.stop()
        except Exception as fault:  # noqa: BLE001 - as above
            self.fault = self.fault or fault
        self._writer.close()
        with suppress(OSError):  # Windows: a reader still has the file open
            self._folder.rmdir()
