"""The window on a recording, growing or finished; it reads the folder and nothing else."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QSplitter,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from onset.recording.layout import SESSION
from onset.recording.read import Recording
from onset.viewer.axis import clock_text, film_axis, minus, onset_axis
from onset.viewer.curves import Axes, Curves
from onset.viewer.dress import SHEET
from onset.viewer.flashes import Flashes
from onset.viewer.follow import Follower
from onset.viewer.headline import Headline
from onset.viewer.picture import PictureView
from onset.viewer.playback import Playback
from onset.viewer.rings import Rings
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen
from onset.viewer.spots import Bools, Floats
from onset.viewer.statusline import StatusLine
from onset.viewer.timebar import TimeBar

Mode = Literal["watch", "replay"]
FRAME_MS = 33
PANEL_MS = 200
SPOTS_S = 0.1
PATIENCE_S = 10.0
LATE_S = 0.015
PANEL_PX = 360


def show(folder: Path, *, mode: Mode, speed: float = 1.0) -> int:
    """Open the window and stay until it is closed; the exit code.

    A recording that is about to begin (the folder is there, its session not yet) is waited for.
    """
    if mode == "watch":
        _await_session(folder)
    app = QApplication.instance() or QApplication(["onset"])
    app.setApplicationName("onset")
    window = LiveWindow(folder, mode=mode, speed=speed)
    window.show()
    hook, interrupt = sys.excepthook, signal.getsignal(signal.SIGINT)
    sys.excepthook = _end_on_error
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    try:
        return int(app.exec())
    finally:
        signal.signal(signal.SIGINT, interrupt)
        sys.excepthook = hook
        window.close()


class LiveWindow(QMainWindow):
    """Picture with rings, count, curves, status; in replay a slider."""

    def __init__(self, folder: Path, *, mode: Mode = "watch", speed: float = 1.0) -> None:
        super().__init__()
        recording = Recording(folder)
        self.mode: Mode = mode
        self.seen: Seen = NOTHING_SEEN
        self.following = mode == "watch"
        self.playback = Playback(0.0, 0.0, speed=speed, playing=mode == "replay")
        self.view = PictureView(recording.shape, recording.session.camera.pixel_size_um)
        self.rings = Rings(self.view)
        self.curves = Curves()
        self.headline = Headline()
        self.time_bar = TimeBar(speed)
        self.status_line = StatusLine()
        self.invert = QToolButton()
        self._picture: Picture | None = None
        self._shown: Bools = np.empty(0, np.bool_)
        self._flashes = Flashes()
        self._spots_due_s = 0.0
        self._drawn: object = None
        self._closed = False
        self._breathed = False
        self._due_s = time.monotonic()
        self._ticked_s = time.monotonic()
        self._lay_out(recording)
        self._connect()
        self.follower = Follower(recording)
        self.follower.show(None if self.following else 0)
        self.follower.start()
        self._frame_timer = _timer(self, FRAME_MS, self._frame)
        self._panel_timer = _timer(self, PANEL_MS, self._panel)

    def toggle(self) -> None:
        """Replay: play or pause. Watching: hold the picture, or follow the newest again."""
        if self.mode == "replay":
            self.playback.toggle()
            return
        self.following = not self.following
        if self.following:
            self.follower.show(None)
        elif self._picture is not None:
            self.follower.show(self._picture.position)

    def step(self, frames: int) -> None:
        """Pause, and go on or back by this many frames."""
        if self._picture is None or len(self.seen.times_s) == 0:
            return
        self.following = self.playback.playing = False
        position = min(max(self._picture.position + frames, 0), len(self.seen.times_s) - 1)
        self.playback.seek(float(self.seen.times_s[position]))
        self.follower.show(position)

    def seek(self, t_s: float) -> None:
        """Show the frame whose exposure had begun last at `t_s` of the film."""
        self.playback.seek(t_s)
        self._show_position()

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """End timers and the reading thread, let napari's canvas go."""
        if not self._closed:
            self._closed = True
            self._frame_timer.stop()
            self._panel_timer.stop()
            self.follower.close()
            self.view.close()
        super().closeEvent(event)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Keep the whole field in sight."""
        super().resizeEvent(event)
        self.view.fit_soon()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As large as a small laptop's screen lets it."""
        room = self.screen().availableSize()
        return QSize(min(room.width(), 1500), min(room.height(), 960))

    def _frame(self) -> None:
        """Newest picture, thirty times a second."""
        now_s = time.monotonic()
        if self.playback.playing and len(self.seen.times_s):
            self.playback.advance(now_s - self._ticked_s)
            self._show_position()
        self._ticked_s = now_s
        picture = self.follower.picture
        if picture is not None and picture is not self._picture and not self._breathe(now_s):
            self._picture = picture
            self.view.show(picture)
            self.view.say(clock_text(picture.t_s, self.seen.injected_s))
        if now_s >= self._spots_due_s:
            self._spots_due_s = now_s + SPOTS_S
            self._show_spots(now_s)
        if self.mode == "replay":
            self.time_bar.show_time(self.playback.t_s, playing=self.playback.playing)

    def _breathe(self, now_s: float) -> bool:
        """Whether to leave this picture out: drawing the last one took all the time there was."""
        late = not self._breathed and now_s - self._due_s > LATE_S
        self._breathed, self._due_s = late, now_s + FRAME_MS / 1000
        return late

    def _panel(self) -> None:
        """Figures and curves, five times a second."""
        seen = self.follower.seen
        if seen is not self.seen:
            self._take(seen)
            self._show_spots(time.monotonic())
        self._draw_curves()
        spots, t_s = self.seen.spots, self._time_s()
        self.headline.show_spots(spots, self._shown, self._appears_s(), t_s)

    def _draw_curves(self) -> None:
        seen = self.seen
        axes = Axes(film_axis(seen), onset_axis(seen), self.view.inverted)
        held_s = None if self.following or self._picture is None else self._picture.t_s
        read = int(np.count_nonzero(~np.isnan(seen.means)))
        news = (held_s, axes, read, len(seen.spots), seen.ticks)
        if news != self._drawn:
            self.curves.show_seen(seen, axes, seen.end_s if held_s is None else held_s, self._shown)
            self.curves.show_cursor(None if held_s is None else held_s - seen.zero_s)
            self._drawn = news

    def _take(self, seen: Seen) -> None:
        first = len(self.seen.times_s) == 0
        self.seen = seen
        self.status_line.show_seen(seen)
        self.playback.start_s = 0.0
        self.playback.end_s = seen.end_s
        self.time_bar.span(0.0, seen.end_s, seen.zero_s, seen.ticks)
        if first and self._picture is not None:
            self.view.say(clock_text(self._picture.t_s, seen.injected_s))

    def _show_position(self) -> None:
        found = np.searchsorted(self.seen.times_s, self.playback.t_s + 1e-9, side="right")
        self.follower.show(max(int(found) - 1, 0))

    def _show_spots(self, now_s: float) -> None:
        spots, t_s = self.seen.spots, self._time_s()
        shown = self._appears_s() <= t_s
        if self.following:
            shown = np.ones(len(spots), np.bool_)
        self._flashes.update(shown, now_s)
        self.rings.show(spots, shown, self._flashes.now(len(spots)) & shown, onset_axis(self.seen))
        self._shown = shown

    def _appears_s(self) -> Floats:
        """When each spot gets its ring: as found while watching, at its onset in replay."""
        return self.seen.detected_s() if self.mode == "watch" else self.seen.spots.onset_s

    def _time_s(self) -> float:
        return self._picture.t_s if self._picture else 0.0

    def _point_at(self, _: Any, event: Any) -> None:
        """Say what is under the pointer."""
        y_px, x_px = (float(part) / self.view.pixel for part in event.position[-2:])
        place = self.rings.near(y_px, x_px)
        if place is None or place >= len(self.seen.spots):
            self.view.point_out("")
            return
        spots, zero_s = self.seen.spots, self.seen.zero_s
        word = "off" if spots.turned_off[place] else "on"
        when = minus(f"{spots.onset_s[place] - zero_s:+.1f}")
        since = " since injection" if self.seen.injected_s is not None else ""
        self.view.point_out(f"#{spots.number[place]} {word} at {when} s{since}")

    def _connect(self) -> None:
        self.time_bar.moved.connect(self.seek)
        self.time_bar.play_toggled.connect(self.toggle)
        self.time_bar.stepped.connect(self.step)
        self.time_bar.speed_chosen.connect(lambda speed: setattr(self.playback, "speed", speed))
        self.invert.toggled.connect(self.view.invert)
        self.view.model.mouse_move_callbacks.append(self._point_at)
        keys = {"Space": self.toggle, "Left": lambda: self.step(-1), "Right": lambda: self.step(1)}
        for key, action in keys.items():
            QShortcut(QKeySequence(key), self, action)
        QShortcut(QKeySequence("I"), self, self.invert.toggle)

    def _lay_out(self, recording: Recording) -> None:
        self.setWindowTitle(f"{recording.path.resolve().name} \N{EN DASH} onset {self.mode}")
        self.setStyleSheet(SHEET)
        self.setMinimumSize(900, 560)
        left, right = QWidget(), QWidget()
        _column(left, (self.view.canvas, 1), (self.time_bar, 0))
        _column(right, (self.headline, 0), (self.curves, 1))
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        split.setSizes([1000, PANEL_PX])
        split.setChildrenCollapsible(False)
        right.setMinimumWidth(300)
        self.setCentralWidget(split)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._top_bar(recording))
        self.setStatusBar(self.status_line)
        self.time_bar.setVisible(self.mode == "replay")

    def _top_bar(self, recording: Recording) -> QToolBar:
        bar = QToolBar()
        bar.setMovable(False)
        name, detail = QLabel(recording.path.resolve().name), QLabel(_detail(recording))
        name.setObjectName("name")
        detail.setObjectName("detail")
        self.invert.setText("Invert")
        self.invert.setCheckable(True)
        self.invert.setToolTip("Dark spots on a bright ground (I)")
        fit = QToolButton()
        fit.setText("Fit")
        fit.setToolTip("Show the whole field")
        fit.clicked.connect(self.view.fit)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (name, detail, spacer, self.invert, fit):
            bar.addWidget(widget)
        return bar


def _detail(recording: Recording) -> str:
    session = recording.session
    height, width = recording.shape
    parts = [session.protocol_name, f"rig {session.rig_name}" if session.rig_name else ""]
    parts.append(f"{width} \N{MULTIPLICATION SIGN} {height} px")
    if session.camera.exposure_ms:
        parts.append(f"{session.camera.exposure_ms:g} ms")
    return " | ".join(part for part in parts if part)


def _column(widget: QWidget, *parts: tuple[QWidget, int]) -> None:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part, stretch in parts:
        column.addWidget(part, stretch)


def _timer(owner: QWidget, every_ms: int, act: Any) -> QTimer:
    timer = QTimer(owner)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(act)
    timer.start(every_ms)
    return timer


def _await_session(folder: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while folder.is_dir() and not (folder / SESSION).exists() and time.monotonic() < until_s:
        time.sleep(0.05)


def _end_on_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """PyQt ends the process without a word on an error in a slot; say it and close instead."""
    traceback.print_exception(kind, error, trace)
    QApplication.exit(1)
