"""The hand of one pump: prepares it ahead of time, starts it, watches its volume."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from onset.acquisition.hands import HALTED, WATCH_S, Answer, Done, Hand, Tell, Told, mark_of
from onset.acquisition.messages import PumpView
from onset.errors import DeviceFault, Refused
from onset.experiment.clock import NS, Clock
from onset.experiment.records import Mark
from onset.hardware.run_output import Edge, RunOutput
from onset.hardware.semantic import Pump, PumpJob, PumpState, PumpStatus, Sent

SHORT_UL, SHORT_PART = 1.0, 0.02
"""A pump that stops by itself may miss this volume or this part of it (its number format)."""
EDGE_WITHIN_S = 0.3
"""A run output is waited for this much longer than the motor may lag."""
BY_HAND = -1
"""In place of a step's number."""
MOVES: dict[str, PumpState] = {"infuse": "infusing", "withdraw": "withdrawing"}
LATE_S, LATE_PART = 3.0, 0.05
"""A pump may run this much longer than planned before it counts as a fault."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One step of a pump."""

    step: int
    what: str
    job: PumpJob

    @property
    def place(self) -> int | None:
        """Number of its step, None where a person asked for it."""
        return None if self.step == BY_HAND else self.step


@dataclass(slots=True)
class _Running:
    delivery: Delivery
    earliest_ns: int


