"""The operator of an open bench: one command after the other, by hand, and whole runs."""

from __future__ import annotations

import queue
import time
from collections import deque
from dataclasses import replace

from onset.acquisition.camera_desk import CameraDesk
from onset.acquisition.crew import Crew
from onset.acquisition.deeds import describe_command
from onset.acquisition.dressed_link import DressedLink
from onset.acquisition.emergency import Emergency
from onset.acquisition.hand_light import HandLight
from onset.acquisition.hands import Answer, Done, Fault, Told, as_fault
from onset.acquisition.link import Asked, Link
from onset.acquisition.messages import (
    OPENED,
    Abort,
    AddNote,
    Autoshutter,
    CloseRig,
    Command,
    Confirm,
    Deed,
    EmergencyStop,
    Ended,
    Finish,
    InjectNow,
    MoveShutter,
    NameField,
    OpenRig,
    Phase,
    Preview,
    PrimePump,
    Reply,
    RunPump,
    SetBinning,
    SetExposure,
    SetGain,
    SetProperty,
    SetRoi,
    StartRun,
    Status,
    StopPump,
)
from onset.acquisition.property_list import PropertyList
from onset.acquisition.recorded_run import carry_out_run
from onset.acquisition.wires import WireLog
from onset.errors import OnsetError, Refused
from onset.experiment.clock import Clock
from onset.experiment.rig import Rig
from onset.hardware.bench import Bench
from onset.hardware.semantic import PumpJob
from onset.planning.resolve import Load
from onset.recording.session import utc_now

TICK_S = 0.005
STATUS_S = 0.1
ORPHAN_S = 10.0
"""An instrument without a run waits so long for another supervisor, then closes the rig."""
DEEDS = 20


