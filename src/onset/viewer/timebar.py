"""The slider under the picture: seconds since injection, marks as ticks, play, speed."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QRectF, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from onset.viewer import colours
from onset.viewer.axis import minus
from onset.viewer.seen import Tick

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
TICK_COLOURS = {
    "inject": colours.AMBER,
    "shutter-open": colours.VIOLET,
    "shutter-close": colours.VIOLET,
}


class TimeBar(QWidget):
    """Says what a person wants; shows what it is told. Times are the film's, s."""

    moved = Signal(float)
    play_toggled = Signal()
    stepped = Signal(int)
    speed_chosen = Signal(float)

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._zero_s = 0.0
        self.play = _button("\N{BLACK RIGHT-POINTING TRIANGLE}", "Play or pause (space)")
        self.back = _button("\N{LEFTWARDS ARROW}", "One frame back (left arrow)")
        self.forth = _button("\N{RIGHTWARDS ARROW}", "One frame on (right arrow)")
        self.slider = MarkedSlider()
        self.clock = QLabel("")
        self.speed = _speeds(speed)
        self._lay_out()
        self.play.clicked.connect(self.play_toggled)
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.forth.clicked.connect(lambda: self.stepped.emit(1))
        self.slider.valueChanged.connect(lambda ms: self.moved.emit(ms / 1000))
        self.speed.currentIndexChanged.connect(
            lambda: self.speed_chosen.emit(float(self.speed.currentData()))
        )

    def span(self, start_s: float, end_s: float, zero_s: float, ticks: tuple[Tick, ...]) -> None:
        """The film's first and last time, what is called 0, and the marks."""
        self._zero_s = zero_s
        with QSignalBlocker(self.slider):
            self.slider.setRange(round(start_s * 1000), max(round(end_s * 1000), 1))
        self.slider.set_ticks(ticks)

    def show_time(self, t_s: float, *, playing: bool) -> None:
        """Put the slider where the replay is."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(t_s * 1000))
        self.clock.setText(minus(f"{t_s - self._zero_s:+.2f} s"))
        self.play.setText(
            "\N{DOUBLE VERTICAL BAR}" if playing else "\N{BLACK RIGHT-POINTING TRIANGLE}"
        )

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        self.clock.setObjectName("clock")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.clock.setFixedWidth(self.clock.fontMetrics().horizontalAdvance("+00000.00 s") + 8)
        for widget in (self.play, self.back, self.forth):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        row.addWidget(self.clock)
        row.addWidget(self.speed)


class MarkedSlider(QSlider):
    """A slider over ms of the film with a tick for each mark; a click goes there."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(26)
        self._ticks: tuple[Tick, ...] = ()

    def set_ticks(self, ticks: tuple[Tick, ...]) -> None:
        """Marks to be drawn."""
        if ticks != self._ticks:
            self._ticks = ticks
            self.setToolTip("\n".join(f"{tick.label} at {tick.t_s:.2f} s" for tick in ticks))
            self.update()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """The slider, and the marks below its groove."""
        super().paintEvent(event)
        painter = QPainter(self)
        left, width = self._groove()
        span = max(self.maximum() - self.minimum(), 1)
        for tick in self._ticks:
            x = left + width * (tick.t_s * 1000 - self.minimum()) / span
            colour = QColor(TICK_COLOURS.get(tick.what, colours.LINE))
            painter.fillRect(QRectF(x - 1, self.height() - 7, 2, 7), colour)
        painter.end()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Jump to where was clicked, then drag from there."""
        left, width = self._groove()
        at = (event.position().x() - left) / max(width, 1)
        self.setValue(round(self.minimum() + at * (self.maximum() - self.minimum())))
        super().mousePressEvent(event)

    def _groove(self) -> tuple[float, float]:
        """Left end and width of the way of the handle's middle, px."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, kind = self.style(), QStyle.ComplexControl.CC_Slider
        groove = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderGroove, self)
        handle = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderHandle, self)
        return groove.x() + handle.width() / 2, groove.width() - handle.width()


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
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
