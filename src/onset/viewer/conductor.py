"""What the instrument says, as things for the window to do; no widget in here."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, Signal

from onset.acquisition.messages import Status
from onset.viewer.top_bar import Mode

SAME_WORDS = 4
"""Messages that begin alike are the same one, told again."""


class Conductor(QObject):
    """Compares each status with the one before and with what the window shows."""

    question_came = Signal(object)
    told = Signal(str, str)
    """A sentence, and the one before that it replaces (empty: none)."""
    opening = Signal(str)
    """How connecting goes."""
    run_goes = Signal(object)
    """The folder of a run to be shown."""
    set_up_begins = Signal()
    rig_was_left = Signal()
    preview_may_change = Signal(object)
    phase_changed = Signal()
    run_ended = Signal(object)

    def __init__(self, mode: Callable[[], Mode], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = Status("idle")
        self._mode = mode
        self._said = ""

    def take(self, status: Status) -> None:
        """The newest status."""
        before, self.status = self.status, status
        if status.question != before.question:
            self.question_came.emit(status.question)
        self._tell(status, before)
        self._change_mode(status)
        if self._mode() == "set up":
            self.preview_may_change.emit(status)
        if status.phase != before.phase:
            self.phase_changed.emit()
        ended = status.verdict is not None and before.verdict is None
        if ended and self._mode() in ("run", "set up"):
            self.run_ended.emit(status.verdict)

    def forget(self) -> None:
        """The instrument has gone."""
        self.status = Status("idle")

    def _tell(self, status: Status, before: Status) -> None:
        """A sentence of the instrument; one that only counts on replaces the one before."""
        if self._mode() == "start":  # the start page tells
            if status.phase == "opening":
                self.opening.emit(status.message or "opening the rig")
            return
        if status.phase == "opening" or status.message in ("", before.message):
            return
        words = status.message.split()[:SAME_WORDS]
        again = words == self._said.split()[:SAME_WORDS]
        self.told.emit(status.message, self._said if again else "")
        self._said = status.message

    def _change_mode(self, status: Status) -> None:
        if status.folder is not None and status.phase in ("running", "ending"):
            self.run_goes.emit(status.folder)
        elif self._mode() == "start" and status.phase in ("ready", "preview"):
            self.set_up_begins.emit()
        elif self._mode() == "set up" and status.phase == "idle":
            self.rig_was_left.emit()
