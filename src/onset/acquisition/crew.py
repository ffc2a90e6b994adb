"""All hands of a bench: steps go to the wire they belong to, reports come back in one queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from onset.acquisition.engine import Due
from onset.acquisition.hands import Answer, Done, Hand, Report
from onset.acquisition.light import LightLog
from onset.acquisition.messages import PumpView, ShutterView
from onset.acquisition.pump_hand import Delivery, PumpHand
from onset.acquisition.shutter_hand import ShutterHand
from onset.experiment.clock import Clock
from onset.experiment.files import did_you_mean
from onset.experiment.protocol import (
    PumpStep,
    PumpStop,
    Set,
    ShutterClose,
    ShutterOpen,
    Step,
    Withdraw,
)
from onset.experiment.records import Mark, Stamps
from onset.experiment.rig import PropertyValue
from onset.hardware.bench import Bench
from onset.hardware.core import set_property
from onset.hardware.semantic import Direction, PumpJob
from onset.planning.resolve import Load, pump_of

HANG_S = 0.2
"""In an emergency a hand that has not obeyed after this time is taken for one that hangs."""
SHUTTER_S = 0.5
"""Real time that the shutter may take before the pumps are stopped all the same."""
END_S = 3.0
"""Real time that a hand is given to end."""


class Crew:
    """Owns the threads; every device is touched by its own hand only."""

    def __init__(
        self,
        bench: Bench,
        steps: Sequence[Step],
        held: Mapping[str, Load],
        light: LightLog,
        clock: Clock,
    ) -> None:
        self._bench, self._steps, self._clock = bench, tuple(steps), clock
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
                left_ul=lambda name=name: bench.left_ul(name),  # type: ignore[misc]
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

    def move_shutter(self, *, opens: bool, answer: Answer | None = None, because: str = "") -> None:
        """By hand, or for a limit's sake."""
        if self._shutter is None:
            if answer is not None:
                answer(f"the rig '{self._bench.rig.name}' has no shutter")
            return
        now_ns = self._clock.now_ns()
        self._shutter.move(None, now_ns, opens=opens, answer=answer, because=because)

    def run_pump(self, name: str, what: str, job: PumpJob, answer: Answer) -> None:
        """By hand."""
        hand = self._pumps.get(name)
        if hand is None:
            answer(self._no_pump(name))
        else:
            hand.deliver(what, job, self._clock.now_ns(), answer)

    def stop_pumps(self, name: str | None, answer: Answer) -> None:
        """By hand: one, or all."""
        if name is not None and name not in self._pumps:
            answer(self._no_pump(name))
            return
        hands = [self._pumps[name]] if name is not None else list(self._pumps.values())
        together = _Together(len(hands), answer)
        for hand in hands:
            hand.stop_delivery(None, self._clock.now_ns(), together)

    def set_property(self, device: str, name: str, value: PropertyValue, answer: Answer) -> None:
        """By hand."""
        self._core.do(lambda: set_property(self._bench.core, device, name, value), answer)

    @property
    def is_halted(self) -> bool:
        """Was there an emergency?"""
        return any(hand.is_halted for hand in self._hands())

    @property
    def is_busy(self) -> bool:
        """Does a pump run?"""
        return any(hand.is_running for hand in self._pumps.values())

    def stop_at_once(self) -> list[str]:
        """Emergency, from any thread: instead of all that waits, and past whoever hangs.

        Shutter first, pumps second; this crew does nothing else any more. Returns the names of
        those of whom nobody knows.
        """
        for hand in self._hands():
            hand.halt()
        now_ns, unknown = self._clock.now_ns(), []
        told = _Told(self._pumps.keys())
        if self._shutter is not None:
            closed = threading.Event()
            self._shutter.move(
                None, now_ns, opens=False, answer=_if_done(closed), first=True, because="emergency"
            )
            if not closed.wait(HANG_S) and not self._shutter.shout_close():
                unknown.append("shutter")
        for name, hand in self._pumps.items():
            hand.stop_delivery(None, now_ns, _if_done(told.events[name]), first=True)
        until_s = time.monotonic() + HANG_S
        for name, hand in self._pumps.items():
            stopped = told.events[name].wait(max(0.0, until_s - time.monotonic()))
            if not stopped and not hand.shout_stop():
                unknown.append(name)
        return unknown

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

    @property
    def hung(self) -> frozenset[str]:
        """Names of the hands that did not end: their wires are still held."""
        return frozenset(hand.who for hand in self._hands() if hand.is_alive())

    def _no_pump(self, name: str) -> str:
        hint = did_you_mean(name, self._pumps)
        return f"pump '{name}' is not on the rig '{self._bench.rig.name}' {hint}"

    def _hands(self) -> list[Hand]:
        shutter: list[Hand] = [self._shutter] if self._shutter else []
        return [*shutter, *self._pumps.values(), self._core]

    def _deliveries(self, pump: str) -> list[Delivery]:
        rig = self._bench.rig
        return [
            Delivery(number, step.do, _job(step))
            for number, step in enumerate(self._steps)
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


class _Together:
    """One answer for several hands: the first refusal, or none when all have answered."""

    def __init__(self, hands: int, answer: Answer) -> None:
        self._left, self._answer, self._lock = hands, answer, threading.Lock()
        if not hands:
            answer(None)

    def __call__(self, refused: str | None) -> None:
        with self._lock:
            if self._left <= 0:
                return
            self._left = 0 if refused is not None else self._left - 1
            over = self._left == 0
        if over:
            self._answer(refused)


class _Told:
    def __init__(self, names: Iterable[str]) -> None:
        self.events = {name: threading.Event() for name in names}


def _if_done(event: threading.Event) -> Answer:
    return lambda refused: event.set() if refused is None else None


def _job(step: PumpStep) -> PumpJob:
    direction: Direction = "withdraw" if isinstance(step, Withdraw) else "infuse"
    return PumpJob(direction, step.rate_ul_min, step.volume_ul)
