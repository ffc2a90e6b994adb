"""The camera thread: takes each frame out of the core and gives it to the recorder."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from onset.acquisition.light import LightLog
from onset.experiment.clock import Clock
from onset.experiment.records import Frame
from onset.hardware.camera import Camera
from onset.recording.write import Recorder

BACKLOG = 50
"""Frames that simulated time may run ahead of the recorder."""
WINDOW = 400
"""Frames over which the smallest delay is taken when a frame's exposure is dated at once."""
MARGIN_NS = 2_000_000


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is needed to date an exposure from a frame's stamps, ns."""

    exposure_ns: int
    latency_ns: tuple[int, int]


class Dating:
    """Dates exposures while they arrive, well enough to say whether they were lit.

    The final times come from a fit over the whole film; this one takes the smallest delay seen.
    """

    def __init__(self, exposure: Exposure) -> None:
        self._exposure = exposure
        self._delays: deque[int] = deque(maxlen=WINDOW)

    def start_ns(self, frame: Frame) -> int:
        """Start of exposure in host time, about."""
        stamp = frame.camera_ns if frame.camera_ns is not None else frame.core_ns
        middle = self._exposure.exposure_ns + sum(self._exposure.latency_ns) // 2
        if stamp is None:
            return frame.host_ns - middle
        self._delays.append(frame.host_ns - stamp)
        return stamp + min(self._delays) - middle

    @property
    def margin_ns(self) -> int:
        """How far a start may be off."""
        low, high = self._exposure.latency_ns
        return (high - low) // 2 + MARGIN_NS


class Filming(threading.Thread):
    """Camera to recorder; nothing else may slow it down."""

    def __init__(
        self,
        camera: Camera,
        recorder: Recorder,
        light: LightLog,
        clock: Clock,
        exposure: Exposure,
    ) -> None:
        super().__init__(name="camera", daemon=True)
        self._camera, self._recorder, self._light = camera, recorder, light
        self._clock, self._exposure = clock, exposure
        self._dating = Dating(exposure)
        self._stopping = threading.Event()
        self.begun = threading.Event()
        self.first_start_ns = 0
        self.first_number = 0
        self.last_number = 0
        self.fault: Exception | None = None

    def stop(self) -> None:
        """Stop the camera; what is in the buffer is still recorded."""
        self._stopping.set()

    @property
    def since_first(self) -> int:
        """Frames that the camera has counted since the first one."""
        return self.last_number - self.first_number

    def run(self) -> None:
        """The thread."""
        try:
            self._camera.start()
            for frame in self._camera.frames(self._stopping):
                self._take(frame)
        except Exception as fault:  # noqa: BLE001 - the end of a thread: told to who decides
            self.fault = fault
        finally:
            self._clock.release("recorder")

    def _take(self, frame: Frame) -> None:
        start_ns = self._dating.start_ns(frame)
        margin, exposure_ns = self._dating.margin_ns, self._exposure.exposure_ns
        lit = self._light.flag(start_ns - margin, start_ns + exposure_ns + margin)
        self._recorder.append(replace(frame, flags=frame.flags | lit))
        self._clock.hold("recorder", frame.host_ns + BACKLOG * exposure_ns)
        self.last_number = frame.number
        if not self.begun.is_set():
            self.first_start_ns, self.first_number = start_ns, frame.number
            self.begun.set()
