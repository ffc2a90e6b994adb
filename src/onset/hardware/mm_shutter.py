"""A shutter that Micro-Manager drives: shutter devices, and state devices by their position."""

from __future__ import annotations

from pymmcore_plus import CMMCorePlus, DeviceType

from onset.errors import DeviceFault, Refused
from onset.experiment.clock import Clock
from onset.hardware.semantic import Sent, ShutterState


class MicroManagerShutter:
    """Confirmed in so far as the adapter reads the device back; many only remember."""

    confirmed = True

    def __init__(self, core: CMMCorePlus, device: str, clock: Clock, *, opening_ms: float) -> None:
        if device not in core.getLoadedDevices():
            loaded = ", ".join(core.getLoadedDevices())
            raise Refused(f"shutter: Micro-Manager has no device {device!r}; loaded: {loaded}")
        kind = core.getDeviceType(device)
        if kind not in (DeviceType.Shutter, DeviceType.State):
            raise Refused(f"shutter: {device!r} is a {kind.name} in Micro-Manager, not a shutter")
        self._core, self._device, self._clock = core, device, clock
        self._is_state_device = kind == DeviceType.State
        self._opening_ns = round(opening_ms * 1e6)
        self._commanded = False

    @property
    def round_trip_ns(self) -> int | None:
        """The wire is Micro-Manager's."""
        return None

    def identify(self) -> str:
        """Adapter and device name."""
        core = self._core
        return f"{core.getDeviceLibrary(self._device)} {core.getDeviceName(self._device)}"

    @property
    def state(self) -> ShutterState:
        """What the adapter says; unknown until commanded."""
        if not self._commanded:
            return "unknown"
        try:
            return "open" if self._is_open() else "closed"
        except RuntimeError:
            return "unknown"

    def open(self) -> Sent:
        """Let light through."""
        return self._move(to=True)

    def close(self) -> Sent:
        """Block the light."""
        return self._move(to=False)

    def make_safe(self) -> None:
        """Close."""
        self.close()

    def shout(self) -> bool:
        """Close it, and wait for nothing."""
        try:
            self._send(to=False)
        except RuntimeError:
            return False
        return True

    def close_port(self) -> None:
        """The port belongs to Micro-Manager."""

    def _move(self, *, to: bool) -> Sent:
        asked_ns = self._clock.now_ns()
        try:
            self._send(to=to)
            sent_ns = self._clock.now_ns()
            self._core.waitForDevice(self._device)
            is_open = self._is_open()
        except RuntimeError as why:
            self._commanded = False
            raise DeviceFault(f"shutter {self._device}: {why}") from why
        self._commanded = True
        if is_open != to:
            verb = "open" if to else "close"
            raise DeviceFault(f"shutter {self._device} was told to {verb} and did not")
        done_ns = self._clock.now_ns()
        return Sent(asked_ns, sent_ns, None, done_ns, asked_ns, done_ns + self._opening_ns)

    def _send(self, *, to: bool) -> None:
        if self._is_state_device:
            self._core.setState(self._device, int(to))
        else:
            self._core.setShutterOpen(self._device, to)

    def _is_open(self) -> bool:
        if self._is_state_device:
            return self._core.getState(self._device) != 0
        return self._core.getShutterOpen(self._device)