class PumpHand(Hand):
    """Prepares a pump ahead of time, starts it with one short command and watches it."""

    def __init__(
        self,
        pump: Pump,
        deliveries: Iterable[Delivery],
        clock: Clock,
        tell: Tell,
        *,
        motor_lag_ms: float,
        reagent: str,
        ug_per_ml: float | None,
        left_ul: Callable[[], float | None],
        run_output: RunOutput | None = None,
    ) -> None:
        super().__init__(pump.name, clock, tell)
        self._left_ul, self._left = left_ul, left_ul()
        self._run_output = run_output
        self._pump, self._waiting = pump, deque(deliveries)
        self._prepared: Delivery | None = None
        self._running: _Running | None = None
        self._looked_ns = 0
        self._lag_ns = round(motor_lag_ms * 1e6)
        self._reagent, self._ug_per_ml = reagent, ug_per_ml
        self._last = PumpStatus("stopped", 0.0)

    @property
    def view(self) -> PumpView:
        """The pump as it was seen last."""
        running, ready = self._running, self._prepared
        job = running.delivery.job if running else (ready.job if ready else None)
        state = self._last.state if running else ("ready" if ready else "stopped")
        return PumpView(
            self._pump.name,
            state,
            self._last.delivered_ul,
            job.volume_ul if job else None,
            job.rate_ul_min if job else 0.0,
            direction=job.direction if job else "infuse",
            left_ul=self._left,
            reagent=self._reagent,
            ug_per_ml=self._ug_per_ml,
        )

    @property
    def is_running(self) -> bool:
        """Is a delivery under way?"""
        return self._running is not None

    @property
    def is_idle(self) -> bool:
        """Is nothing left to be said to the pump for now?"""
        return not self._line and (self._prepared is not None or not self._waiting)

    def prepare_next(self) -> None:
        """The slow talking, ahead of time."""
        self.do(self._prepare)

    def start_delivery(self, step: int, due_ns: int) -> None:
        """Start the delivery of this step."""

        def job() -> None:
            if self.is_halted:
                return  # the run is at its end
            ready = self._prepared
            if ready is None or ready.step != step:
                raise DeviceFault(f"pump '{self.who}' was not prepared for step {step + 1}")
            sent, edge = self._start_watched()
            self._prepared, self._running = None, _Running(ready, sent.earliest_ns)
            self._last = PumpStatus(MOVES[ready.job.direction], 0.0)
            self._looked_ns = self._clock.now_ns()
            endless = ready.job.volume_ul is None
            mark = self._liquid_mark(ready.what, step, due_ns, sent, _values(ready.job))
            mark = mark if edge is None else _dated(mark, edge, self._run_output)
            self._tell(Done(step, mark, over=endless))

        self.do(job)

    def _start_watched(self) -> tuple[Sent, Edge | None]:
        """Start the pump, with an eye on its run output where there is one."""
        if self._run_output is None:
            return self._pump.start(), None
        with self._run_output.watch() as watch:
            sent = self._pump.start()
            edge = watch.edge(self._lag_ns / NS + EDGE_WITHIN_S)
        if edge is None:
            text = f"{self.who}: its run output ({self._run_output.where}) told no start"
            self._tell(Told("note", text))
        return sent, edge

    def deliver(self, what: str, wanted: PumpJob, due_ns: int, answer: Answer) -> None:
        """By hand: prepare and start at once."""

        def job() -> None:
            if self._running is not None:
                raise Refused(f"pump '{self.who}' is running: stop it first")
            for sentence in self._pump.prepare(wanted):
                self._tell(Told("setting", f"{self.who}: {sentence}"))
            if self.is_halted:
                raise Refused(HALTED)
            sent = self._pump.start()
            self._running = _Running(Delivery(BY_HAND, what, wanted), sent.earliest_ns)
            self._last = PumpStatus(MOVES[wanted.direction], 0.0)
            self._looked_ns = self._clock.now_ns()
            mark = self._liquid_mark(what, None, due_ns, sent, _values(wanted))
            self._tell(Done(None, mark, over=False))

        self.do(job, answer)

    def stop_delivery(
        self, step: int | None, due_ns: int, answer: Answer | None = None, *, first: bool = False
    ) -> None:
        """Stop now."""

        def job() -> None:
            sent = self._pump.stop()
            self._last = self._pump.status()
            self._left = self._left_ul()
            stopped, self._running = self._running, None
            values = {"delivered_ul": self._last.delivered_ul}
            self._tell(Done(step, self._liquid_mark("pump-stop", step, due_ns, sent, values)))
            if stopped is not None and stopped.delivery.job.volume_ul is not None:
                self._tell(Done(stopped.delivery.place))
            self._prepare()

        self.do(job, answer, first=first, safe=True)

    def shout_stop(self) -> bool:
        """Past a job that hangs: write it without listening."""
        return self._pump.shout()

    def look_after(self) -> None:
        """Watch the volume of a running delivery."""
        now_ns = self._clock.now_ns()
        if self._running is None or now_ns - self._looked_ns < WATCH_S * NS:
            return
        self._looked_ns = now_ns
        self._last = self._pump.status()
        self._left = self._left_ul()
        self._judge(self._running, self._last, now_ns)

    def _judge(self, running: _Running, seen: PumpStatus, now_ns: int) -> None:
        job, name = running.delivery.job, self.who
        if seen.state == "alarm":
            raise DeviceFault(f"pump '{name}' alarm: {seen.alarm}")
        moving = seen.state == MOVES[job.direction]
        if job.volume_ul is None:
            if not moving:
                raise DeviceFault(f"pump '{name}' stopped by itself ({seen.state})")
            return
        if not moving:
            missing = job.volume_ul - seen.delivered_ul
            if missing > max(SHORT_UL, SHORT_PART * job.volume_ul):
                raise DeviceFault(
                    f"pump '{name}' stopped early ({seen.state}): "
                    f"{seen.delivered_ul:.4g} of {job.volume_ul:g} uL"
                )
            self._over(running, seen)
            return
        planned_s = 60 * job.volume_ul / job.rate_ul_min
        if (now_ns - running.earliest_ns) / NS > planned_s * (1 + LATE_PART) + LATE_S:
            raise DeviceFault(f"pump '{name}' still runs {LATE_S:g} s after its volume was due")

    def _over(self, running: _Running, seen: PumpStatus) -> None:
        self._running = None
        self._tell(Told("delivered", f"{self.who}: {seen.delivered_ul:.4g} uL"))
        self._tell(Done(running.delivery.place))
        self._prepare()

    def _prepare(self) -> None:
        if not self._waiting or self._running is not None or self._prepared is not None:
            return
        delivery = self._waiting.popleft()
        for sentence in self._pump.prepare(delivery.job):
            self._tell(Told("setting", f"{self.who}: {sentence}"))
        self._prepared = delivery

    def _liquid_mark(
        self, what: str, step: int | None, due_ns: int, sent: Sent, values: Mapping[str, object]
    ) -> Mark:
        return mark_of(
            what,
            step,
            due_ns,
            sent,
            values=values,
            lag_ns=self._lag_ns,
            pump=self.who,
            reagent=self._reagent,
            ug_per_ml=self._ug_per_ml,
        )


def _dated(mark: Mark, edge: Edge, run_output: RunOutput | None) -> Mark:
    """The mark as its run output dates it: no lag of a motor is left to be feared."""
    values = {**mark.values, "dated_by": run_output.where if run_output else ""}
    return replace(mark, earliest_ns=edge.earliest_ns, latest_ns=edge.latest_ns, values=values)


def _values(job: PumpJob) -> Mapping[str, object]:
    return {"rate_ul_min": job.rate_ul_min, "volume_ul": job.volume_ul}