class Operator:
    """Lives as long as its rig is open."""

    def __init__(
        self,
        order: OpenRig,
        rig: Rig,
        bench: Bench,
        clock: Clock,
        link: Link,
        emergency: Emergency,
        wires: WireLog,
    ) -> None:
        self._order, self._rig, self._bench, self._clock = order, rig, bench, clock
        self._link, self._emergency, self._wires = link, emergency, wires
        self._desk = CameraDesk(bench.camera, clock, rig.camera.exposure_ms)
        self._light = HandLight(rig, clock)
        self._deeds: deque[Deed] = deque(maxlen=DEEDS)
        self._closing: Answer | None = None
        self._orphan_since_s: float | None = None
        self._told_s = 0.0
        self._message = ""
        self._autoshutter = self._is_darkening = False
        self._verdict: Ended | None = None
        self._hung: frozenset[str] = frozenset()
        self._crew = self._engage()
        self._properties = PropertyList(bench.core)

    def serve(self) -> bool:
        """Until the rig is to be closed; false where something hangs that may not be safe."""
        self._show(force=True)
        self._link.post(Reply(OPENED))
        while self._closing is None and not self._hung:
            for asked in self._link.commands():
                self._obey(asked)
            self._hear()
            self._look_at_preview()
            self._look_at_light()
            self._look_for_an_emergency()
            self._look_for_an_end()
            self._show()
            time.sleep(TICK_S)
        self._stop_preview()
        self._dismiss()
        self._show(force=True)
        self._properties.close()
        if self._closing is not None:
            self._closing(None)
        return not self._hung

    # commands

    def _obey(self, asked: Asked) -> None:
        said = []

        def answer(refused: str | None) -> None:
            said.append(refused)
            self._note(asked, refused)
            asked.answer(refused)

        try:
            if self._closing is not None:
                raise Refused("the rig is being closed")
            self._do(asked.command, answer)
        except OnsetError as refusal:
            if said:
                raise
            answer(str(refusal))

    def _do(self, command: Command, answer: Answer) -> None:
        """Do it, or hand it to whoever answers when it is done."""
        match command:
            case MoveShutter():
                self._refuse_more_light(command)
                self._crew.move_shutter(opens=command.opens, answer=answer)
            case RunPump():
                job = PumpJob(command.direction, command.rate_ul_min, command.volume_ul)
                what = "inject" if command.direction == "infuse" else "withdraw"
                self._crew.run_pump(command.pump, what, job, answer)
            case PrimePump():
                job = PumpJob("infuse", command.rate_ul_min, command.volume_ul)
                self._crew.run_pump(command.pump, "prime", job, answer)
            case StopPump():
                self._crew.stop_pumps(command.pump, answer)
            case SetProperty():
                self._set_property(command, answer)
            case StartRun():
                self._run(command, answer)
            case CloseRig():
                self._closing = answer
            case EmergencyStop():
                self._stop_preview()
                answer(None)
            case AddNote() | Confirm() | InjectNow() | Abort() | Finish():
                raise Refused("no run goes on")
            case OpenRig():
                raise Refused(f"the rig '{self._rig.name}' is open: close it first")
            case _:
                self._set(command)
                answer(None)

    def _set(self, command: Command) -> None:
        settings = self._desk.settings
        match command:
            case Preview():
                self._start_preview() if command.on else self._stop_preview()
            case SetExposure():
                self._desk.change(replace(settings, exposure_ms=command.exposure_ms))
            case SetRoi():
                roi = (command.x, command.y, command.width, command.height)
                self._desk.change(replace(settings, roi=roi if any(roi) else None))
            case SetBinning():
                self._desk.change(replace(settings, binning=command.binning))
            case SetGain():
                self._desk.change(replace(settings, gain=command.gain))
            case Autoshutter():
                self._autoshutter = command.on
                if self._desk.preview is not None:
                    self._crew.move_shutter(opens=command.on and self._light.reached() is None)
            case NameField():
                self._light.name(command.field)
            case _:
                raise Refused(f"{type(command).__name__} is not possible now")

    def _set_property(self, command: SetProperty, done: Answer) -> None:
        def answer(refused: str | None) -> None:
            self._properties.renew()
            done(refused)

        if command.device != self._bench.camera.label:
            self._crew.set_property(command.device, command.name, command.value, answer)
            return
        self._desk.set_property(command.name, command.value)
        answer(None)

    def _start_preview(self) -> None:
        if self._desk.preview is not None:
            return
        self._desk.start_preview()
        if self._autoshutter and self._light.reached() is None:
            self._crew.move_shutter(opens=True)

    def _stop_preview(self) -> None:
        if self._desk.preview is not None and self._autoshutter:
            self._crew.move_shutter(opens=False)
        self._desk.stop_preview()
        self._look_whether_camera_hangs()

    def _look_at_preview(self) -> None:
        why = self._desk.why_preview_ended()
        if why is not None:
            self._stop_preview()
            self._message = why
        self._look_whether_camera_hangs()

    def _look_whether_camera_hangs(self) -> None:
        if self._desk.hangs:
            self._hung |= {"camera"}

    def _refuse_more_light(self, command: MoveShutter) -> None:
        limit = self._light.reached()
        if command.opens and limit is not None:
            raise Refused(f"the shutter stays closed: {limit}")

    def _look_at_light(self) -> None:
        """Close at the limit."""
        if self._crew.shutter in ("closed", "") or self._is_darkening:
            return
        limit = self._light.reached()
        if limit is not None:
            self._is_darkening = True
            self._message = f"the shutter was closed: {limit}"
            self._crew.move_shutter(opens=False, answer=self._darkened, because=limit)

    def _darkened(self, refused: str | None) -> None:
        self._is_darkening = False
        if refused is not None:
            self._message = refused

    # runs

    def _run(self, command: StartRun, answer: Answer) -> None:
        if self._crew.is_busy:
            raise Refused("a pump is running: stop it first")
        self._stop_preview()
        self._dismiss()
        if self._hung:
            raise Refused(f"{', '.join(sorted(self._hung))} hangs")
        self._message, self._verdict = "", None
        try:
            self._verdict = self._carried_out(command, answer)
        finally:
            if not self._hung:
                self._message = self._desk.restore() or self._message
                self._crew = self._engage()
        self._link.post(self._verdict)
        self._told_s = 0.0

    def _carried_out(self, command: StartRun, answer: Answer) -> Ended:
        begun = False

        def begin() -> None:
            nonlocal begun
            begun = True
            answer(None)

        try:
            end = carry_out_run(
                command, self._order, self._rig, self._bench, self._clock, self._desk.settings,
                DressedLink(self._link, self._dressed, self._note), self._emergency, self._wires,
                field=self._light.field, begun=begin,
            )  # fmt: skip
        except OnsetError as fault:
            if not begun:
                raise
            return Ended("failed", as_fault("the recording", fault), command.folder)
        self._hung |= end.hung
        return end.ended

    # hands

    def _engage(self) -> Crew:
        held = {name: Load(spec.reagent, spec.ug_per_ml) for name, spec in self._rig.pumps.items()}
        crew = Crew(self._bench, (), held, self._light.begin(), self._clock)
        crew.start()
        self._emergency.take_charge_of(crew)
        return crew

    def _dismiss(self) -> None:
        self._crew.go_safe(self._clock.now_ns())
        self._crew.finish()
        self._light.book()
        self._hung |= self._crew.hung

    def _hear(self) -> None:
        while True:
            try:
                report = self._crew.reports.get_nowait()
            except queue.Empty:
                return
            match report:
                case Fault():
                    self._mend(as_fault(report.who, report.fault))
                    return
                case Told() if report.kind == "note":
                    self._message = report.text
                case Done() | Told():
                    pass

    def _mend(self, fault: str) -> None:
        """A device is at fault: make safe what can be, and take new hands."""
        self._dismiss()
        others = self._bench.make_safe(self._hung)
        self._message = "; ".join([fault, *map(str, others)])
        if not self._hung:
            self._crew = self._engage()

    def _look_for_an_emergency(self) -> None:
        """Whoever has stopped in one does nothing any more: the next command finds new hands."""
        if self._crew.is_halted and not self._emergency.is_busy:
            self._stop_preview()
            self._dismiss()
            if not self._hung:
                self._crew = self._engage()

    def _look_for_an_end(self) -> None:
        if self._link.must_end:
            self._closing = _nobody
        if not self._link.is_orphan:
            self._orphan_since_s = None
            return
        self._orphan_since_s = self._orphan_since_s or time.monotonic()
        if time.monotonic() - self._orphan_since_s > ORPHAN_S:
            self._closing = _nobody

    # what is shown

    def _show(self, *, force: bool = False) -> None:
        now_s = time.monotonic()
        if not (force or self._link.is_awaited) and now_s - self._told_s < STATUS_S:
            return
        self._told_s = now_s
        preview = self._desk.preview
        phase: Phase = "ready" if preview is None else "preview"
        self._link.tell(
            self._dressed(
                Status(
                    phase=phase,
                    message=self._message,
                    speed=self._clock.speed,
                    shutter=self._crew.shutter,
                    pumps=self._crew.pumps,
                    frames_per_s=preview.frames_per_s if preview else 0.0,
                    dose=self._light.view,
                    preview=preview.path if preview else None,
                    folder=self._verdict.folder if self._verdict else None,
                )
            )
        )

    def _dressed(self, status: Status) -> Status:
        """With what holds in and out of a run."""
        return replace(
            status,
            rig=self._rig.name,
            camera=self._desk.view,
            properties=self._properties.file,
            autoshutter=self._autoshutter,
            deeds=tuple(self._deeds),
            verdict=self._verdict,
        )

    def _note(self, asked: Asked, refused: str | None, t_s: float | None = None) -> None:
        what = describe_command(asked.command)
        text = what if refused is None else f"{what}: refused, {refused}"
        self._deeds.append(Deed(t_s, utc_now(), asked.who, text))


def _nobody(_: str | None) -> None:
    """Waits for an answer."""
