"""One run: steps become due and are carried out, frames are recorded, and it always ends safe."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol as Interface

from onset.acquisition.crew import Crew
from onset.acquisition.disk import DiskWatch, Look
from onset.acquisition.engine import Due, Engine
from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.hands import Done, Fault, Told, as_fault
from onset.acquisition.light import LightLog
from onset.acquisition.messages import (
    Abort,
    AddNote,
    Command,
    Confirm,
    EmergencyStop,
    Question,
    RunStatus,
    Status,
)
from onset.errors import DeviceFault, RecordingFault
from onset.experiment.clock import NS, Clock
from onset.experiment.protocol import Ask, LastingStep, Note, Protocol
from onset.experiment.records import Mark, Stamps
from onset.experiment.timeline import describe, timeline
from onset.hardware.bench import Bench
from onset.planning.resolve import Load
from onset.recording.write import Recorder

TICK_S = 0.002
"""Real time between two looks at the clock."""
STATUS_S = 0.1

PREPARE_S = 30.0


class Link(Interface):
    """The run's connection to whoever watches it."""

    def commands(self) -> list[Command]:
        """Commands that have come since the last call."""
        ...

    def tell(self, status: Status) -> None:
        """Show how the run stands."""
        ...

    @property
    def is_orphan(self) -> bool:
        """Is nobody there any more?"""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended."""

    status: RunStatus
    reason: str | None


class Run:
    """Carries a protocol out on an open bench into a recorder."""

    def __init__(
        self,
        bench: Bench,
        protocol: Protocol,
        held: Mapping[str, Load],
        recorder: Recorder,
        clock: Clock,
        link: Link,
        exposure: Exposure,
    ) -> None:
        self._bench, self._protocol, self._recorder = bench, protocol, recorder
        self._clock, self._link = clock, link
        self._light = LightLog(has_shutter=bench.shutter is not None)
        self._crew = Crew(bench, protocol, held, self._light, clock)
        self._film = Filming(bench.camera, recorder, self._light, clock, exposure)
        self._engine = Engine(protocol.steps, protocol.end)
        self._end_s = timeline(protocol, exposure.exposure_ns / NS).end_s
        self._questions: dict[int, Mark] = {}
        self._verdict: Verdict | None = None
        self._told = _Pace()
        self._disk = DiskWatch()
        self._orphaned = False

    def carry_out(self) -> Verdict:
        """Run to the end, whatever ends it; shutter closed first, pumps stopped second."""
        try:
            self._prepare()
            self._film.start()
            while self._verdict is None:
                self._turn()
                threading.Event().wait(TICK_S)
        except Exception as fault:  # noqa: BLE001 - whatever happens, the end below must follow
            self._end("failed", as_fault("the run", fault))
        self._go_safe()
        return self._verdict or Verdict("failed", "ended without a verdict")

    @property
    def achieved_speed(self) -> float:
        """Experiment seconds per real second, over the whole run."""
        return self._told.speed

    @property
    def lost(self) -> dict[str, int]:
        """Frames that are known to be lost, by cause: camera, core, disk."""
        return self._film.lost

    @property
    def expected(self) -> int:
        """Frames that the camera is known to have made since the first."""
        return self._recorder.written + sum(self.lost.values())

    def _prepare(self) -> None:
        self._crew.start()
        patience = _Patience(PREPARE_S)
        while not self._crew.is_prepared and self._verdict is None:
            self._hear()
            self._obey()
            self._show("opening", "preparing the pumps")
            patience.spend("the pumps were not ready in time")

    def _turn(self) -> None:
        self._hear()
        self._obey()
        self._look_for_faults()
        t_s = self._t_s()
        if t_s is not None and self._verdict is None:
            for due in self._engine.due(t_s, self._film.since_first):
                self._begin(due)
            if self._engine.is_over(t_s):
                self._end("complete", None)
        self._show("running")

    def _t_s(self) -> float | None:
        if not self._film.begun.is_set():
            return None
        return (self._clock.now_ns() - self._film.first_start_ns) / NS

    def _begin(self, due: Due) -> None:
        due_ns = self._film.first_start_ns + round(due.due_s * NS)
        match due.step:
            case LastingStep():
                values = {"duration_s": due.step.duration_s}
                self._write(self._instant(due.step.do, due.number, due_ns, values))
            case Note():
                self._write(self._instant("note", due.number, due_ns, {"text": due.step.text}))
                self._engine.finished(due.number, due.due_s)
            case Ask():
                asked = self._instant("ask", due.number, due_ns, {"text": due.step.text})
                self._questions[due.number] = asked
            case _:
                self._crew.carry_out(due, due_ns)

    def _instant(
        self, what: str, step: int | None, due_ns: int, values: Mapping[str, object]
    ) -> Mark:
        now_ns = self._clock.now_ns()
        return Mark(what, step, Stamps(due_ns, now_ns, now_ns), now_ns, now_ns, values)

    def _write(self, mark: Mark) -> None:
        self._recorder.ledger.write("mark", mark, self._clock.now_ns(), sync=True)

    def _hear(self) -> None:
        """Reports of the hands."""
        while True:
            try:
                report = self._crew.reports.get_nowait()
            except queue.Empty:
                return
            match report:
                case Done():
                    if report.mark is not None:
                        self._write(report.mark)
                        self._film.hear(report.mark)
                    if report.step is not None and report.over:
                        self._engine.finished(report.step, self._t_s() or 0.0)
                case Told():
                    note = {"text": report.text}
                    self._recorder.ledger.write(report.kind, note, self._clock.now_ns())
                case Fault():
                    self._end("failed", as_fault(report.who, report.fault))

    def _obey(self) -> None:
        for command in self._link.commands():
            match command:
                case Abort():
                    self._end("aborted", command.reason)
                case EmergencyStop():
                    self._end("aborted", f"emergency stop: {command.reason}")
                case Confirm():
                    self._answer(command.step)
                case AddNote():
                    now_ns = self._clock.now_ns()
                    self._write(self._instant("note", None, now_ns, {"text": command.text}))
        if self._link.is_orphan and not self._orphaned:
            self._orphaned = True
            text = f"the program that watched this run is gone: {self._protocol.on_orphan}"
            self._recorder.ledger.write("orphan", {"text": text}, self._clock.now_ns(), sync=True)
            if self._protocol.on_orphan == "abort":
                self._end("aborted", text)

    def _answer(self, step: int) -> None:
        asked = self._questions.pop(step, None)
        if asked is None:
            return
        now_ns = self._clock.now_ns()
        stamps = Stamps(asked.stamps.due_ns, asked.earliest_ns, asked.earliest_ns, now_ns, now_ns)
        self._write(Mark("ask", step, stamps, asked.earliest_ns, now_ns, asked.values))
        self._engine.finished(step, self._t_s() or 0.0)

    def _look_for_faults(self) -> None:
        film = self._film
        if film.fault is not None:
            self._end("failed", as_fault("the camera", film.fault))
        elif not film.is_alive() and film.ident is not None:
            if self._protocol.end.when == "camera-stops" and film.begun.is_set():
                self._end("complete", None)
            else:
                self._end("failed", "the camera stopped by itself")
        elif self._recorder.fault is not None:
            self._end("failed", str(self._recorder.fault))

    def _end(self, status: RunStatus, reason: str | None) -> None:
        """The first reason counts."""
        if self._verdict is None:
            self._verdict = Verdict(status, reason)

    def _go_safe(self) -> None:
        """Shutter, pumps, camera, in this order; then the devices once more without the hands."""
        self._show("ending", force=True)
        self._crew.go_safe(self._clock.now_ns())
        self._crew.finish()
        self._film.stop()
        if self._film.ident is not None:
            self._film.join(60.0)
        self._hear_the_rest()
        for fault in self._bench.make_safe():
            self._end_worse(f"not known to be safe: {fault}")
        if self._film.fault is not None:
            self._end_worse(as_fault("the camera", self._film.fault))

    def _hear_the_rest(self) -> None:
        try:
            self._hear()
        except RecordingFault as fault:
            self._end_worse(str(fault))

    def _end_worse(self, reason: str) -> None:
        before = self._verdict
        if before is None or before.status == "complete":
            self._verdict = Verdict("failed", reason)
        elif before.reason != reason:
            self._verdict = Verdict(before.status, f"{before.reason}; {reason}")

    def _show(self, phase: str, message: str = "", *, force: bool = False) -> None:
        if not (force or self._told.is_due()):
            return
        self._look_at_disk()
        t_s = self._t_s() or 0.0
        written = self._recorder.written
        self._told.note(t_s, written)
        buffer = self._bench.camera.buffer
        doing = tuple(describe(self._protocol.steps[number]) for number in self._engine.begun())
        question = next(
            (
                Question(number, str(mark.values["text"]))
                for number, mark in self._questions.items()
            ),
            None,
        )
        self._link.tell(
            Status(
                phase=phase,  # type: ignore[arg-type]
                message=message,
                t_s=t_s,
                end_s=self._end_s,
                written=written,
                dropped=self._recorder.missing if self._bench.rig.camera.frame_counter else None,
                frames_per_s=self._told.frames_per_s,
                buffer_used=buffer.used / max(1, buffer.capacity),
                speed=self._told.speed,
                shutter=self._crew.shutter,
                pumps=self._crew.pumps,
                doing=doing,
                question=question,
            )
        )

    def _look_at_disk(self) -> None:
        recorder = self._recorder
        free = shutil.disk_usage(recorder.folder).free
        written_bytes = recorder.written * recorder.layout.stride
        look = Look(time.monotonic(), written_bytes, free)
        shortage = self._disk.shortage(look, recorder.written)
        if shortage is not None:
            self._end("failed", shortage)


class _Patience:
    """Waits in short naps of real time, not for ever."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def spend(self, complaint: str) -> None:
        if time.monotonic() > self._until:
            raise DeviceFault(complaint)
        time.sleep(TICK_S)


class _Pace:
    """Frame rate and achieved speed, from one status to the next."""

    def __init__(self) -> None:
        self._last_real = 0.0
        self._first: tuple[float, float] | None = None
        self._window: list[tuple[float, int]] = []
        self.frames_per_s = 0.0
        self.speed = 1.0

    def is_due(self) -> bool:
        """Is it time for another status?"""
        return time.monotonic() - self._last_real >= STATUS_S

    def note(self, t_s: float, written: int) -> None:
        """A status is sent now."""
        self._last_real = time.monotonic()
        if t_s > 0:
            self._first = self._first or (self._last_real, t_s)
            real = self._last_real - self._first[0]
            self.speed = (t_s - self._first[1]) / real if real > 0.5 else self.speed
        self._window = [*self._window[-10:], (t_s, written)]
        (t0, n0), (t1, n1) = self._window[0], self._window[-1]
        self.frames_per_s = (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0
