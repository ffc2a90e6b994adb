"""What the protocol asks of a person, with one button: it was done."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from onset.acquisition.messages import Question


class QuestionBar(QFrame):
    """Hidden where nothing is asked."""

    confirmed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("severity", "warning")
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.done = QPushButton("It is done")
        self.done.setToolTip("The protocol goes on")
        self._step: int | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.words, 1)
        row.addWidget(self.done)
        self.done.clicked.connect(self._confirm)
        self.hide()

    def ask(self, question: Question | None) -> None:
        """Ask this, or nothing."""
        self._step = question.step if question is not None else None
        if question is not None:
            self.words.setText(f"The protocol asks: {question.text}")
        self.setVisible(question is not None)

    def _confirm(self) -> None:
        if self._step is not None:
            self.confirmed.emit(self._step)
            self.hide()
