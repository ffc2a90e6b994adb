"""The newest frame of a preview: read in a thread of its own, from the file that is mapped."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from onset.acquisition.newest import NewestReader
from onset.acquisition.priority import give_way
from onset.viewer.easel import Easel, Wish
from onset.viewer.seen import Picture

PAUSE_S = 0.02


class PreviewFeed:
    """Leaves the newest picture in `picture`; the file may change when the camera is set anew."""

    def __init__(self, path: Path, saturation: int) -> None:
        self.path = path
        self.picture: Picture | None = None
        self.wish = Wish()
        self.trouble: str | None = None
        self._easel = Easel(saturation)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onset-viewer-preview", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        give_way()  # the camera has the processor first
        try:
            with NewestReader(self.path) as reader:
                self._look(reader)
        except (OSError, ValueError) as fault:  # gone with the preview, or of another version
            self.trouble = str(fault)

    def _look(self, reader: NewestReader) -> None:
        sequence, first_ns = 0, None
        while not self._stop.is_set():
            newest = reader.read(after=sequence)
            if newest is None:
                self._stop.wait(PAUSE_S)
                continue
            first_ns = newest.host_ns if first_ns is None else first_ns
            sequence = newest.sequence
            self.picture = self._easel.paint(
                newest.image,
                self.wish,
                position=newest.sequence,
                number=newest.number,
                t_s=(newest.host_ns - first_ns) / 1e9,
            )
            time.sleep(PAUSE_S)
