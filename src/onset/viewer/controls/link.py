"""The window's talk with a supervisor, carried between its threads and Qt; never waits in Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from qtpy.QtCore import QObject, Signal

from onset.acquisition import registry
from onset.acquisition.client import Instrument
from onset.acquisition.messages import Command, Reply, Status
from onset.acquisition.registry import Entry
from onset.errors import OnsetError

LOOK_S = 0.5
"""So long may a lost supervisor go unnoticed."""
WHO = "window"


class Link(QObject):
    """`connected`, then `status` again and again, at last `gone`; all in Qt's thread."""

    connected = Signal()
    status_came = Signal(object)
    refused = Signal(str, str)
    """What was asked, and why it was not done."""
    done = Signal(str)
    """What was asked and done."""
    gone = Signal(str)
    failed = Signal(str)
    """There is no connection, and why."""
    _called = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = Status("idle")
        self._instrument: Instrument | None = None
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._called.connect(_call)

    @property
    def is_connected(self) -> bool:
        """Can commands be sent?"""
        return self._instrument is not None and self._instrument.is_connected

    @property
    def entry(self) -> Entry | None:
        """The supervisor that this talks to."""
        return self._instrument.entry if self._instrument is not None else None

    def start(self, then: Callable[[], None] | None = None) -> None:
        """Start a supervisor and talk to it."""
        self._connect(lambda: Instrument.start(who=WHO), then)

    def attach(self, entry: Entry, then: Callable[[], None] | None = None) -> None:
        """Talk to a supervisor that runs."""
        self._connect(lambda: Instrument.attach(entry, who=WHO), then)

    def send(
        self, command: Command, what: str = "", then: Callable[[], None] | None = None
    ) -> None:
        """Ask; a refusal comes as `refused`, success calls `then` in Qt's thread."""
        if self._instrument is None:
            self.refused.emit(what, "not connected")
            return
        future = self._instrument.send(command)
        future.add_done_callback(lambda answered: self._answered(answered, what, then))

    def close(self) -> None:
        """Leave; a run goes on without us."""
        self._closing.set()
        instrument, self._instrument = self._instrument, None
        if instrument is not None:
            instrument.close()
        for thread in self._threads:
            thread.join(5.0)

    def _connect(self, make: Callable[[], Instrument], then: Callable[[], None] | None) -> None:
        thread = threading.Thread(
            target=self._talk, args=(make, then), name="onset-viewer-link", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _talk(self, make: Callable[[], Instrument], then: Callable[[], None] | None) -> None:
        try:
            instrument = make()
        except (OnsetError, OSError, EOFError) as fault:
            self.failed.emit(str(fault) or type(fault).__name__)
            return
        if self._closing.is_set():
            instrument.close()
            return
        self._instrument = instrument
        self.connected.emit()
        if then is not None:
            self._called.emit(then)
        seen: Status | None = None
        for status in instrument.changes(LOOK_S):
            if self._closing.is_set():
                return
            if status is not seen:
                self.status = seen = status
                self.status_came.emit(status)
        if not self._closing.is_set():
            self._instrument = None
            instrument.close()
            self.gone.emit("the supervisor has gone: nothing can be commanded from here any more")

    def _answered(
        self, answered: Future[Reply], what: str, then: Callable[[], None] | None
    ) -> None:
        if self._closing.is_set():
            return
        fault = answered.exception()
        refused = str(fault) if fault is not None else answered.result().refused
        if refused is not None:
            self.refused.emit(what, refused)
            return
        self.done.emit(what)
        if then is not None:
            self._called.emit(then)


def running(folder: str | None = None) -> list[Entry]:
    """Supervisors of this user; of those, the one that records into `folder`."""
    there = registry.entries("supervisor")
    return [entry for entry in there if folder is None or entry.folder == folder]


def _call(act: Callable[[], None]) -> None:
    act()
