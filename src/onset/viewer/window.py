"""The window: set up, run, watch, replay; it holds no device and never waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QMainWindow

from onset.acquisition.messages import MoveShutter, Status
from onset.experiment.rig import Rig
from onset.recording.ceiling import MOST
from onset.viewer import colours
from onset.viewer.column import Column
from onset.viewer.commander import Commander
from onset.viewer.conductor import Conductor
from onset.viewer.controls.later import Later
from onset.viewer.controls.link import running
from onset.viewer.dress import sheet
from onset.viewer.film import Film
from onset.viewer.frame import split, stacked, whole
from onset.viewer.keys import add_keys, is_typing
from onset.viewer.notices import Notices
from onset.viewer.opening import Opened, Opening
from onset.viewer.picture_keys import picture_keys
from onset.viewer.picture_tools import PictureTools
from onset.viewer.places import protocol_files, recordings, rig_files
from onset.viewer.programs import Programs
from onset.viewer.question_bar import QuestionBar
from onset.viewer.settings import Memory
from onset.viewer.showing import Now, Parts, Showing
from onset.viewer.stage import Stage, timer
from onset.viewer.start_page import StartPage
from onset.viewer.statusline import StatusLine
from onset.viewer.top_bar import Mode, TopBar

FRAME_MS = 25
"""Quicker than thirty a second, so that none of thirty is missed."""
PANEL_MS = 250
"""Figures and curves: nobody reads faster."""


class Window(QMainWindow):
    """Puts the parts together; each says what a person wants, this passes it on."""

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "start"
        self.memory = Memory()
        colours.use(colours.LIGHT if self.memory.theme == "light" else colours.DARK)
        self.later = Later(self)
        self.commander = Commander(self.later, self)
        self.conductor = Conductor(lambda: self.mode, self)
        self.stage = Stage()
        self.column = Column(self.later)
        self.top_bar = TopBar()
        self.start_page = StartPage()
        self.notices, self.question, self.status_line = Notices(), QuestionBar(), StatusLine()
        self.programs = Programs(self.top_bar, self.notices)
        self.opening = Opening(self.later, self)
        self.film: Film | None = None
        parts = Parts(self.stage, self.column, self.top_bar, self.status_line, self.notices)
        self.showing = Showing(parts)
        self.tools = PictureTools(self, self.stage, self.column, self.notices, self.later)
        self._closed = False
        self._lay_out()
        self._connect()
        self._restyle()
        self.go(self.mode)
        self._frame_timer = timer(self, FRAME_MS, self.stage.tick)
        self._panel_timer = timer(self, PANEL_MS, self.refresh)

    @property
    def status(self) -> Status:
        """The newest snapshot of the instrument."""
        return self.conductor.status

    @property
    def is_connected(self) -> bool:
        """Can this window command a rig?"""
        return self.commander.link.is_connected

    @property
    def now(self) -> Now:
        """What is known at this moment."""
        return Now(self.mode, self.status, self.film, self.is_connected)

    def refresh(self) -> None:
        """Show what is known now."""
        if self._closed:
            return
        self.showing.refresh(self.now)
        self.programs.show(self.film)

    def begin(self) -> None:
        """The start page; or the rig that runs already, where there is exactly one."""
        there = running()
        self.go("start")
        if len(there) == 1 and (there[0].folder or there[0].rig):
            self.attach(there[0])

    def attach(self, entry: Any) -> None:
        """Command the rig of a running supervisor; a run is shown from its start."""
        self.commander.attach(entry)

    def open_rig(self, file: Path) -> None:
        """Connect to this rig."""
        self.memory.used("rigs", file.resolve())
        self.start_page.show_progress(f"connecting to {file.stem}")
        self.commander.open_rig(file)

    def open_recording(self, folder: Path, *, mode: Mode = "replay", speed: float = 1.0) -> None:
        """Show a recording; it is opened off Qt's thread."""
        self.opening.open(folder.resolve(), mode, speed)

    def go(self, mode: Mode) -> None:
        """Show only what this mode needs."""
        self.mode = mode
        self.centre.setCurrentIndex(0 if mode == "start" else 1)
        if mode == "start":
            self._offer()
        else:
            self.stage.canvas.setFocus()  # keys belong to the picture until a field is clicked
        self.column.show_mode(mode, connected=self.is_connected)
        self.showing.forget()
        self.refresh()

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """End timers and threads; a run goes on without the window."""
        if not self._closed:
            self._closed = True
            self._frame_timer.stop()
            self._panel_timer.stop()
            self.memory.keep_layout("window", self.saveGeometry())
            self.memory.keep_layout("split", self.split.saveState())
            self.memory.write()
            self.opening.close()
            self.later.close()
            self.stage.show_nothing()
            self.programs.leave()
            self.commander.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """A recording folder may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Open the recording that was dropped; not over a run."""
        if self.mode == "run" and not self.now.ended:
            self.notices.say("A run goes on: drop the recording on another window.", "warning")
            return
        for url in event.mimeData().urls()[:1]:
            path = Path(url.toLocalFile())
            self.open_recording(path if path.is_dir() else path.parent)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As large as a small laptop's screen lets it."""
        room = self.screen().availableSize()
        return QSize(min(room.width(), 1500), min(room.height(), 960))

    def _show_film(self, opened: Opened) -> None:
        film, mode = opened.film, opened.mode
        self.film = film
        ended = film.recording.status != "running"
        self.memory.used("recordings", film.recording.path)
        live = mode == "run" or (mode == "watch" and not ended)
        self.stage.show_recording(film.recording, live=live, speed=opened.speed)
        self.column.curves.forget()
        self.showing.start_over()
        self.column.devices.know(film.capacities_ul)
        self.column.rig.know(film.capacities_ul)
        self.setWindowTitle(f"{film.name} \N{EN DASH} onset")
        self.go(mode)
        self.column.open_tab("Curves")

    def _tell(self, message: str, instead_of: str) -> None:
        if instead_of:
            self.notices.dismiss(instead_of)
        self.notices.say(message, "warning")

    def _show_run(self, folder: Path) -> None:
        there = self.film is not None and self.film.recording.path == folder.resolve()
        if not (there and self.mode == "run"):
            self.open_recording(folder, mode="run")

    def _set_up(self) -> None:
        self.film = None
        self.stage.show_nothing()
        self.start_page.show_trouble("")
        self.go("set up")
        self.column.protocol.offer(protocol_files(self.memory.recent("protocols")))

    def _show_preview(self, status: Status) -> None:
        feed = self.stage.preview
        if status.preview is None:
            if feed is not None:
                self.stage.show_nothing()
            self.stage.canvas.empty_text = "No preview. Press P, or Preview in the Rig panel."
        elif feed is None or feed.path != status.preview:
            rig = self.commander.rig
            um = rig.camera.pixel_size_um if rig else None
            binning = (status.camera.binning or 1) if status.camera else 1
            most = (1 << status.camera.bits) - 1 if status.camera else MOST
            self.stage.show_preview(status.preview, most, um * binning if um else None)

    def _gone(self, why: str) -> None:
        self.notices.say(why[0].upper() + why[1:] + ".")
        self.conductor.forget()
        if self.mode == "set up":
            self.stage.show_nothing()
            self.go("start")
        elif self.mode == "run":
            self.go("watch")

    def _run(self) -> None:
        panel = self.column.protocol
        if panel.file is None or not self.top_bar.run.isEnabled():
            return
        self.memory.used("protocols", panel.file)
        self.commander.start_run(panel.file, panel.text)

    def _home(self) -> None:
        if self.mode == "run" and not self.now.ended:
            return
        self.stage.show_nothing()
        self.film = None
        self.notices.dismiss_done()
        if self.is_connected and self.status.phase != "idle":
            self._new_run()
        else:
            self.go("start")

    def _inject(self) -> None:
        button = self.top_bar.inject
        if button.isEnabled():
            button.click()
        elif button.isVisible():
            self.notices.say(f"{button.toolTip()}.", "warning")

    def _new_run(self) -> None:
        self.notices.dismiss_done()
        self._set_up()
        self.commander.preview(on=True)

    def _toggle_preview(self) -> None:
        if self.mode == "set up":
            self.commander.preview(on=self.status.phase != "preview")

    def _toggle_theme(self) -> None:
        dark = colours.theme() is colours.DARK
        colours.use(colours.LIGHT if dark else colours.DARK)
        self.memory.theme = colours.theme().name
        self._restyle()

    def _restyle(self) -> None:
        self.setStyleSheet(sheet(colours.theme()))
        for part in (self.top_bar, self.column, self.stage.time_bar):
            part.restyle()
        self.showing.forget()
        self.update()

    def _offer(self) -> None:
        own = self.commander.link.entry
        self.start_page.offer(
            [entry for entry in running() if own is None or entry.pid != own.pid],
            rig_files(self.memory.recent("rigs")),
            recordings(self.memory.recent("recordings")),
        )
        self.setWindowTitle("onset")

    def _rig_known(self, rig: Rig) -> None:
        capacities = {name: pump.syringe_ul for name, pump in rig.pumps.items()}
        self.column.rig.know(capacities)
        self.column.devices.know(capacities)
        self.column.protocol.know(rig)

    def _escape(self) -> None:
        if is_typing():
            self.stage.canvas.setFocus()
        else:
            self.notices.dismiss_newest()

    def _connect(self) -> None:
        commander, bar, page = self.commander, self.top_bar, self.start_page
        link = commander.link
        link.status_came.connect(self.conductor.take)
        link.gone.connect(self._gone)
        commander.said.connect(self.notices.say)
        commander.unsaid.connect(self.notices.dismiss)
        commander.progressed.connect(page.show_progress)
        commander.could_not_open.connect(page.show_trouble)
        commander.rig_known.connect(self._rig_known)
        page.rig_chosen.connect(self.open_rig)
        page.supervisor_chosen.connect(self.attach)
        page.recording_chosen.connect(self.open_recording)
        bar.check_asked.connect(self._check)
        bar.run_asked.connect(self._run)
        bar.abort_asked.connect(commander.abort)
        bar.inject_asked.connect(commander.inject_now)
        bar.stop_asked.connect(commander.stop)
        bar.disconnect_asked.connect(commander.close_rig)
        bar.set_up_asked.connect(self._new_run)
        bar.home_asked.connect(self._home)
        bar.note_begun.connect(commander.begin_note)
        bar.note_written.connect(commander.write_note)
        bar.theme_toggled.connect(self._toggle_theme)
        bar.fit_asked.connect(self.stage.canvas.fit)
        self.question.confirmed.connect(commander.confirm)
        self.opening.opened.connect(self._show_film)
        self.opening.failed.connect(self.notices.say)
        self._connect_conductor()
        self._connect_column()
        self._add_keys()

    def _connect_conductor(self) -> None:
        conductor = self.conductor
        conductor.question_came.connect(self.question.ask)
        conductor.told.connect(self._tell)
        conductor.opening.connect(self.start_page.show_progress)
        conductor.run_goes.connect(self._show_run)
        conductor.set_up_begins.connect(self._set_up)
        conductor.rig_was_left.connect(lambda: self.go("start"))
        conductor.preview_may_change.connect(self._show_preview)
        conductor.phase_changed.connect(self.refresh)
        conductor.run_ended.connect(self.showing.tell_verdict)

    def _connect_column(self) -> None:
        column = self.column
        self.tools.connect(self.commander)
        column.rig.commanded.connect(self.commander.send)
        column.devices.opened.connect(lambda: column.open_tab("Rig"))
        column.protocol.looked.connect(self.refresh)
        column.strip.step_clicked.connect(self.showing.tell_step)

    def _add_keys(self) -> None:
        stage, image, commander = self.stage, self.column.image, self.commander

        def unless_typing(act: Any) -> Any:
            return lambda: None if is_typing() else act()

        acts = {
            "stop": commander.stop, "run": self._run, "check": self._check,
            "inject": self._inject, "snapshot": self.tools.snapshot,
            "theme": self._toggle_theme, "home": self._home, "read": self._escape,
        }  # fmt: skip
        plain = {
            "note": self.top_bar.begin_note, "preview": self._toggle_preview,
            "shutter": self._close_shutter, **picture_keys(stage, image),
        }  # fmt: skip
        add_keys(self, acts | {name: unless_typing(act) for name, act in plain.items()})

    def _close_shutter(self) -> None:
        if self.is_connected and self.status.shutter:
            self.commander.send(MoveShutter(opens=False), "close the shutter")

    def _check(self) -> None:
        self.column.open_tab("Protocol")
        self.column.protocol.look()

    def _lay_out(self) -> None:
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self.split = split(self.stage, self.column)
        self.centre = stacked(self.start_page, self.split)
        below = (self.question, self.notices)
        self.setCentralWidget(whole(self.top_bar, self.centre, below))
        self.setStatusBar(self.status_line)
        self.resize(self.sizeHint())
        for name, restore in (("window", self.restoreGeometry), ("split", self.split.restoreState)):
            kept = self.memory.layout(name)
            if kept is not None:
                restore(kept)
