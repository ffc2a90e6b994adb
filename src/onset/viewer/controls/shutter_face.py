"""The UV shutter in three looks that cannot be confused: closed, OPEN, unknown."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from onset.viewer import colours

WORDS = {"open": "UV OPEN", "closed": "UV closed", "unknown": "UV ?", "": "no shutter"}
OPEN_VIOLET = "#7b3ff2"
TIPS = {
    "open": "Light falls on the sample",
    "closed": "No light falls on the sample",
    "unknown": "The shutter does not say, or has not been asked yet: take it for open",
    "": "This rig has no shutter, or no rig is open",
}


class ShutterFace(QWidget):
    """Grey and hollow; violet and filled; striped with a question mark."""

    def __init__(self, height: int = 30) -> None:
        super().__init__()
        self.state = ""
        self.setFixedHeight(height)
        self.setMinimumWidth(92)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for its words."""
        return QSize(110, self.height())

    def show_state(self, state: str) -> None:
        """One of open, closed, unknown, or empty for none."""
        if state != self.state:
            self.state = state
            self.setToolTip(TIPS.get(state, TIPS["unknown"]))
            self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """The look of the state."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = colours.theme()
        box = QRectF(1, 1, self.width() - 2, self.height() - 2)
        font = painter.font()
        font.setBold(self.state in ("open", "unknown"))
        painter.setFont(font)
        ink = QColor(theme.faint)
        painter.setPen(QPen(QColor(theme.edge), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.state == "open":
            painter.setBrush(QColor(OPEN_VIOLET))
            painter.setPen(QPen(QColor("white"), 1.5))
            ink = QColor("white")
        elif self.state == "unknown":
            painter.fillRect(box, QColor(theme.ground))
            stripes = QColor(theme.amber)
            painter.setBrush(QBrush(stripes, Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(stripes, 1.5))
            ink = QColor(theme.text)
        painter.drawRoundedRect(box, 5, 5)
        if self.state == "unknown":  # the words need a calm ground
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.ground))
            painter.drawRoundedRect(QRectF(self.width() / 2 - 26, 5, 52, self.height() - 10), 3, 3)
        painter.setPen(ink)
        words = WORDS.get(self.state, WORDS["unknown"])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()
