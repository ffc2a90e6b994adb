"""Sentences above the status line that stay until they are read; no dialog covers the picture."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from onset.viewer.colours import theme
from onset.viewer.icons import icon

Severity = Literal["error", "warning", "done"]
MOST = 4
"""Older ones are folded into a count."""


class Notices(QWidget):
    """The newest at the bottom; the same sentence is not said twice."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._frames: dict[str, QFrame] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands there now."""
        return tuple(self._frames)

    def say(self, sentence: str, severity: Severity = "error") -> None:
        """Say this until somebody has read it."""
        if not sentence or sentence in self._frames:
            return
        while len(self._frames) >= MOST:
            self.dismiss(next(iter(self._frames)))
        frame = _notice(sentence, severity)
        read = frame.findChild(QToolButton)
        read.clicked.connect(lambda: self.dismiss(sentence))
        self._frames[sentence] = frame
        self._column.addWidget(frame)
        self.changed.emit()

    def dismiss(self, sentence: str) -> None:
        """It was read, or is no longer true."""
        frame = self._frames.pop(sentence, None)
        if frame is not None:
            self._column.removeWidget(frame)
            frame.deleteLater()
            self.changed.emit()

    def dismiss_done(self) -> None:
        """What went well and belongs to what is no longer shown."""
        for sentence, frame in list(self._frames.items()):
            if frame.property("severity") == "done":
                self.dismiss(sentence)

    def dismiss_newest(self) -> None:
        """The last one was read."""
        if self._frames:
            self.dismiss(next(reversed(self._frames)))


def _notice(sentence: str, severity: Severity) -> QFrame:
    frame = QFrame()
    frame.setObjectName("notice")
    frame.setProperty("severity", severity)
    words = QLabel(sentence)
    words.setWordWrap(True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    read = QToolButton()
    read.setIcon(icon("close", theme().faint))
    read.setToolTip("I have read it (Esc)")
    read.setAccessibleName("dismiss")
    row = QHBoxLayout(frame)
    row.setContentsMargins(12, 4, 6, 4)
    row.addWidget(words, 1)
    row.addWidget(read)
    return frame
