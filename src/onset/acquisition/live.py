"""Live is the replay of a recording that still grows: one feed for both, in a thread of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from onset.acquisition.priority import give_way
from onset.analysis.camera_maps import maps_of
from onset.analysis.found import variance_where_needed
from onset.analysis.live import LiveDetector, LiveSpot
from onset.analysis.watching import watching_of
from onset.errors import RecordingFault
from onset.experiment.records import Frame, FrameFlag
from onset.recording.layout import LIVE_SPOTS
from onset.recording.read import Recording

LOOK_S = 0.05
END_S = 10.0


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the live analysis has found so far."""

    direction: str
    count: int = 0
    ensemble: float = 0.0
    message: str = ""
    t_s: float = 0.0
    """Time of the newest frame that was looked at, since the first."""


def _nobody(_: LiveState) -> None:
    """Wants to know."""


class Feed:
    """Frames of one recording into the live detector; the same for a growing and a finished one."""

    def __init__(self, recording: Recording) -> None:
        watching = watching_of(recording)
        self.direction = watching.direction
        ended = recording.status != "running"
        self._detector = LiveDetector(
            recording.shape,
            direction=self.direction,
            lit_frames_before_injection=watching.baseline_frames,
            planned_frames=watching.planned_frames,
            variance=variance_where_needed(recording, watching) if ended else None,
            camera=maps_of(recording),
        )
        self._first_ns: int | None = None
        self.t_s = 0.0

    @property
    def message(self) -> str:
        """Why nothing is detected, where that is so."""
        return self._detector.message

    @property
    def ensemble(self) -> float:
        """Mean of the newest lit frame above the baseline, ADU per px."""
        return self._detector.ensemble

    def update(self, frame: Frame) -> list[LiveSpot]:
        """Spots found with this frame."""
        lit = FrameFlag.LIT in frame.flags
        self.t_s = self._t_s(frame)
        return self._detector.update(frame.number, frame.image, self.t_s, lit=lit)

    def _t_s(self, frame: Frame) -> float:
        """Time since the first frame by the camera's clock, so that a replay gives the same."""
        stamps = (frame.camera_ns, frame.core_ns, frame.host_ns)
        stamp = next(stamp for stamp in stamps if stamp is not None)
        if self._first_ns is None:
            self._first_ns = stamp
        return (stamp - self._first_ns) / 1e9


def spots_of(recording: Recording) -> Iterator[LiveSpot]:
    """Spots of a recording in the order in which the live detector finds them."""
    feed = Feed(recording)
    for position in range(len(recording)):
        yield from feed.update(recording.frame_at(position))


class LiveFeed:
    """Follows the recording that a run is writing and writes `live_spots.jsonl` beside it.

    Where another process has begun that file it is continued: the same frames give the same spots.
    """

    def __init__(
        self, folder: Path, direction: str, seen_whole: Callable[[LiveState], None] = _nobody
    ) -> None:
        """`seen_whole` is told what was found once every frame of the recording was looked at."""
        self._folder, self._seen_whole = folder, seen_whole
        self.state = LiveState(direction, message="waiting for the first frame")
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._end: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="live-detector", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look at no more frames."""
        self._stop.set()
        self._end()

    def join(self) -> None:
        """Wait until the last frame is done."""
        self._thread.join(END_S)

    def catch_up(self, timeout_s: float) -> bool:
        """Wait until every frame of the sealed recording was looked at."""
        if not (self._folder / "session.json").exists():
            return True
        return self._caught_up.wait(timeout_s)

    def _run(self) -> None:
        try:
            give_way()
            self._follow()
        except Exception as fault:  # noqa: BLE001 - a display aid must not end the run
            self.state = replace(self.state, message=f"live detection ended: {fault}")
        finally:
            self._caught_up.set()

    def _follow(self) -> None:
        recording = self._opened()
        if recording is None:
            return
        file = self._folder / LIVE_SPOTS
        there = _whole_lines(file)
        with recording, recording.follow() as follower, file.open("a", encoding="utf-8") as out:
            feed = Feed(recording)
            self._end = follower.close
            for frame in follower:
                if self._stop.is_set():
                    return
                spots = feed.update(frame)
                count = self.state.count + len(spots)
                for spot in spots[max(0, there - self.state.count) :]:
                    out.write(json.dumps(asdict(spot)) + "\n")
                if spots:
                    out.flush()
                self.state = LiveState(feed.direction, count, feed.ensemble, feed.message, feed.t_s)
        if not self._stop.is_set():
            self._seen_whole(self.state)

    def _opened(self) -> Recording | None:
        """The recording, once it is there."""
        while not self._stop.is_set():
            try:
                if (self._folder / "session.json").exists():
                    return Recording(self._folder)
            except RecordingFault:
                pass  # half born: look again
            time.sleep(LOOK_S)
        return None


def _whole_lines(file: Path) -> int:
    """How many lines are there; what a killed writer left of one is cut off."""
    if not file.exists():
        return 0
    with file.open("r+b") as lines:
        text = lines.read()
        lines.truncate(text.rfind(b"\n") + 1)
    return text.count(b"\n")
