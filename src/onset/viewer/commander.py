"""A person's wishes become commands, refusals become sentences; no widget in here."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from qtpy.QtCore import QObject, Signal

from onset.acquisition.messages import (
    Abort,
    AddNote,
    CloseRig,
    Command,
    Confirm,
    EmergencyStop,
    InjectNow,
    OpenRig,
    Preview,
    SetRoi,
    StartRun,
    Status,
)
from onset.acquisition.registry import Entry
from onset.experiment.files import read_text
from onset.experiment.rig import Rig, parse_rig
from onset.viewer.canvas import Region
from onset.viewer.controls.later import Later
from onset.viewer.controls.link import Link
from onset.viewer.lines import is_safe, what_stopped

STOP_SENT = "EMERGENCY STOP sent: shutter first, then the pumps."
UNSAFE_S = 5.0
"""A rig that is not safe by then is told, and told again when it is."""


class Commander(QObject):
    """Talks through a `Link`; knows which rig's file was opened."""

    said = Signal(str, str)
    """A sentence, and how bad it is."""
    unsaid = Signal(str)
    """A sentence that has been followed by a better one."""
    progressed = Signal(str)
    could_not_open = Signal(str)
    rig_known = Signal(object)
    """The rig's file was read."""

    def __init__(self, later: Later, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.link = Link(self)
        self.speed = 1.0
        """Of a simulated rig's clock."""
        self.rig: Rig | None = None
        self.rig_file: Path | None = None
        self._later = later
        self._note_ns: int | None = None
        self._stopped_s, self._stop_said = 0.0, ""
        self.stopping = False
        self.link.status_came.connect(self._watch_stop)
        self.link.refused.connect(self._refused)
        self.link.failed.connect(self.could_not_open)

    def open_rig(self, file: Path) -> None:
        """Start a supervisor where there is none, connect to all that the file names, preview."""
        self.progressed.emit(f"reading {file.name}")

        def read() -> Rig:
            return parse_rig(read_text(file), file)

        self._later.do("rig", read, self._open, self.could_not_open.emit)

    def attach(self, entry: Entry) -> None:
        """Command a rig that somebody else opened."""
        self.progressed.emit(f"attaching to process {entry.pid}")
        self.link.attach(entry)

    def close_rig(self) -> None:
        """Give the devices back."""
        self.send(CloseRig(), "disconnect")

    def preview(self, *, on: bool) -> None:
        """Show the camera."""
        self.send(Preview(on), "preview")

    def start_run(self, file: Path, text: str) -> None:
        """Carry the protocol out, as it stands in the form."""
        folder = new_folder(file.stem)
        self.send(StartRun(file, text, folder), f"run {file.stem}")

    def inject_now(self) -> None:
        """The protocol's next injection, at once."""
        self.send(InjectNow(), "inject now")

    def abort(self) -> None:
        """End in order."""
        self.send(Abort("asked for in the window"), "abort")

    def begin_note(self) -> None:
        """The moment that a note belongs to."""
        self._note_ns = time.perf_counter_ns()

    def write_note(self, words: str) -> None:
        """The words of the note; without a moment of its own it belongs to now."""
        self.send(AddNote(words, self._note_ns or time.perf_counter_ns()), "note")
        self._note_ns = None

    def confirm(self, step: int) -> None:
        """What was asked of a person has been done."""
        self.send(Confirm(step), "confirm")

    def set_region(self, region: Region) -> None:
        """Read out this part of what is read out now."""
        camera = self.link.status.camera
        left, top = camera.roi[:2] if camera is not None else (0, 0)
        binning = (camera.binning or 1) if camera is not None else 1
        x, y, width, height = (
            side * binning for side in (region.x, region.y, region.width, region.height)
        )
        self.send(SetRoi(left + x, top + y, width, height), "set the region")

    def stop(self) -> None:
        """Emergency: at once, never refused; says what it did."""
        self._stopped_s = time.monotonic()
        if not self.link.is_connected:
            self.said.emit("STOP: not connected to a rig, nothing could be stopped here.", "error")
            return
        self.stopping = True
        self._say_stop(STOP_SENT, "warning")
        self.link.send(EmergencyStop("STOP in the window"), "emergency stop")

    def send(self, command: Command, what: str) -> None:
        """Ask; a refusal is said."""
        self.link.send(command, what)

    def close(self) -> None:
        """Leave; a run goes on."""
        self.link.close()

    def _open(self, rig: Rig) -> None:
        self.rig, self.rig_file = rig, rig.file
        self.rig_known.emit(rig)
        command = OpenRig(rig.file.resolve(), rig.text, self.speed)

        def ask() -> None:
            self.progressed.emit(f"opening '{rig.name}': camera, pumps, shutter")
            self.link.send(command, "open", lambda: self.preview(on=True))

        if self.link.is_connected:
            ask()
        else:
            self.progressed.emit("starting the supervisor")
            self.link.start(ask)

    def _refused(self, what: str, why: str) -> None:
        if what == "open":
            self.could_not_open.emit(why)
        else:
            self.said.emit(f"{what}: {why}" if what else why, "error")

    def _watch_stop(self, status: Status) -> None:
        """Tell what an emergency stop has done, as soon as the devices say so."""
        if not self.stopping:
            return
        took_s = time.monotonic() - self._stopped_s
        safe = is_safe(status)
        if safe:
            self.stopping = False
            self._say_stop(what_stopped(status, took_s), "warning")
        elif took_s > UNSAFE_S and self._stop_said == STOP_SENT:
            self._say_stop(what_stopped(status, took_s), "error")

    def _say_stop(self, sentence: str, severity: str) -> None:
        """One sentence at a time: the newest takes the place of the one before."""
        self.unsaid.emit(self._stop_said)
        self._stop_said = sentence
        self.said.emit(sentence, severity)


def new_folder(name: str) -> Path:
    """Where the next recording goes."""
    when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    return (Path("recordings") / f"{when}_{name}").resolve()
