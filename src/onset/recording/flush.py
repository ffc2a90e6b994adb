"""A thread that puts what was written on the disk every second, out of the camera's way."""

from __future__ import annotations

import os
import threading
from io import FileIO
from pathlib import Path

from onset.errors import RecordingFault
from onset.recording.faults import disk_sentence

PERIOD_S = 1.0


class Flusher:
    """Owns the calls of fsync for open files; a refusal is kept in `fault`."""

    def __init__(self, folder: Path, files: tuple[FileIO, ...]) -> None:
        self.fault: RecordingFault | None = None
        self._folder, self._files = folder, files
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onset-flush", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def sync(self) -> None:
        """Put everything on the disk now."""
        try:
            for file in self._files:
                os.fsync(file.fileno())
        except OSError as error:
            self.fault = RecordingFault(disk_sentence(self._folder, error))

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S) and self.fault is None:
            self.sync()
