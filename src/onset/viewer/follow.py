"""The reading thread: it alone touches the recording, and leaves its newest findings for Qt."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np

from onset.acquisition.priority import give_way
from onset.analysis.camera_maps import maps_of
from onset.errors import OnsetError
from onset.recording.ceiling import saturation_of
from onset.recording.read import Recording
from onset.viewer.easel import Easel, Wish
from onset.viewer.ensemble import Ensemble
from onset.viewer.intensities import IN_ADU, Scale
from onset.viewer.look import Looker
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen
from onset.viewer.traces import Chosen, Traces

PAUSE_S = 0.025
"""At most 40 pictures a second."""
LOOK_S = 0.25
READING_S = 0.006
"""Time for the curves' frames between two pictures."""


class Follower:
    """Shows the newest frame, or the one that was asked for; skips what nobody can see.

    `picture` and `seen` are replaced, never changed; any thread may take them. `wish` and
    `chosen` are what a person wants to see; any thread may replace them.
    """

    def __init__(self, recording: Recording) -> None:
        self.picture: Picture | None = None
        self.seen: Seen = NOTHING_SEEN
        self.wish = Wish()
        self.chosen: tuple[Chosen, ...] = ()
        self.saturation = saturation_of(recording.session.camera.properties)
        self.scale = IN_ADU
        self._recording = recording
        self._scale_trouble: str | None = None
        self._looker = Looker(recording)
        self._ensemble = Ensemble()
        self._traces = Traces()
        self._easel = Easel(self.saturation)
        self._painted: Wish | None = None
        self._position: int | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._next_look_s = 0.0
        self._thread = threading.Thread(target=self._run, name="onset-viewer-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def show(self, position: int | None) -> None:
        """Show the frame at `position` from now on; None: always the newest."""
        if position != self._position:
            self._position = position
            self._wake.set()

    def close(self) -> None:
        """End the thread and let go of the recording."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._recording.close()

    def _run(self) -> None:
        give_way()  # the camera has the processor first
        self._calibrate()
        while not self._stop.is_set():
            try:
                self._turn()
            except (OnsetError, OSError) as error:
                self.seen = replace(self.seen, trouble=str(error))
                self._stop.wait(LOOK_S)
            self._wake.wait(PAUSE_S)
            self._wake.clear()

    def _calibrate(self) -> None:
        """Electrons where the rig's calibration is there; where it cannot be read, ADU."""
        try:
            _ = self._recording.rig
        except OnsetError:  # written by another version: the film is no worse for it
            return
        try:
            self.scale = Scale(maps_of(self._recording))
        except OnsetError as error:
            self._scale_trouble = f"{error}; intensities are shown in ADU"

    def _turn(self) -> None:
        self._recording.refresh()
        n = len(self._recording)
        self._ensemble.grow(n)
        self._traces.choose(self.chosen)
        self._traces.grow(n)
        self._load()
        if time.monotonic() >= self._next_look_s:
            seen = self._looker.look(self._ensemble.means)
            self.seen = replace(
                seen,
                unit=self.scale.unit,
                traces=self._traces.traces,
                trouble=seen.trouble or self._scale_trouble,
            )
            self._next_look_s = time.monotonic() + LOOK_S
        else:
            self._take_spots()
        self._read_curves()

    def _take_spots(self) -> None:
        """Between two looks: a ring is to be seen within a tenth of a second of its finding."""
        spots = self._looker.spots()
        if spots is not self.seen.spots:
            self.seen = replace(self.seen, spots=spots)

    def _load(self) -> None:
        newest = len(self._recording) - 1
        asked, wish = self._position, self.wish
        position = newest if asked is None else min(max(asked, 0), newest)
        same = self.picture is not None and self.picture.position == position
        if position < 0 or (same and wish == self._painted):
            return
        image = np.array(self._recording[position])  # read here, where a slow disk stops nobody
        self._ensemble.put(position, self.scale.mean(image))
        number = int(self._recording.rows["number"][position])
        self.picture = self._easel.paint(
            image, wish, position=position, number=number, t_s=self._time_s(position)
        )
        self._painted = wish

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

    def _read_curves(self) -> None:
        until_s = time.monotonic() + READING_S

        def enough() -> bool:
            return time.monotonic() > until_s or self._stop.is_set()

        for position in self._ensemble.wanted(64):
            self._ensemble.put(position, self.scale.mean(self._recording[position]))
            if enough():
                break
        until_s = time.monotonic() + READING_S
        self._traces.read(self._recording.__getitem__, enough, self.scale)
