"""The camera behind Micro-Manager's core: frames come out once each, with their own numbers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from pymmcore_plus.experimental.unicore import UniMMCore

from onset.errors import DeviceFault
from onset.experiment.clock import NS, Clock
from onset.experiment.records import Frame, FrameFlag
from onset.experiment.rig import CameraSpec, CameraTtlSpec
from onset.hardware.core import reason, set_property
from onset.timing import CounterWrap

NO_LIMIT = 100_000_000
POLL_S = 0.0005
STALL_S = 5.0
"""Time without a frame, beyond five intervals, after which a camera counts as stalled."""
LEAST_FRAMES = 16
"""The core's buffer holds at least these."""
_LEVELS = {"low": False, "off": False, "false": False, "high": True, "on": True, "true": True}
_NS_PER = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": NS}


@dataclass(frozen=True, slots=True)
class Buffer:
    """How full the core's image buffer is, frames."""

    used: int
    capacity: int


class Overflow(DeviceFault):
    """The core had no room for a frame; the camera was stopped."""


class Camera:
    """Owns the core's image sequence; only the camera thread takes frames out of it."""

    def __init__(self, core: UniMMCore, spec: CameraSpec, clock: Clock) -> None:
        self._core, self._spec, self._clock = core, spec, clock
        self.label = str(spec.device or core.getCameraDevice())
        if self.label not in core.getLoadedDevices():
            raise DeviceFault(
                f"the camera '{self.label}' is not in {spec.config} "
                f"(there: {', '.join(core.getLoadedDevices())})"
            )
        core.setCameraDevice(self.label)
        self._arrived, self._cropped = 0, False
        self._count = CounterWrap()
        for name, value in spec.properties.items():
            set_property(core, self.label, name, value)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, px."""
        return int(self._core.getImageHeight()), int(self._core.getImageWidth())

    @property
    def dtype(self) -> np.dtype[np.uint16]:
        """Always uint16; other pixel types are refused by `prepare`."""
        return np.dtype(np.uint16)

    @property
    def exposure_ms(self) -> float:
        """As the camera says."""
        return float(self._core.getExposure())

    def set_exposure(self, exposure_ms: float) -> None:
        """Set it; the camera may round."""
        self._asked("exposure", self._core.setExposure, exposure_ms)

    def set_roi(self, x: int, y: int, width: int, height: int) -> None:
        """Read out only a part, px."""
        self._asked("region of interest", self._core.setROI, x, y, width, height)
        self._cropped = True

    def clear_roi(self) -> None:
        """Read out what the configuration says again."""
        if self._cropped:
            self._asked("whole sensor", self._core.clearROI)
        self._cropped = False

    @property
    def roi(self) -> tuple[int, int, int, int]:
        """What is read out: x, y, width, height, px."""
        x, y, width, height = self._core.getROI()
        return int(x), int(y), int(width), int(height)

    def set_binning(self, binning: int) -> None:
        """Sum `binning` x `binning` pixels."""
        set_property(self._core, self.label, "Binning", binning)

    @property
    def binning(self) -> int | None:
        """As the camera says; None where it cannot."""
        text = self._said("Binning")
        return int(text.partition("x")[0]) if text else None  # some adapters write 2x2

    def set_gain(self, gain: float) -> None:
        """Its gain, in its own units."""
        if not self.has("Gain"):
            raise DeviceFault(f"the camera '{self.label}' has no property 'Gain'")
        set_property(self._core, self.label, "Gain", gain)

    @property
    def gain(self) -> float | None:
        """As the camera says; None where it has none."""
        text = self._said("Gain")
        return float(text) if text else None

    @property
    def bits(self) -> int:
        """Of a pixel, as they are filled."""
        return int(self._core.getImageBitDepth())

    def _said(self, name: str) -> str | None:
        return str(self._core.getProperty(self.label, name)) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Has the camera a property of that name?"""
        return bool(self._core.hasProperty(self.label, name))

    def set(self, name: str, value: str | float) -> None:
        """Set a property of the camera."""
        set_property(self._core, self.label, name, value)

    def prepare(self) -> None:
        """Make the core's buffer; raises `DeviceFault` for pixels that are not 16 bit gray."""
        if self._core.getBytesPerPixel() != 2 or self._core.getNumberOfComponents() != 1:
            raise DeviceFault(
                f"the camera '{self.label}' gives {8 * self._core.getBytesPerPixel()} bit pixels: "
                "set its pixel type to 16 bit in the configuration"
            )
        self._core.setCircularBufferMemoryFootprint(self._buffer_mb())  # type: ignore[arg-type]
        self._core.initializeCircularBuffer()

    def start(self) -> None:
        """Start the sequence; it stops on overflow (the core's endless one overwrites silently)."""
        self._arrived, self._count = 0, CounterWrap()
        self._asked("sequence", self._core.startSequenceAcquisition, NO_LIMIT, 0.0, True)

    def stop(self) -> None:
        """Stop making frames; those in the buffer can still be taken out."""
        if self._core.isSequenceRunning():
            self._core.stopSequenceAcquisition()

    @property
    def is_running(self) -> bool:
        """Does the camera still make frames?"""
        return bool(self._core.isSequenceRunning())

    @property
    def buffer(self) -> Buffer:
        """Frames that wait in the core."""
        capacity = int(self._core.getBufferTotalCapacity())
        return Buffer(capacity - int(self._core.getBufferFreeCapacity()), capacity)

    def frames(self, stopping: threading.Event) -> Iterator[Frame]:
        """Take frames out of the buffer until `stopping` is set and it is empty.

        Ends by itself when the camera does. Raises `DeviceFault` when the buffer overflowed (after
        all frames until then) or when no frame came for `STALL_S`.
        """
        idle = threading.Event()
        last_ns = self._clock.now_ns()
        while True:
            if self._core.getRemainingImageCount() > 0:
                frame = self._pop()
                last_ns = frame.host_ns
                yield frame
                if not stopping.is_set():
                    continue
            running = self.is_running
            if self._core.getRemainingImageCount() > 0:
                pass  # the last ones may have come just before it stopped
            elif self._core.isBufferOverflowed():
                raise Overflow(
                    f"Micro-Manager's image buffer ({self.buffer.capacity} frames) overflowed: "
                    "frames came faster than they could be written; the camera was stopped and "
                    "all frames until then are kept"
                )
            elif not running:
                return
            elif self._is_stalled(self._clock.now_ns() - last_ns):
                raise DeviceFault(f"the camera '{self.label}' stalled: no frame for {STALL_S:g} s")
            else:
                idle.wait(POLL_S)
            if stopping.is_set() and running:
                self.stop()

    def _is_stalled(self, silent_ns: int) -> bool:
        return silent_ns > STALL_S * NS and silent_ns > (STALL_S + 5 * self.exposure_ms / 1e3) * NS

    def _pop(self) -> Frame:
        image, metadata = self._core.popNextImageAndMD()
        host_ns = self._clock.now_ns()
        tags = cast("Mapping[str, str]", metadata)  # read one by one: to copy all costs more
        number, flags = self._number(tags)
        camera_ns = self._camera_ns(tags)
        if camera_ns is not None:
            flags |= FrameFlag.CAMERA_TIME
        if self._spec.ttl is not None and self._is_active(self._spec.ttl, tags):
            flags |= FrameFlag.TTL
        self._arrived += 1
        return Frame(number, image, camera_ns, self._core_ns(tags), host_ns, flags)

    def _number(self, tags: Mapping[str, str]) -> tuple[int, FrameFlag]:
        tag = self._spec.frame_counter
        if tag is None:
            return self._arrived, FrameFlag(0)
        return self._count(int(float(self._tag(tags, tag)))), FrameFlag.COUNTED

    def _camera_ns(self, tags: Mapping[str, str]) -> int | None:
        clock = self._spec.clock
        if clock is None:
            return None
        text = self._tag(tags, clock.tag)
        factor = _NS_PER[clock.unit]
        return int(text) * factor if text.isdecimal() else round(float(text) * factor)

    def _is_active(self, ttl: CameraTtlSpec, tags: Mapping[str, str]) -> bool:
        text = self._tag(tags, ttl.tag).strip().lower()
        level = _LEVELS.get(text)
        if level is None or ttl.bit is not None:
            try:
                level = bool(int(text, 0) >> (ttl.bit or 0) & 1)
            except ValueError:
                raise DeviceFault(
                    f"the camera '{self.label}': tag '{ttl.tag}' = '{text}' is no level of a line"
                ) from None
        return level == (ttl.active == "high")

    def _core_ns(self, tags: Mapping[str, str]) -> int | None:
        """The core counts real time: under a scaled clock that dates nothing."""
        if self._clock.speed != 1.0 or "ElapsedTime-ms" not in tags:
            return None
        return round(float(tags["ElapsedTime-ms"]) * 1e6)

    def _tag(self, tags: Mapping[str, str], tag: str) -> str:
        for name in (tag, f"{self.label}-{tag}"):
            if name in tags:
                return str(tags[name])
        raise DeviceFault(
            f"the camera '{self.label}' gives no tag '{tag}' (it gives: {', '.join(sorted(tags))})"
        )

    def _buffer_mb(self) -> float:
        """For a Python camera, a whole number of frames: its ring cannot wrap inside one."""
        frame_bytes = int(self._core.getImageBufferSize())
        wanted = self._spec.buffer_mb * 1e6
        if self._spec.buffer_s is not None:
            wanted = max(wanted, self._spec.buffer_s * 1000 / self.exposure_ms * frame_bytes)
        if self._core.isPyDevice(self.label):
            return max(LEAST_FRAMES, int(wanted // frame_bytes)) * frame_bytes / 2**20
        return max(1, round(max(wanted, LEAST_FRAMES * frame_bytes) / 2**20))

    def _asked(self, what: str, call: object, *values: object) -> None:
        assert callable(call)
        try:
            call(*values)
        except Exception as fault:
            raise DeviceFault(
                f"the camera '{self.label}' refused its {what}: {reason(fault)}"
            ) from fault
