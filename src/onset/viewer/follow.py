"""The reading thread: it alone touches the recording, and leaves its newest findings for Qt."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np

from onset.errors import OnsetError
from onset.recording.read import Recording
from onset.viewer.contrast import Autocontrast
from onset.viewer.ensemble import Ensemble
from onset.viewer.look import Looker
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen

PAUSE_S = 0.025
"""At most 40 pictures a second."""
LOOK_S = 0.2
READING_S = 0.008
"""Time for the curve's frames between two pictures."""


class Follower:
    """Shows the newest frame, or the one that was asked for; skips what nobody can see.

    `picture` and `seen` are replaced, never changed; any thread may take them.
    """

    def __init__(self, recording: Recording) -> None:
        self.picture: Picture | None = None
        self.seen: Seen = NOTHING_SEEN
        self._recording = recording
        self._looker = Looker(recording)
        self._ensemble = Ensemble()
        self._contrast = Autocontrast()
        self._wish: int | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._next_look_s = 0.0
        self._shown_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="onset-viewer-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def show(self, position: int | None) -> None:
        """Show the frame at `position` from now on; None: always the newest."""
        if position != self._wish:
            self._wish = position
            self._wake.set()

    def close(self) -> None:
        """End the thread and let go of the recording."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._recording.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except (OnsetError, OSError) as error:
                self.seen = replace(self.seen, trouble=str(error))
                self._stop.wait(LOOK_S)
            self._wake.wait(PAUSE_S)
            self._wake.clear()

    def _turn(self) -> None:
        self._recording.refresh()
        self._ensemble.grow(len(self._recording))
        if time.monotonic() >= self._next_look_s:
            self.seen = self._looker.look(self._ensemble.means)
            self._next_look_s = time.monotonic() + LOOK_S
        self._load()
        self._read_means()

    def _load(self) -> None:
        newest = len(self._recording) - 1
        wish = self._wish
        position = newest if wish is None else min(max(wish, 0), newest)
        if position < 0 or (self.picture is not None and self.picture.position == position):
            return
        image = np.array(self._recording[position])  # read here, where a slow disk stops nobody
        self._ensemble.put(position, float(image.mean()))
        now_s = time.monotonic()
        limits = self._contrast.update(image, now_s - self._shown_s)
        self._shown_s = now_s
        number = int(self._recording.rows["number"][position])
        self.picture = Picture(position, number, self._time_s(position), image, limits)

    def _time_s(self, position: int) -> float:
        """From the last look; frames that are newer lie at the film's mean interval."""
        times_s = self.seen.times_s
        if position < len(times_s):
            return float(times_s[position])
        if len(times_s) < 2:
            return float(self._recording.times_s[position])
        numbers = self._recording.rows["number"]
        since = int(numbers[position]) - int(self.seen.numbers[-1])
        span = int(self.seen.numbers[-1]) - int(self.seen.numbers[0])
        return float(times_s[-1] + since * (times_s[-1] - times_s[0]) / max(span, 1))

    def _read_means(self) -> None:
        until_s = time.monotonic() + READING_S
        for position in self._ensemble.wanted(64):
            self._ensemble.put(position, float(self._recording[position].mean()))
            if time.monotonic() > until_s or self._stop.is_set():
                return
