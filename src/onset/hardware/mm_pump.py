"""A pump that Micro-Manager drives as a volumetric pump; what it delivered is reckoned by time.

Adapters neither report a stall nor agree on the sign of a withdrawal, so rate and volume both
carry it. A pump with a driver of our own is better driven by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from pymmcore_plus import CMMCorePlus, DeviceType

from onset.errors import DeviceFault, Refused
from onset.experiment.clock import NS, Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.semantic import PumpJob, PumpState, PumpStatus, Sent

Value = TypeVar("Value")


class MicroManagerPump:
    """`pumpStart`, `pumpDispenseVolumeUl`, `volumetricPumpStop`; rates in uL/s."""

    round_trip_ns: int | None = None

    def __init__(
        self,
        name: str,
        core: CMMCorePlus,
        device: str,
        clock: Clock,
        *,
        syringe_ul: float,
        content_ul: float,
    ) -> None:
        self.name = name
        self._core, self._device, self._clock = core, device, clock
        self._job: PumpJob | None = None
        self._started_ns: int | None = None
        self._rate_ul_s = self._before_ul = 0.0
        self._check_kind()
        self._do(lambda: core.setPumpMaxVolume(device, syringe_ul))
        if self._do(lambda: core.getPumpVolume(device)) <= 0:
            self._do(lambda: core.setPumpVolume(device, content_ul))

    def identify(self) -> str:
        """Adapter and device name."""
        core = self._core
        return f"{core.getDeviceLibrary(self._device)} {core.getDeviceName(self._device)}"

    @property
    def watchdog_s(self) -> None:
        """It has none."""
        return None

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Stop it and set the rate."""
        self.stop()
        self._set_rate(job.direction, job.rate_ul_min)
        self._job, self._before_ul = job, 0.0
        return ()

    def start(self) -> Sent:
        """Start the job."""
        job = self._job
        if job is None:
            raise DeviceFault(f"pump {self.name} was not prepared")
        sent = self._timed(lambda: self._begin(job.volume_ul))
        self._started_ns = sent.latest_ns
        return sent

    def stop(self) -> Sent:
        """Stop."""
        sent = self._timed(lambda: self._core.volumetricPumpStop(self._device))
        self._before_ul = self._delivered_ul(sent.earliest_ns)
        self._started_ns = None
        return sent

    def change_rate(self, rate_ul_min: float) -> Sent:
        """Stop, set, go on: adapters refuse a change while they pump."""
        if self._job is None or self._started_ns is None:
            raise DeviceFault(f"pump {self.name} is not running")
        direction, volume_ul = self._job.direction, self._job.volume_ul
        asked_ns = self._clock.now_ns()
        self.stop()
        self._set_rate(direction, rate_ul_min)
        left_ul = None if volume_ul is None else volume_ul - self._before_ul
        sent = self._timed(lambda: self._begin(left_ul))
        self._started_ns = sent.latest_ns
        return Sent(asked_ns, sent.sent_ns, None, None, asked_ns, sent.latest_ns)

    def status(self) -> PumpStatus:
        """By account: time since the start at the rate that was set."""
        delivered_ul = self._delivered_ul(self._clock.now_ns())
        job = self._job
        if job is None or self._started_ns is None:
            return PumpStatus("stopped", delivered_ul)
        moving: PumpState = "infusing" if job.direction == "infuse" else "withdrawing"
        over = job.volume_ul is not None and delivered_ul >= job.volume_ul
        return PumpStatus("stopped" if over else moving, delivered_ul)

    def feed(self) -> None:
        """There is no watchdog."""

    def make_safe(self) -> None:
        """Stop."""
        self.stop()

    def shout(self) -> bool:
        """Stop, and wait for nothing."""
        try:
            self._core.volumetricPumpStop(self._device)
        except RuntimeError:
            return False
        return True

    def close(self) -> None:
        """The port belongs to Micro-Manager."""

    def _check_kind(self) -> None:
        loaded = self._core.getLoadedDevices()
        if self._device not in loaded:
            raise Refused(
                f"pump {self.name}: Micro-Manager has no device {self._device!r}; "
                f"loaded: {', '.join(loaded)}"
            )
        kind = self._core.getDeviceType(self._device)
        if kind != DeviceType.VolumetricPump:
            raise Refused(
                f"pump {self.name}: {self._device!r} is a {kind.name} in Micro-Manager, "
                "not a volumetric pump"
            )

    def _set_rate(self, direction: str, rate_ul_min: float) -> None:
        self._rate_ul_s = rate_ul_min / 60.0
        signed = self._rate_ul_s if direction == "infuse" else -self._rate_ul_s
        self._do(lambda: self._core.setPumpFlowrate(self._device, signed))
        kept = self._do(lambda: self._core.getPumpFlowrate(self._device))
        if not math.isclose(abs(kept), self._rate_ul_s, rel_tol=1e-2):
            raise DeviceFault(
                f"pump {self.name} was told {self._rate_ul_s:g} uL/s and says {kept:g}"
            )

    def _begin(self, volume_ul: float | None) -> None:
        if volume_ul is None:
            self._core.pumpStart(self._device)
        else:
            infuses = self._job is None or self._job.direction == "infuse"
            self._core.pumpDispenseVolumeUl(self._device, volume_ul if infuses else -volume_ul)

    def _delivered_ul(self, t_ns: int) -> float:
        if self._started_ns is None:
            return self._before_ul
        reckoned_ul = self._before_ul + max(0, t_ns - self._started_ns) / NS * self._rate_ul_s
        target_ul = None if self._job is None else self._job.volume_ul
        return reckoned_ul if target_ul is None else min(reckoned_ul, target_ul)

    def _timed(self, act: Callable[[], None]) -> Sent:
        asked_ns = self._clock.now_ns()
        self._do(act)
        done_ns = self._clock.now_ns()
        return Sent(asked_ns, done_ns, None, done_ns, asked_ns, done_ns)

    def _do(self, act: Callable[[], Value]) -> Value:
        try:
            return act()
        except RuntimeError as why:
            raise DeviceFault(f"pump {self.name}: {why}") from why


def open_mm_pump(name: str, spec: PumpSpec, core: CMMCorePlus, clock: Clock) -> MicroManagerPump:
    """The pump with the label that the rig names."""
    assert spec.device is not None
    return MicroManagerPump(
        name, core, spec.device, clock, syringe_ul=spec.syringe_ul, content_ul=spec.content_ul
    )
