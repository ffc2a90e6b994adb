"""The top bar: what is connected, what will run, what goes on, and STOP."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from onset.acquisition.messages import Status
from onset.viewer.axis import minutes
from onset.viewer.colours import theme
from onset.viewer.elided import Elided
from onset.viewer.icons import icon

Mode = Literal["start", "set up", "run", "watch", "replay"]
RUN_TIP = "Start the protocol (Ctrl+R)"
ANALYSE_TIP = "Measure every onset: tables, figures and report beside the recording"
REPORT_TIP = "Open the report of this recording"
NAPARI_TIP = "Open this recording in napari, beside this window"
INJECT_TIP = "Begin the protocol's next injection at once (Ctrl+J)"
SURE, SURE_MS = "Abort: sure?", 4000
SHOWN: dict[str, tuple[str, ...]] = {
    "start": (),
    "set up": ("check", "run", "stop", "disconnect"),
    "run": ("abort", "inject", "note", "progress", "stop"),
    "watch": (),
    "replay": (),
}


class TopBar(QWidget):
    """Says what a person wants; shows what it is told."""

    check_asked = Signal()
    run_asked = Signal()
    abort_asked = Signal()
    inject_asked = Signal()
    stop_asked = Signal()
    disconnect_asked = Signal()
    set_up_asked = Signal()
    home_asked = Signal()
    note_begun = Signal()
    note_written = Signal(str)
    theme_toggled = Signal()
    fit_asked = Signal()
    napari_asked = Signal()
    report_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.home = _tool("Start page (Ctrl+Home)")
        self.name, self.detail = QLabel("onset"), Elided("")
        self.phase = QLabel("")
        self.progress = QProgressBar()
        self.check = QPushButton("Check")
        self.run = QPushButton("Run")
        self.abort = QPushButton("Abort")
        self.inject = QPushButton("Inject now")
        self.note = QLineEdit()
        self.disconnect_button = QPushButton("Disconnect")
        self.set_up = QPushButton("New run")
        self.stop = QPushButton("STOP")
        self.report = QPushButton("Analyse")
        self.report.setToolTip(ANALYSE_TIP)
        self.napari = _tool(NAPARI_TIP)
        self.light, self.fit = _tool("Light or dark (Ctrl+L)"), _tool("Show the whole field (F)")
        self._sure = QTimer(self)
        self._sure.setSingleShot(True)
        self._sure.timeout.connect(self._calm)
        self._lay_out()
        self._connect()
        self.restyle()

    def show_mode(self, mode: Mode, *, ended: bool, connected: bool) -> None:
        """Only what is needed now."""
        shown = set(SHOWN[mode])
        if mode == "run" and ended:
            shown = {"set_up", "stop", "disconnect"}
        if mode in ("start", "watch", "replay") and connected:
            shown |= {"stop"}
        parts: dict[str, QWidget] = {
            "check": self.check, "run": self.run, "abort": self.abort, "inject": self.inject,
            "note": self.note, "progress": self.progress, "stop": self.stop,
            "disconnect": self.disconnect_button, "set_up": self.set_up,
        }  # fmt: skip
        for name, part in parts.items():
            part.setVisible(name in shown)
        self.home.setVisible(mode != "start" and not (mode == "run" and not ended))
        self.fit.setVisible(mode != "start")
        self.napari.setVisible(mode in ("run", "watch", "replay"))
        self.report.setVisible(mode == "replay" or (mode == "run" and ended))

    def show_name(self, name: str, detail: str) -> None:
        """What is open."""
        self.name.setText(name)
        self.detail.setText(detail)

    def show_phase(self, words: str, colour: str) -> None:
        """What goes on."""
        if self.phase.text() != words:
            self.phase.setText(words)
        sheet = f"color: {colour}"
        if self.phase.styleSheet() != sheet:
            self.phase.setStyleSheet(sheet)

    def show_status(self, status: Status) -> None:
        """Progress of a run, and whether an injection can begin."""
        self.show_phase(*phase_words(status))
        if status.end_s:
            self.progress.setRange(0, round(status.end_s * 10))
            self.progress.setValue(min(round(status.t_s * 10), round(status.end_s * 10)))
        undone = [step for step in status.steps if step.state == "to come"]
        ready = bool(undone) and undone[0].text.startswith("inject") and status.phase == "running"
        why = "The next step of the protocol is not an injection"
        self.inject.setEnabled(ready)
        self.inject.setToolTip(INJECT_TIP if ready else why)
        self.abort.setEnabled(status.phase == "running")

    def allow_run(self, why_not: str) -> None:
        """Whether the protocol can start, and why not."""
        self.run.setEnabled(not why_not)
        self.run.setToolTip(why_not or RUN_TIP)

    def allow_napari(self, why_not: str) -> None:
        """Whether napari can be opened, and why not."""
        self.napari.setEnabled(not why_not)
        self.napari.setToolTip(why_not or NAPARI_TIP)

    def show_report(self, *, there: bool, busy: bool) -> None:
        """Can the report be opened, or is it still to be made?"""
        self.report.setText("Analysing ..." if busy else "Report" if there else "Analyse")
        self.report.setToolTip(REPORT_TIP if there else ANALYSE_TIP)
        self.report.setEnabled(not busy)

    def begin_note(self) -> None:
        """The note's moment is now; its words follow."""
        if not self.note.isHidden():
            self.note_begun.emit()
            self.note.setFocus()

    def ask_abort(self) -> None:
        """The first time asks, the second time does it."""
        if self._sure.isActive():
            self._calm()
            self.abort_asked.emit()
            return
        self.abort.setText(SURE)
        self._sure.start(SURE_MS)

    def restyle(self) -> None:
        """In the colours of the theme in use."""
        text = theme().text
        for button, name in (
            (self.home, "undo"), (self.light, "sun"), (self.fit, "fit"),
            (self.napari, "layers"), (self.check, "check"),
            (self.abort, "abort"), (self.inject, "inject"),
        ):  # fmt: skip
            button.setIcon(icon(name, text))
        self.run.setIcon(icon("run", theme().ground))
        self.stop.setIcon(icon("stop", "#ffffff"))
        self._keep_room_to_ask()

    def _keep_room_to_ask(self) -> None:
        """Nothing in the bar moves away from the pointer when the button asks."""
        self.abort.setText(SURE)
        self.abort.ensurePolished()
        self.abort.setMinimumWidth(self.abort.sizeHint().width())
        self._calm()

    def _calm(self) -> None:
        self._sure.stop()
        self.abort.setText("Abort")

    def _write_note(self) -> None:
        words = self.note.text().strip()
        if words:
            self.note_written.emit(words)
        self.note.clear()
        self.note.clearFocus()

    def _connect(self) -> None:
        self.check.clicked.connect(self.check_asked)
        self.run.clicked.connect(self.run_asked)
        self.abort.clicked.connect(self.ask_abort)
        self.inject.clicked.connect(self.inject_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.disconnect_button.clicked.connect(self.disconnect_asked)
        self.set_up.clicked.connect(self.set_up_asked)
        self.home.clicked.connect(self.home_asked)
        self.note.returnPressed.connect(self._write_note)
        self.light.clicked.connect(self.theme_toggled)
        self.fit.clicked.connect(self.fit_asked)
        self.napari.clicked.connect(self.napari_asked)
        self.report.clicked.connect(self.report_asked)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(6)
        self.name.setObjectName("name")
        self.detail.setObjectName("detail")
        self.phase.setObjectName("phase")
        self.stop.setObjectName("stop")
        self.run.setObjectName("go")
        self.detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.detail.setMinimumWidth(60)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(110)
        self.note.setPlaceholderText("note (N)")
        self.note.setFixedWidth(130)
        self.note.setToolTip("A sentence for the record; it is dated by the key N (Enter)")
        self.inject.setToolTip(INJECT_TIP)
        self.run.setToolTip(RUN_TIP)
        self.check.setToolTip("Timeline, volumes, dose, disk: can this run? (Ctrl+K)")
        self.abort.setToolTip("End the run in order: shutter closed, pumps stopped; asks once")
        self.set_up.setToolTip("Back to the rig's preview")
        self.disconnect_button.setToolTip("Make safe and give the devices back")
        self.stop.setToolTip("Emergency stop: shutter closed, pumps stopped, at once (Shift+Esc)")
        self.stop.setAccessibleName("Emergency stop")
        for button in (self.check, self.run, self.abort, self.inject, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self.home)
        row.addWidget(self.name)
        row.addWidget(self.detail, 1)
        for widget in (
            self.phase, self.progress, self.note, self.inject, self.check, self.run, self.abort,
            self.set_up, self.disconnect_button, self.report, self.napari, self.fit,
            self.light, self.stop,
        ):  # fmt: skip
            row.addWidget(widget)


def phase_words(status: Status) -> tuple[str, str]:
    """What goes on, and its colour."""
    colours = theme()
    match status.phase:
        case "running":
            of = f" / {minutes(status.end_s)}" if status.end_s else ""
            return f"\N{BLACK CIRCLE} RUN {minutes(status.t_s)}{of}", colours.green
        case "ending":
            return "ending: making safe", colours.amber
        case "ended":
            verdict = status.verdict
            word = verdict.status if verdict else "ended"
            bad = {"failed": colours.red, "aborted": colours.amber}
            return word, bad.get(word, colours.green)
        case "opening":
            return status.message or "opening the rig", colours.amber
        case "preview":
            return "preview", colours.faint
        case "ready":
            return "ready", colours.faint
    return "", colours.faint


def _tool(tip: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
