"""A thread that puts what was written on the disk every second, out of the camera's way."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
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
        """A period is from one beginning to the next: a slow disk does not stretch it."""
        took_s = 0.0
        while not self._stop.wait(max(PERIOD_S - took_s, 0.0)) and self.fault is None:
            began_s = time.monotonic()
            self.sync()
            took_s = time.monotonic() - began_s


def sync_folder(folder: Path) -> None:
    """Put the names of the files in it on the disk, where the system can do that."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks cannot
            os.fsync(opened)
    finally:
        os.close(opened)
