"""The slider under the picture: seconds since injection, marks as ticks, play, speed, jumps."""

from __future__ import annotations

import math
from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from onset.viewer import colours
from onset.viewer.axis import minus, round_step
from onset.viewer.icons import icon
from onset.viewer.numbers import read_number
from onset.viewer.seen import Tick

SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LABELS = 8
"""At most so many figures along the slider."""


class TimeBar(QWidget):
    """Says what a person wants; shows what it is told. Times are the film's, s."""

    moved = Signal(float)
    play_toggled = Signal()
    stepped = Signal(int)
    speed_chosen = Signal(float)
    spot_asked = Signal(int)
    """Jump to the onset of the spot of this number."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._zero_s = 0.0
        self._playing: bool | None = None
        self.play = _button("play", "Play or pause (space)")
        self.back = _button("back", "One frame back (left arrow)")
        self.forth = _button("forth", "One frame on (right arrow)")
        self.jump = _button("jump", "Go to a mark ([ and ]: the one before, the next)")
        self.marks = QMenu(self)
        self.live = QPushButton("Live")
        self.spot = QLineEdit()
        self.slider = MarkedSlider()
        self.clock = QLabel("")
        self.speed = _speeds(speed)
        self._ticks: tuple[Tick, ...] = ()
        self._lay_out()
        self.play.clicked.connect(self.play_toggled)
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.forth.clicked.connect(lambda: self.stepped.emit(1))
        self.slider.valueChanged.connect(lambda ms: self.moved.emit(ms / 1000))
        self.speed.currentIndexChanged.connect(
            lambda: self.speed_chosen.emit(float(self.speed.currentData()))
        )
        self.spot.returnPressed.connect(self._ask_spot)

    def span(self, start_s: float, end_s: float, zero_s: float, ticks: tuple[Tick, ...]) -> None:
        """The film's first and last time, what is called 0, and the marks."""
        self._zero_s = zero_s
        with QSignalBlocker(self.slider):
            self.slider.setRange(round(start_s * 1000), max(round(end_s * 1000), 1))
        self.slider.set_ticks(ticks, zero_s)
        if ticks != self._ticks:
            self._ticks = ticks
            self.marks.clear()
            for tick in ticks:
                when = minus(f"{tick.t_s - zero_s:+.2f} s")
                self.marks.addAction(
                    f"{when}   {tick.label}", lambda t_s=tick.t_s: self.moved.emit(t_s)
                )

    def show_time(self, t_s: float, *, playing: bool) -> None:
        """Put the slider where the replay is."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(t_s * 1000))
        text = minus(f"{t_s - self._zero_s:+.2f} s")
        if text != self.clock.text():
            self.clock.setText(text)
        if playing != self._playing:
            self._playing = playing
            self.play.setIcon(icon("pause" if playing else "play", colours.theme().text))

    def mark_near(self, t_s: float, *, forward: bool) -> float | None:
        """Time of the next mark, or of the one before."""
        times = sorted(tick.t_s for tick in self._ticks)
        if forward:
            return next((one for one in times if one > t_s + 0.01), None)
        return next((one for one in reversed(times) if one < t_s - 0.01), None)

    def restyle(self) -> None:
        """In the colours of the theme in use."""
        text = colours.theme().text
        for button, name in ((self.back, "back"), (self.forth, "forth"), (self.jump, "jump")):
            button.setIcon(icon(name, text))
        self._playing = None
        self.slider.update()

    def _ask_spot(self) -> None:
        number = read_number(self.spot.text().lstrip("# "))
        if number is not None:
            self.spot_asked.emit(int(number))
        self.spot.clear()
        self.spot.clearFocus()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(5)
        self.clock.setObjectName("clock")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.clock.setFixedWidth(self.clock.fontMetrics().horizontalAdvance("+00000.00 s") + 8)
        self.clock.setToolTip("Time since the injection (or the first frame), s")
        self.jump.setMenu(self.marks)
        self.jump.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.spot.setPlaceholderText("spot #")
        self.spot.setFixedWidth(72)
        self.spot.setToolTip("Number of a spot: go to its onset, select it (Enter)")
        for widget in (self.play, self.back, self.forth, self.jump):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        self.live.setToolTip("Follow the newest picture again (space)")
        self.live.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.live.hide()
        row.addWidget(self.live)
        row.addWidget(self.clock)
        row.addWidget(self.speed)
        row.addWidget(self.spot)


class MarkedSlider(QSlider):
    """A slider over ms of the film with figures and a tick for each mark; a click goes there."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(40)
        self._ticks: tuple[Tick, ...] = ()
        self._zero_s = 0.0

    def set_ticks(self, ticks: tuple[Tick, ...], zero_s: float) -> None:
        """Marks to be drawn, and the time that is called 0."""
        if (ticks, zero_s) != (self._ticks, self._zero_s):
            self._ticks, self._zero_s = ticks, zero_s
            lines = (f"{tick.label} at {minus(f'{tick.t_s - zero_s:+.2f}')} s" for tick in ticks)
            self.setToolTip("\n".join(lines))
            self.update()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """The slider, figures below, marks above its groove."""
        super().paintEvent(event)
        painter = QPainter(self)
        theme = colours.theme()
        special = {"inject": theme.amber, "shutter-open": theme.violet, "note": theme.text}
        special["shutter-close"] = theme.violet
        for tick in self._ticks:
            x = self._x(tick.t_s)
            width = max(self._x(tick.bound.end_s) - self._x(tick.bound.start_s), 2.0)
            colour = QColor(special.get(tick.what, theme.line))
            painter.fillRect(QRectF(x - width / 2, 2, width, 9), colour)
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(QColor(theme.faint))
        start_s, end_s = self.minimum() / 1000, self.maximum() / 1000
        step_s = round_step(max((end_s - start_s) / LABELS, 1e-3))
        first = math.ceil((start_s - self._zero_s) / step_s)
        for count in range(first, math.floor((end_s - self._zero_s) / step_s) + 1):
            since_s = count * step_s
            x = self._x(since_s + self._zero_s)
            painter.drawLine(QPointF(x, 27), QPointF(x, 29))
            box = QRectF(x - 30, 29, 60, 11)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, minus(f"{since_s:g}"))
        painter.end()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Jump to where was clicked, then drag from there."""
        left, width = self._groove()
        at = (event.position().x() - left) / max(width, 1)
        self.setValue(round(self.minimum() + at * (self.maximum() - self.minimum())))
        super().mousePressEvent(event)

    def _x(self, t_s: float) -> float:
        left, width = self._groove()
        span = max(self.maximum() - self.minimum(), 1)
        return left + width * (t_s * 1000 - self.minimum()) / span

    def _groove(self) -> tuple[float, float]:
        """Left end and width of the way of the handle's middle, px."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, kind = self.style(), QStyle.ComplexControl.CC_Slider
        groove = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderGroove, self)
        handle = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderHandle, self)
        return groove.x() + handle.width() / 2, groove.width() - handle.width()


def _button(name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name, colours.theme().text))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def _speeds(speed: float) -> QComboBox:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    box.setToolTip("Seconds of the film per second")
    for one in sorted({*SPEEDS, speed}):
        box.addItem(f"{one:g} \N{MULTIPLICATION SIGN}", one)
    box.setCurrentIndex(box.findData(speed))
    return box
