"""All hands of a bench: steps go to the wire they belong to, reports come back in one queue."""

from __future__ import annotations

import queue
from collections.abc import Mapping

from onset.acquisition.engine import Due
from onset.acquisition.hands import Delivery, Done, Hand, PumpHand, Report, ShutterHand
from onset.acquisition.light import LightLog
from onset.acquisition.messages import PumpView, ShutterView
from onset.experiment.clock import Clock
from onset.experiment.protocol import (
    Protocol,
    PumpStep,
    PumpStop,
    Set,
    ShutterClose,
    ShutterOpen,
    Withdraw,
)
from onset.experiment.records import Mark, Stamps
from onset.hardware.bench import Bench
from onset.hardware.core import set_property
from onset.hardware.semantic import Direction, PumpJob
from onset.planning.resolve import Load, pump_of

SHUTTER_S = 0.5
"""Real time that the shutter may take before the pumps are stopped all the same."""
END_S = 3.0
"""Real time that a hand is given to end."""


class Crew:
    """Owns the threads; every device is touched by its own hand only."""

    def __init__(
        self,
        bench: Bench,
        protocol: Protocol,
        held: Mapping[str, Load],
        light: LightLog,
        clock: Clock,
    ) -> None:
        self._bench, self._protocol, self._clock = bench, protocol, clock
        self.reports: queue.Queue[Report] = queue.Queue(maxsize=10_000)
        tell = self.reports.put_nowait
        self._core = Hand("camera properties", clock, tell)
        self._shutter = (
            ShutterHand(bench.shutter, light, clock, tell) if bench.shutter is not None else None
        )
        self._pumps = {
            name: PumpHand(
                pump,
                self._deliveries(name),
                clock,
                tell,
                motor_lag_ms=bench.rig.pumps[name].motor_lag_ms,
                reagent=held[name].reagent,
                ug_per_ml=held[name].ug_per_ml,
                run_output=bench.run_outputs.get(name),
            )
            for name, pump in bench.pumps.items()
        }

    def start(self) -> None:
        """Start all hands; the pumps are prepared at once."""
        for hand in self._hands():
            hand.start()
        for hand in self._pumps.values():
            hand.prepare_next()

    @property
    def is_prepared(self) -> bool:
        """Has every pump heard all it must know before its first delivery?"""
        return all(hand.is_idle for hand in self._pumps.values())

    @property
    def shutter(self) -> ShutterView:
        """State of the shutter, empty where there is none."""
        return self._shutter.state if self._shutter else ""

    @property
    def pumps(self) -> tuple[PumpView, ...]:
        """The pumps as they were seen last."""
        return tuple(hand.view for hand in self._pumps.values())

    def carry_out(self, due: Due, due_ns: int) -> None:
        """Hand a step to the wire it belongs to."""
        number, step = due.number, due.step
        match step:
            case ShutterOpen() | ShutterClose():
                assert self._shutter is not None, "check refuses shutter steps without a shutter"
                self._shutter.move(number, due_ns, opens=step.do == "shutter-open")
            case PumpStop():
                names = [step.pump] if step.pump else list(self._pumps)
                for name in names:
                    self._pumps[name].stop_delivery(number, due_ns)
            case PumpStep():
                self._pumps[pump_of(step, self._bench.rig)].start_delivery(number, due_ns)
            case Set():
                self._core.do(lambda: self._set(number, step, due_ns))

    def go_safe(self, due_ns: int) -> None:
        """Close what is open, then stop what runs; each leaves its mark."""
        if self._shutter is not None and self._shutter.state != "closed":
            self._shutter.move(None, due_ns, opens=False)
            self._shutter.wait(SHUTTER_S)
        for hand in self._pumps.values():
            if hand.is_running:
                hand.stop_delivery(None, due_ns)

    def finish(self) -> None:
        """Let every hand do what it was given, shutter first, then end."""
        for hand in self._hands():
            hand.finish(END_S)

    def _hands(self) -> list[Hand]:
        shutter: list[Hand] = [self._shutter] if self._shutter else []
        return [*shutter, *self._pumps.values(), self._core]

    def _deliveries(self, pump: str) -> list[Delivery]:
        rig = self._bench.rig
        return [
            Delivery(number, step.do, _job(step))
            for number, step in enumerate(self._protocol.steps)
            if isinstance(step, PumpStep) and pump_of(step, rig) == pump
        ]

    def _set(self, number: int, step: Set, due_ns: int) -> None:
        camera = self._bench.camera
        before_ms, asked_ns = camera.exposure_ms, self._clock.now_ns()
        set_property(self._bench.core, step.device, step.property, step.value)
        done_ns = self._clock.now_ns()
        stamps = Stamps(due_ns, asked_ns, done_ns, None, done_ns)
        values = {"device": step.device, "property": step.property, "value": step.value}
        if camera.exposure_ms != before_ms:
            values |= {"exposure_before_ms": before_ms, "exposure_ms": camera.exposure_ms}
        self.reports.put_nowait(
            Done(number, Mark("set", number, stamps, asked_ns, done_ns, values))
        )


def _job(step: PumpStep) -> PumpJob:
    direction: Direction = "withdraw" if isinstance(step, Withdraw) else "infuse"
    return PumpJob(direction, step.rate_ul_min, step.volume_ul)
