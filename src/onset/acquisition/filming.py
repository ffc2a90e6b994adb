"""The camera thread takes frames out of the core, the writer thread gives them to the recorder."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from dataclasses import dataclass, replace

from onset.acquisition.backlog import Backlog
from onset.acquisition.dose import DoseColumn
from onset.acquisition.light import LightLog
from onset.errors import DeviceFault
from onset.experiment.clock import NS, Clock
from onset.experiment.records import Frame, Mark
from onset.hardware.camera import Camera, Overflow
from onset.recording.write import Recorder

BACKLOG = 50
"""Frames that simulated time may run ahead of the recorder."""
WINDOW = 400
"""Frames over which the smallest delay is taken when a frame's exposure is dated at once."""
MARGIN_NS = 2_000_000
SILENT_NS = 2_000_000_000
"""A film that ends so long after its last frame (and five exposures) is not complete."""


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

    def begin_again(self, exposure: Exposure) -> None:
        """The exposure was changed: delays from now on are other ones."""
        self._exposure = exposure
        self._delays.clear()

    def start_ns(self, frame: Frame) -> int:
        """Start of exposure in host time, about."""
        stamp = frame.camera_ns if frame.camera_ns is not None else frame.core_ns
        middle = self._exposure.exposure_ns + sum(self._exposure.latency_ns) // 2
        if stamp is None:
            return frame.host_ns - middle
        self._delays.append(frame.host_ns - stamp)
        return stamp + min(self._delays) - middle

    @property
    def residual_ms(self) -> float | None:
        """Median delay of the last frames beyond the smallest one."""
        delays = self._delays.copy()
        return (statistics.median(delays) - min(delays)) / 1e6 if delays else None

    @property
    def margin_ns(self) -> int:
        """How far a start may be off."""
        low, high = self._exposure.latency_ns
        return (high - low) // 2 + MARGIN_NS


class Writing(threading.Thread):
    """Backlog to recorder; holds simulated time where the disk lags."""

    def __init__(
        self,
        camera: Camera,
        backlog: Backlog,
        recorder: Recorder,
        clock: Clock,
        exposure: Exposure,
        doses: DoseColumn | None,
    ) -> None:
        super().__init__(name="writer", daemon=True)
        self._doses = doses
        self._camera, self._backlog, self._recorder = camera, backlog, recorder
        self._clock, self._ahead_ns = clock, BACKLOG * exposure.exposure_ns
        self.fault: Exception | None = None

    def run(self) -> None:
        """The thread: ends after the last frame, or at the first that cannot be written."""
        try:
            while (frame := self._backlog.take()) is not None:
                self._recorder.append(frame)
                if self._doses is not None:
                    self._doses.append(frame.dose_mj_cm2)
                self._promise(frame)
        except Exception as fault:  # noqa: BLE001 - the end of a thread: told to who decides
            self.fault = fault
            self._backlog.fail(fault)
        finally:
            self._clock.release("recorder")
            if self._doses is not None:
                self._doses.close()

    def _promise(self, frame: Frame) -> None:
        """Time waits for frames that wait, not for a camera that gives none; real time never."""
        if self._clock.speed == 1.0:
            return
        if len(self._backlog) or self._camera.buffer.used:
            self._clock.hold("recorder", frame.host_ns + self._ahead_ns)
        else:
            self._clock.release("recorder")


