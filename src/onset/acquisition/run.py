"""One run: steps become due and are carried out, frames are recorded, and it always ends safe."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from onset.acquisition.crew import Crew
from onset.acquisition.deeds import describe_command
from onset.acquisition.dose import DoseMeter
from onset.acquisition.emergency import Emergency
from onset.acquisition.engine import Due, Engine
from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.hands import Done, Fault, Told, as_fault
from onset.acquisition.light import LightLog, Shade
from onset.acquisition.link import Asked
from onset.acquisition.messages import (
    Abort,
    AddNote,
    Command,
    Confirm,
    EmergencyStop,
    Finish,
    InjectNow,
    MoveShutter,
    Phase,
    Question,
    RunStatus,
    SetProperty,
    StopPump,
)
from onset.acquisition.run_link import Link
from onset.acquisition.run_view import RunView
from onset.acquisition.runlog import say
from onset.acquisition.wakefulness import SleepWatch, clocks_s
from onset.errors import DeviceFault, Refused
from onset.experiment.clock import NS, Clock
from onset.experiment.protocol import Ask, LastingStep, Note, Protocol, ShutterOpen
from onset.experiment.records import Mark, Stamps
from onset.experiment.timeline import timeline
from onset.hardware.bench import Bench
from onset.planning.resolve import Load
from onset.recording.write import Recorder

TICK_S = 0.002
"""Real time between two looks at the clock."""

PREPARE_S = 30.0
CAMERA_END_S = 15.0
"""Real time that the camera and the disk are given to end."""
SILENT_S = 2.0
"""A supervisor that says nothing for so long is written down; the run goes on."""


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
        emergency: Emergency,
        exposure: Exposure,
        dose: DoseMeter,
    ) -> None:
        self._bench, self._protocol, self._recorder = bench, protocol, recorder
        self._clock, self._link = clock, link
        self._light = LightLog(has_shutter=bench.shutter is not None)
        self._crew = Crew(bench, protocol.steps, held, self._light, clock)
        emergency.take_charge_of(self._crew)
        self._dose = dose
        self._shade = Shade(protocol.light)
        mj_per_s = dose.mj_per_cm2(1.0) if bench.shutter is not None else None
        self._film = Filming(bench.camera, recorder, self._light, clock, exposure, mj_per_s)
        self._engine = Engine(protocol.steps, protocol.end)
        self._view = RunView(
            bench, protocol, recorder, self._film, self._crew, self._engine, dose,
            timeline(protocol, exposure.exposure_ns / NS).end_s,
        )  # fmt: skip
        self._questions: dict[int, Mark] = {}
        self._verdict: Verdict | None = None
        self._sleep = SleepWatch()
        self._orphaned = self._silent = False
        self._injected_s: float | None = None
        self._darkened = False
        self.hung: frozenset[str] = frozenset()
        """Names of threads that did not end: their wires are still held."""

    def carry_out(self) -> Verdict:
        """Run to the end, whatever ends it; shutter closed first, pumps stopped second."""
        try:
            self._prepare()
            self._film.start()
            while self._verdict is None:
                self._turn()
                time.sleep(TICK_S)
        except Exception as fault:  # noqa: BLE001 - whatever happens, the end below must follow
            self._end("failed", as_fault("the run", fault))
        self._go_safe()
        self._attempt(self._hear)
        self._attempt(lambda: self._show("ending", force=True))
        return self._verdict or Verdict("failed", "ended without a verdict")

    @property
    def achieved_speed(self) -> float:
        """Experiment seconds per real second, over the whole run."""
        return self._view.speed

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
            self._look_at_light()
            if self._engine.is_over(t_s):
                self._end("complete", None)
        self._show("running")

    def _look_at_light(self) -> None:
        """Close at the limit, for good; close and open around what needs no frame."""
        self._dose.count(self.open_s)
        limit = self._dose.reached()
        if limit is not None and not self._darkened:
            self._darkened = True
            if self._crew.shutter != "closed":
                self._crew.move_shutter(opens=False, because=limit)
        steps = [self._protocol.steps[number] for number in self._engine.begun()]
        move = self._shade.look(steps)
        if move is not None and not self._darkened and self._crew.shutter != "":
            why = "light for frames only"
            self._crew.move_shutter(opens=move == "open", because=why)

    @property
    def open_s(self) -> float:
        """How long light may have fallen, at most."""
        return self._light.open_ns(self._clock.now_ns()) / NS

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
            case ShutterOpen() if self._darkened:
                text = f"step {due.number + 1} does not open the shutter: {self._dose.reached()}"
                self._write(self._instant("note", due.number, due_ns, {"text": text}))
                self._engine.finished(due.number, due.due_s)
            case _:
                self._crew.carry_out(due, due_ns)

    def _instant(
        self, what: str, step: int | None, due_ns: int, values: Mapping[str, object]
    ) -> Mark:
        now_ns = self._clock.now_ns()
        return Mark(what, step, Stamps(due_ns, now_ns, now_ns), now_ns, now_ns, values)

    def _log(self, what: str, device: str, cause: str = "", level: int = logging.INFO) -> None:
        say(what, device=device, cause=cause, t_s=self._t_s(), level=level)

    def _write(self, mark: Mark) -> None:
        self._log(_told(mark), mark.pump or mark.what, str(mark.values.get("because", "")))
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
                        self._remember(report.mark)
                        self._shade.hear(report.mark)
                    if report.step is not None and report.over:
                        self._engine.finished(report.step, self._t_s() or 0.0)
                case Told():
                    note = {"text": report.text}
                    self._recorder.ledger.write(report.kind, note, self._clock.now_ns())
                    self._log(report.text, report.kind)
                case Fault():
                    self._log(
                        str(report.fault), report.who, type(report.fault).__name__, logging.ERROR
                    )
                    self._end("failed", as_fault(report.who, report.fault))

    def _remember(self, mark: Mark) -> None:
        if mark.what == "inject":
            self._injected_s = (mark.earliest_ns - self._film.first_start_ns) / NS

    def _obey(self) -> None:
        for asked in self._link.commands():
            try:
                self._do(asked)
            except Refused as refusal:
                self._say(asked, str(refusal))
        self._look_for_supervisor()

    def _say(self, asked: Asked, refused: str | None) -> None:
        text = {"who": asked.who, "command": type(asked.command).__name__, "refused": refused}
        self._recorder.ledger.write("command", text, self._clock.now_ns())
        self._link.note(asked, refused, self._t_s())
        self._log(describe_command(asked.command), asked.who, refused or "")
        asked.answer(refused)

    def _do(self, asked: Asked) -> None:
        """Do it, or hand it to whoever answers when it is done."""
        command = asked.command
        match command:
            case MoveShutter():
                if command.opens and self._darkened:
                    raise Refused(f"the shutter stays closed: {self._dose.reached()}")
                self._crew.move_shutter(
                    opens=command.opens, answer=lambda refused: self._later(asked, refused)
                )
            case StopPump():
                self._crew.stop_pumps(command.pump, lambda refused: self._later(asked, refused))
            case SetProperty():
                self._refuse_camera(command)
                self._crew.set_property(
                    command.device,
                    command.name,
                    command.value,
                    lambda refused: self._later(asked, refused),
                )
            case _:
                self._decide(command, asked.who)
                self._say(asked, None)

    def _later(self, asked: Asked, refused: str | None) -> None:
        """A hand answers: in its own thread, so what is to be written goes through the queue."""
        self._crew.reports.put_nowait(Told("command", f"{asked.who}: {asked.command}"))
        self._link.note(asked, refused, self._t_s())
        asked.answer(refused)

    def _decide(self, command: Command, who: str) -> None:
        match command:
            case Abort():
                self._end("aborted", command.reason)
            case EmergencyStop():
                self._end("aborted", f"emergency stop: {command.reason}")
            case Finish():
                self._finish(command)
            case Confirm():
                self._answer(command.step)
            case InjectNow():
                self._inject_now()
            case AddNote():
                self._note(command, who)
            case _:
                raise Refused("not possible while a run goes on")

    def _finish(self, command: Finish) -> None:
        payload = {"rule": command.rule, "seen": command.seen}
        self._recorder.ledger.write("stop-when", payload, self._clock.now_ns(), sync=True)
        self._end("complete", f"{command.rule}: {command.seen}")

    def _note(self, command: AddNote, who: str) -> None:
        now_ns = self._clock.now_ns()
        pressed_ns = command.pressed_ns if self._clock.speed == 1.0 else None
        begun_ns = min(now_ns, pressed_ns or now_ns)
        values = {"text": command.text, "who": who}
        stamps = Stamps(begun_ns, begun_ns, now_ns)
        self._write(Mark("note", None, stamps, begun_ns, now_ns, values))

    def _inject_now(self) -> None:
        t_s = self._t_s()
        if t_s is None:
            raise Refused("the first frame has not come yet")
        due = self._engine.hasten(t_s)
        self._begin(due)

    def _refuse_camera(self, command: SetProperty) -> None:
        if command.device == self._bench.camera.label:
            raise Refused("the camera is not changed while it records")

    def _look_for_supervisor(self) -> None:
        if self._link.must_end:
            self._end("aborted", self._link.must_end)
        if self._link.is_orphan and not self._orphaned:
            text = f"the program that watched this run is gone: {self._protocol.on_orphan}"
            self._recorder.ledger.write("orphan", {"text": text}, self._clock.now_ns(), sync=True)
            if self._protocol.on_orphan == "abort":
                self._end("aborted", text)
        if self._orphaned and not self._link.is_orphan:
            text = "another supervisor has taken this run over"
            self._recorder.ledger.write("orphan", {"text": text}, self._clock.now_ns(), sync=True)
        self._orphaned = self._link.is_orphan
        silent = self._link.silent_s > SILENT_S
        if silent != self._silent:
            text = "the supervisor is silent" if silent else "the supervisor speaks again"
            self._recorder.ledger.write("note", {"text": text}, self._clock.now_ns())
        self._silent = silent

    def _answer(self, step: int) -> None:
        asked = self._questions.pop(step, None)
        if asked is None:
            raise Refused(f"step {step + 1} asks nothing now")
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
            level = logging.ERROR if status == "failed" else logging.INFO
            self._log(status, "run", reason or "", level)
            self._verdict = Verdict(status, reason)

    def _go_safe(self) -> None:
        """Shutter, pumps, camera, in this order; then the devices once more without the hands."""
        self._crew.go_safe(self._clock.now_ns())
        self._attempt(lambda: self._show("ending", force=True))
        self._crew.finish()
        self._film.stop()
        if self._film.ident is not None:
            self._film.join(CAMERA_END_S)
        self.hung = self._crew.hung | ({"camera"} if self._film.is_alive() else set())
        for name in sorted(self.hung):
            self._end_worse(f"{name} hangs")
        for fault in self._bench.make_safe(self.hung):
            self._end_worse(f"not known to be safe: {fault}")
        if self._film.fault is not None:
            self._end_worse(as_fault("the camera", self._film.fault))

    def _attempt(self, act: Callable[[], None]) -> None:
        """At the end: the disk may have gone, and what is left is done all the same."""
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - the run ends with its verdict in any case
            self._end_worse(as_fault("the run", fault))

    def _end_worse(self, reason: str) -> None:
        before = self._verdict
        if before is None or before.status == "complete":
            self._verdict = Verdict("failed", reason)
        elif before.reason != reason:
            self._verdict = Verdict(before.status, f"{before.reason}; {reason}")

    def _show(self, phase: Phase, message: str = "", *, force: bool = False) -> None:
        if not (force or self._link.is_awaited or self._view.is_due):
            return
        self._look_for_sleep()
        status = self._view.look(self._t_s() or 0.0, self._injected_s, phase, message)
        self._link.tell(replace(status, question=self._question()))
        if self._view.shortage is not None:
            self._end("failed", self._view.shortage)

    def _look_for_sleep(self) -> None:
        slept_s = self._sleep.look(*clocks_s())
        if slept_s is not None:
            text = f"the computer slept for {slept_s:.1f} s, or its clock was set by as much"
            self._recorder.ledger.write("sleep", {"text": text}, self._clock.now_ns(), sync=True)
            self._log(text, "computer", level=logging.WARNING)

    def _question(self) -> Question | None:
        asked = next(iter(self._questions.items()), None)
        return None if asked is None else Question(asked[0], str(asked[1].values["text"]))


def _told(mark: Mark) -> str:
    values = ", ".join(f"{key} {value}" for key, value in mark.values.items())
    return f"{mark.what} {values}".rstrip()


class _Patience:
    """Waits in short naps of real time, not for ever."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def spend(self, complaint: str) -> None:
        if time.monotonic() > self._until:
            raise DeviceFault(complaint)
        time.sleep(TICK_S)
