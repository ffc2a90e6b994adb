"""The histogram of the picture with its two limits, which can be dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from onset.viewer import colours
from onset.viewer.contrast import Limits
from onset.viewer.levels import Levels

GRIP_PX = 8.0
ROOM = 0.06
"""Free space beside the histogram, of its width."""


class Histogram(QWidget):
    """Counts on a logarithmic scale; black and white as lines."""

    limits_dragged = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(90)
        self.setMouseTracking(True)
        self.setToolTip("Pixel values (ADU), logarithmic counts. Drag the lines: black and white")
        self._levels: Levels | None = None
        self._limits = Limits(0.0, 1.0)
        self._span = (0.0, 1.0)
        self._dragging: str | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the panel."""
        return QSize(300, 110)

    def show_levels(self, levels: Levels, limits: Limits) -> None:
        """Draw these."""
        if levels is self._levels and limits == self._limits:
            return
        self._levels, self._limits = levels, limits
        if self._dragging is None:
            low, high = min(levels.low, limits.low), max(levels.high, limits.high)
            room = ROOM * (high - low)
            self._span = (low - room, high + room)
        self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Counts, the part between the limits bright, the lines, the figures."""
        painter = QPainter(self)
        theme = colours.theme()
        painter.fillRect(self.rect(), QColor(theme.ground))
        if self._levels is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.faint))
        painter.drawPolygon(self._outline(self._levels))
        pen = QPen(QColor(theme.text), 1.5)
        for value in (self._limits.low, self._limits.high):
            x = self._x(value)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height() - 16))
            painter.setPen(QColor(theme.text))
            box = QRectF(min(max(x - 40, 0), self.width() - 80), self.height() - 16, 80, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{value:,.0f}")
        painter.setPen(QPen(QColor(theme.line), 1, Qt.PenStyle.DashLine))
        painter.drawLine(
            QPointF(self._x(self._limits.low), self.height() - 17),
            QPointF(self._x(self._limits.high), 1),
        )
        painter.end()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Take the nearer line."""
        x = event.position().x()
        low, high = self._x(self._limits.low), self._x(self._limits.high)
        self._dragging = "low" if abs(x - low) < abs(x - high) else "high"
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Move the line; the pointer says that it can be taken."""
        x = event.position().x()
        near = min(abs(x - self._x(v)) for v in (self._limits.low, self._limits.high)) < GRIP_PX
        cursor = Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor
        self.setCursor(cursor)
        if self._dragging is None:
            return
        value = self._span[0] + x / max(self.width(), 1) * (self._span[1] - self._span[0])
        low, high = self._limits.low, self._limits.high
        if self._dragging == "low":
            low = min(value, high - 1)
        else:
            high = max(value, low + 1)
        self._limits = Limits(low, high)
        self.limits_dragged.emit(self._limits)
        self.update()

    def mouseReleaseEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._dragging = None

    def _x(self, value: float) -> float:
        low, high = self._span
        return (value - low) / max(high - low, 1e-9) * self.width()

    def _outline(self, levels: Levels) -> QPolygonF:
        heights = np.log1p(levels.counts)
        heights *= (self.height() - 22) / max(float(heights.max()), 1e-9)
        floor = self.height() - 17.0
        edges = np.linspace(levels.low, levels.high, len(heights) + 1)
        points = [QPointF(self._x(levels.low), floor)]
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            points += [
                QPointF(self._x(float(left)), floor - height),
                QPointF(self._x(float(right)), floor - height),
            ]
        points.append(QPointF(self._x(levels.high), floor))
        return QPolygonF(points)