class Filming(threading.Thread):
    """Camera to backlog; nothing else may slow it down."""

    def __init__(
        self,
        camera: Camera,
        recorder: Recorder,
        light: LightLog,
        clock: Clock,
        exposure: Exposure,
        mj_per_s: float | None = None,
    ) -> None:
        """`mj_per_s` is the dose per second of light, mJ/cm^2, where there is a shutter."""
        super().__init__(name="camera", daemon=True)
        self._mj_per_s = mj_per_s
        doses = None if mj_per_s is None else DoseColumn(recorder.folder)
        self._camera, self._recorder, self._light = camera, recorder, light
        self._exposure = exposure
        self._changed = exposure
        self._dating = Dating(exposure)
        self._backlog = Backlog()
        self._writing = Writing(camera, self._backlog, recorder, clock, exposure, doses)
        self._clock = clock
        self._stopping = threading.Event()
        self._stopped_ns = self._last_end_ns = 0
        self.begun = threading.Event()
        self.first_start_ns = 0
        self.first_number = 0
        self.last_number = 0
        self.taken = 0
        """Frames that came out of the core."""
        self.fault: Exception | None = None
        self._left_in_core = 0

    def stop(self) -> None:
        """Stop the camera; what is in the buffer is still recorded."""
        if not self._stopping.is_set():
            self._stopped_ns = self._clock.now_ns()
        self._stopping.set()

    def hear(self, mark: Mark) -> None:
        """Take notice of a change of the exposure."""
        exposure_ms = mark.values.get("exposure_ms")
        if isinstance(exposure_ms, float):
            self._changed = replace(self._exposure, exposure_ns=round(exposure_ms * 1e6))

    @property
    def backlog_used(self) -> float:
        """How full the line to the disk is, 0 to 1."""
        return self._backlog.used

    @property
    def clock_residual_ms(self) -> float | None:
        """Typical delay of a frame beyond the smallest, of late."""
        return self._dating.residual_ms

    @property
    def since_first(self) -> int:
        """Frames that the camera has counted since the first one."""
        return self.last_number - self.first_number

    @property
    def lost(self) -> dict[str, int]:
        """Frames that are known to be lost, by cause; of an overflow only the first is known."""
        causes = {
            "camera": self._recorder.missing,
            "core": int(isinstance(self.fault, Overflow)),
            "disk": self.taken - self._recorder.written + self._left_in_core,
        }
        return {cause: frames for cause, frames in causes.items() if frames}

    def run(self) -> None:
        """The thread: the camera is stopped and all that can be written is written at its end."""
        self._writing.start()
        try:
            self._camera.start()
            for frame in self._camera.frames(self._stopping):
                self._take(frame)
        except Exception as fault:  # noqa: BLE001 - the end of a thread: told to who decides
            self.fault = fault
        finally:
            self._finish()

    def _take(self, frame: Frame) -> None:
        if self._changed is not self._exposure:
            self._exposure = self._changed
            self._dating.begin_again(self._exposure)
        start_ns = self._dating.start_ns(frame)
        margin, exposure_ns = self._dating.margin_ns, self._exposure.exposure_ns
        lit = self._light.flag(start_ns - margin, start_ns + exposure_ns + margin)
        self.taken += 1
        self._last_end_ns = start_ns + exposure_ns
        self.last_number = frame.number
        open_s = self._light.open_ns(start_ns + exposure_ns) / NS
        dose = open_s * (self._mj_per_s or 0.0)
        self._backlog.put(replace(frame, flags=frame.flags | lit, dose_mj_cm2=dose))
        if not self.begun.is_set():
            self.first_start_ns, self.first_number = start_ns, frame.number
            self.begun.set()

    def _finish(self) -> None:
        try:
            self._camera.stop()
            self._left_in_core = self._camera.buffer.used
        except Exception as fault:  # noqa: BLE001 - as above
            self.fault = self.fault or fault
        self.fault = self.fault or self._silence()
        self._backlog.end()
        self._writing.join()
        self.fault = self._writing.fault or self.fault

    def _silence(self) -> DeviceFault | None:
        """A camera that had stalled when it was stopped, though not long enough to be told then."""
        silent_ns = self._stopped_ns - self._last_end_ns
        if self._last_end_ns == 0 or silent_ns < SILENT_NS + 5 * self._exposure.exposure_ns:
            return None
        return DeviceFault(f"the camera stalled: no frame in the last {silent_ns / 1e9:.1f} s")
