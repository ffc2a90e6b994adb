"""The protocol as a picture: done, going on, to come; marks as wide as they are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QToolTip, QWidget

from onset.experiment.timeline import Row
from onset.viewer import colours
from onset.viewer.axis import minutes
from onset.viewer.seen import Tick

State = Literal["done", "doing", "to come"]
LANES = {"pump": 0, "light": 1, "other": 2}
LANE_PX, TOP_PX, AXIS_PX = 15, 4, 18
LEAST_PX = 4.0


@dataclass(frozen=True, slots=True)
class Block:
    """One step as it is drawn; times in s of the film."""

    step: int
    lane: str
    start_s: float
    end_s: float
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """All of a timeline."""

    blocks: tuple[Block, ...]
    ticks: tuple[Tick, ...]
    end_s: float
    now_s: float | None
    zero_s: float


def lane_of(do: str) -> str:
    """Liquid, light, or neither."""
    if do in ("inject", "withdraw", "prime", "pump-stop"):
        return "pump"
    return "light" if do.startswith("shutter") else "other"


def blocks_of(
    rows: tuple[Row, ...], end_s: float, states: dict[int, State], begun: dict[int, float]
) -> tuple[Block, ...]:
    """Rows of a plan as blocks: light lasts from open to close, the rest as planned.

    `begun` are the true starts of the steps that have begun, s of the film; later steps that
    follow them keep their planned place.
    """
    made = []
    for place, row in enumerate(rows):
        if row.do == "shutter-close":
            continue
        start_s = begun.get(row.step, row.start_s)
        stop_s = start_s + (row.end_s - row.start_s)
        if row.do == "shutter-open":
            later = (r for r in rows[place + 1 :] if r.do == "shutter-close")
            closing = next(later, None)
            stop_s = begun.get(closing.step, closing.start_s) if closing else end_s
        state = states.get(row.step, "to come")
        made.append(Block(row.step, lane_of(row.do), start_s, stop_s, state, row.text))
    return tuple(made)


class TimelineStrip(QWidget):
    """Shows a `Strip`; a click tells the step."""

    step_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(TOP_PX + 3 * LANE_PX + AXIS_PX)
        self.setMouseTracking(True)
        self._strip: Strip | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the panel."""
        return QSize(330, TOP_PX + 3 * LANE_PX + AXIS_PX)

    def show_strip(self, strip: Strip | None) -> None:
        """Draw this one."""
        if strip != self._strip:
            self._strip = strip
            self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Lanes, blocks, marks, the moving edge, the axis."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strip, theme = self._strip, colours.theme()
        painter.fillRect(self.rect(), QColor(theme.panel))
        if strip is None:
            painter.end()
            return
        for block in strip.blocks:
            self._paint_block(painter, block, strip)
        for tick in strip.ticks:
            self._paint_tick(painter, tick)
        if strip.now_s is not None:
            x = self._x(strip.now_s)
            painter.setPen(QPen(QColor(theme.text), 1.5))
            painter.drawLine(QPointF(x, 0), QPointF(x, TOP_PX + 3 * LANE_PX))
        self._paint_axis(painter, strip)
        painter.end()

    def _paint_block(self, painter: QPainter, block: Block, strip: Strip) -> None:
        theme = colours.theme()
        colour = QColor(
            {"pump": theme.amber, "light": theme.violet, "other": theme.faint}[block.lane]
        )
        left, right = self._x(block.start_s), self._x(block.end_s)
        right = max(right, left + LEAST_PX)
        box = QRectF(left, TOP_PX + LANES[block.lane] * LANE_PX, right - left, LANE_PX - 4)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        if block.state == "done":
            painter.drawRoundedRect(box, 2, 2)
        elif block.state == "doing" and strip.now_s is not None:
            edge = min(max(self._x(strip.now_s), left + 2), right)
            painter.drawRoundedRect(QRectF(left, box.top(), edge - left, box.height()), 2, 2)

    def _paint_tick(self, painter: QPainter, tick: Tick) -> None:
        if tick.what not in ("inject", "note", "withdraw", "prime"):
            return
        theme = colours.theme()
        left, right = self._x(tick.bound.start_s), self._x(tick.bound.end_s)
        colour = QColor(theme.text if tick.what == "note" else theme.amber)
        right = max(right, left + 1.5)
        painter.fillRect(QRectF(left, 0, right - left, TOP_PX + 3 * LANE_PX), colour)
        if tick.arrival is not None:
            x0, x1 = self._x(tick.arrival.start_s), self._x(tick.arrival.end_s)
            brush = QColor(theme.amber)
            painter.setBrush(brush)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
            painter.fillRect(QRectF(x0, 0, max(x1 - x0, 2), 3), colour)

    def _paint_axis(self, painter: QPainter, strip: Strip) -> None:
        theme = colours.theme()
        painter.setPen(QColor(theme.faint))
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        y = TOP_PX + 3 * LANE_PX
        for t_s in _round_times(strip.end_s):
            x = self._x(t_s)
            painter.drawLine(QPointF(x, y), QPointF(x, y + 3))
            text = minutes(t_s)
            wide = painter.fontMetrics().horizontalAdvance(text) + 2
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            box = QRectF(left, y + 3, wide, 13)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _x(self, t_s: float) -> float:
        end_s = self._strip.end_s if self._strip else 1.0
        return 2 + t_s / max(end_s, 1e-9) * (self.width() - 4)

    def _block_at(self, x: float, y: float) -> Block | None:
        if self._strip is None:
            return None
        lane = int((y - TOP_PX) // LANE_PX)
        for block in reversed(self._strip.blocks):
            left = self._x(block.start_s) - 2
            right = max(self._x(block.end_s), left + LEAST_PX) + 2
            if LANES[block.lane] == lane and left <= x <= right:
                return block
        return None

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Say what is under the pointer."""
        block = self._block_at(event.position().x(), event.position().y())
        text = "" if block is None else f"{block.text}\n{span_text(block)} ({block.state})"
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Tell which step was clicked."""
        block = self._block_at(event.position().x(), event.position().y())
        if block is not None:
            self.step_clicked.emit(block.step)


def span_text(block: Block) -> str:
    """`0:35 to 4:35`."""
    return f"{minutes(block.start_s)} to {minutes(block.end_s)}"


def _round_times(end_s: float) -> list[float]:
    steps = (5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
    step = next((one for one in steps if end_s / one <= 6), 7200)
    return [float(i * step) for i in range(int(end_s // step) + 1)]
