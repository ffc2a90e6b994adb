"""The supervisor's end of its wire to an instrument: born here, or an orphan that is taken over."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import TypeAlias

import psutil

from onset.acquisition import instrument, registry
from onset.acquisition.channel import LOST, Outbox, connect, first_word
from onset.acquisition.messages import (
    Beat,
    Ended,
    Leaving,
    OpenRig,
    Reply,
    Request,
    Status,
    Watch,
)
from onset.acquisition.registry import Entry
from onset.acquisition.signals import blocked
from onset.errors import Refused, WireFault

START_S = 60.0
END_S = 5.0
OF_LATE = 100
"""Words: about five seconds."""
CUT_S = 0.5
"""A process whose wire was cut without a last word has crashed, or is ended."""
Word: TypeAlias = Status | Ended | Reply
Hear: TypeAlias = Callable[[Word], None]


class Child:
    """One instrument; what it says is given to `hear`, its end to `gone` (both in a thread)."""

    def __init__(
        self, entry: Entry, watch: Watch, hear: Hear, gone: Callable[[Child], None]
    ) -> None:
        self.entry, self._hear, self._gone = entry, hear, gone
        self._born: BaseProcess | None = None
        self._process = _process(entry)
        self.heard_s = time.monotonic()
        self.turn_age_s = 0.0
        self._silences_s: deque[float] = deque([0.1], maxlen=OF_LATE)
        self.left: Leaving | None = None
        """Its last word, once it has been said."""
        self.condemned = ""
        """Why it was ended by us."""
        self._talk = connect(entry)
        first = first_word(self._talk, entry, asked=watch)
        if not isinstance(first, Status):
            self._talk.close()
            why = first.refused if isinstance(first, Reply) else f"it said {first!r}"
            raise Refused(f"the instrument (process {entry.pid}) cannot be taken over: {why}")
        hear(first)
        self._outbox = Outbox(self._talk)
        self._outbox.start()
        self._reader = threading.Thread(target=self._read, name="instrument", daemon=True)

    @classmethod
    def born(cls, order: OpenRig, watch: Watch, hear: Hear, gone: Callable[[Child], None]) -> Child:
        """Start an instrument; `WireFault` where it dies before it can be reached."""
        spawn = multiprocessing.get_context("spawn")
        process = spawn.Process(
            target=instrument.main, args=(order, watch.who), name="onset-instrument"
        )
        with blocked():
            process.start()
        child = cls(_reached(process), watch, hear, gone)
        child._born = process
        return child

    def listen(self) -> None:
        """From now on what it says is heard."""
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self.entry.pid

    def send(self, request: Request) -> None:
        """Pass a command on."""
        self._outbox.post(request)

    def beat(self) -> None:
        """Still there."""
        self._outbox.show(Beat())

    def condemn(self, why: str) -> None:
        """End it at once: it hangs."""
        self.condemned = self.condemned or why
        with suppress(psutil.Error):
            self._process.kill()

    def end(self) -> int | None:
        """Its exit code (below 0: a signal), None where nobody knows; it is ended if it lingers."""
        linger_s = END_S if self.left is not None else CUT_S
        code = self._exit_code(linger_s)
        if self.is_alive:
            self.condemn("it did not end by itself")
            code = self._exit_code(END_S)
        return code

    @property
    def usual_silence_s(self) -> float:
        """The longest silence of late."""
        return max(self._silences_s.copy())

    @property
    def is_stopped(self) -> bool:
        """Has the operating system, or somebody through it, stopped the process?"""
        with suppress(psutil.Error):
            return self._process.status() == psutil.STATUS_STOPPED
        return False

    @property
    def is_alive(self) -> bool:
        """Does the process still exist?"""
        return self._born.is_alive() if self._born is not None else registry.is_alive(self.entry)

    def _exit_code(self, within_s: float) -> int | None:
        if self._born is not None:
            self._born.join(within_s)
            return self._born.exitcode
        with suppress(psutil.Error):
            return self._process.wait(within_s)
        return None

    def leave(self) -> None:
        """Hang up: it is an orphan now."""
        self._outbox.finish(1.0)
        with suppress(*LOST):
            self._talk.close()

    def _read(self) -> None:
        try:
            while True:
                word = self._talk.recv()
                before_s, self.heard_s = self.heard_s, time.monotonic()
                self._silences_s.append(self.heard_s - before_s)
                match word:
                    case Beat():
                        self.turn_age_s = word.turn_age_s
                    case Leaving():
                        self.left = word
                    case _:
                        self._hear(word)
        except (*LOST, TypeError):
            self._gone(self)


def _process(entry: Entry) -> psutil.Process:
    try:
        return psutil.Process(entry.pid)
    except psutil.Error as why:
        raise WireFault(f"the instrument (process {entry.pid}) has ended") from why


def _reached(process: BaseProcess) -> Entry:
    patience_s = time.monotonic() + START_S
    while process.is_alive() and time.monotonic() < patience_s:
        for entry in registry.entries("instrument"):
            if entry.pid == process.pid:
                return entry
        time.sleep(0.01)
    process.kill()
    process.join(END_S)
    raise WireFault(f"the instrument process did not start (exit code {process.exitcode})")
