"""A small curve of the last minutes, with its newest and its best value."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from onset.viewer import colours
from onset.viewer.focus import HISTORY_S, Focus, focus_text


class FocusLine(QWidget):
    """Spot width against time: low is sharp."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(64)
        self.setToolTip(
            "Width of the spots (standard deviation, px) over the last two minutes; the smallest "
            "is the best focus. It does not depend on brightness."
        )
        self._focus: Focus | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the panel."""
        return QSize(300, 70)

    def show_focus(self, focus: Focus | None) -> None:
        """Draw this one."""
        if focus is not self._focus:
            self._focus = focus
            self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """The curve, a line at the best, the figures."""
        painter = QPainter(self)
        theme, focus = colours.theme(), self._focus
        painter.fillRect(self.rect(), QColor(theme.ground))
        if focus is None or not focus.widths_px:
            painter.setPen(QColor(theme.faint))
            words = "no spots to judge the focus by"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        widths = np.array(focus.widths_px)
        low, high = float(widths.min()) * 0.97, max(float(widths.max()), float(widths.min()) * 1.3)
        room = self.height() - 22

        def y(width: float) -> float:
            return self.height() - 4 - (width - low) / (high - low) * room

        painter.setPen(QPen(QColor(theme.edge), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(0, y(float(widths.min()))), QPointF(self.width(), y(widths.min())))
        painter.setPen(QPen(QColor(theme.line), 1.4))
        newest = focus.times_s[-1]
        x = [self.width() * (1 - (newest - at) / HISTORY_S) for at in focus.times_s]
        points = [QPointF(a, y(float(b))) for a, b in zip(x, widths, strict=True)]
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(QColor(theme.text))
        text = focus_text(focus)
        box = QRectF(6, 1, self.width() - 12, 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
