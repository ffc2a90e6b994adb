"""The instrument's end of its wire to a supervisor, which may die, stop, or be another one later.

Nothing in here waits for the supervisor: commands are taken as they come, what is told is sent by
a thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from onset.acquisition import registry
from onset.acquisition.channel import LOST, Door, Outbox, Talk
from onset.acquisition.hands import Answer
from onset.acquisition.messages import (
    VERSION,
    Beat,
    Command,
    EmergencyStop,
    Ended,
    Glance,
    Leaving,
    Reply,
    Request,
    Status,
    Watch,
)
from onset.acquisition.registry import Entry

BEAT_S = 0.1
NOBODY_S = 30.0
"""A fresh instrument waits so long for its first supervisor."""
LAST_WORD_S = 5.0
"""A supervisor that does not read any more is not waited for longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, who wants it, and where its one answer goes."""

    command: Command
    who: str
    answer: Answer


class Link:
    """One supervisor at a time; others may glance."""

    def __init__(self, entry: Entry, emergency: Callable[[str], str | None]) -> None:
        self._entry, self._emergency = entry, emergency
        self._lock = threading.Lock()
        self._asked: deque[Asked] = deque()
        self._replies: list[Reply] = []
        self._outbox: Outbox | None = None
        self._watcher: Watch | None = None
        self._status = Status(phase="opening")
        self._born_s = self._turned_s = self._heard_s = time.monotonic()
        self._was_watched = False
        self._closing = threading.Event()
        self.must_end = ""
        """Why the process has to end, where it has to."""
        self._door = Door(entry, self._meet)

    def open(self) -> None:
        """Let supervisors in, and be found."""
        self._door.start()
        registry.publish(self._entry)
        threading.Thread(target=self._beat, name="beat", daemon=True).start()

    def close(self, *, is_safe: bool) -> None:
        """Say what is still to be said, then vanish."""
        self._closing.set()
        for late in self.commands():
            late.answer("the rig was closed")
        with self._lock:
            outbox = self._outbox
            self._answer_all()
        self.post(Leaving(is_safe))
        if outbox is not None:
            outbox.finish(LAST_WORD_S)
        self._door.close()
        registry.withdraw(self._entry)

    def commands(self) -> list[Asked]:
        """Commands that have come since the last call; whoever calls it decides and is alive."""
        self._turned_s = time.monotonic()
        with self._lock:
            found, self._asked = self._asked, deque()
        return list(found)

    def tell(self, status: Status) -> None:
        """Show how things stand."""
        with self._lock:
            self._status = status
            if self._outbox is not None:
                self._outbox.show(status)
            self._answer_all()

    def _answer_all(self) -> None:
        """What waited for the snapshot that shows what it has changed; the lock is held."""
        replies, self._replies = self._replies, []
        if self._outbox is not None:
            for reply in replies:
                self._outbox.post(reply)

    @property
    def is_awaited(self) -> bool:
        """Do replies wait for the snapshot that shows what they have changed?"""
        return bool(self._replies)

    def post(self, word: Reply | Ended | Leaving) -> None:
        """Send what must not be lost, if anybody is there."""
        with self._lock:
            if self._outbox is not None:
                self._outbox.post(word)

    def _reply(self, reply: Reply) -> None:
        with self._lock:
            self._replies.append(reply)

    def end_soon(self, reason: str) -> None:
        """The operating system wants the process to end; called in a signal's handler."""
        self.must_end = reason

    @property
    def is_orphan(self) -> bool:
        """Is nobody there any more?"""
        if self._watcher is not None:
            return False
        return self._was_watched or time.monotonic() - self._born_s > NOBODY_S

    @property
    def who(self) -> str:
        """Who watches."""
        return self._watcher.who if self._watcher is not None else "nobody"

    @property
    def silent_s(self) -> float:
        """Time since the supervisor's last word: it may be stopped, or busy."""
        return 0.0 if self._watcher is None else time.monotonic() - self._heard_s

    def _meet(self, talk: Talk) -> None:
        with suppress(*LOST):
            first = talk.recv()
            if getattr(first, "version", None) != VERSION:
                talk.send(Reply(0, "the instrument is of another version of onset"))
            elif isinstance(first, Glance):
                talk.send(self._status)
            elif isinstance(first, Request) and isinstance(first.command, EmergencyStop):
                self._ask(first.command, first.who, _nothing)
                talk.send(Reply(first.number, self._emergency(first.command.reason)))
            elif isinstance(first, Watch):
                self._be_watched(talk, first)
        talk.close()

    def _be_watched(self, talk: Talk, watch: Watch) -> None:
        with self._lock:
            if self._watcher is not None:
                talk.send(Reply(0, f"it is watched by {self._watcher.who}, {self._watcher.pid}"))
                return
            self._watcher, self._was_watched = watch, True
            self._heard_s = time.monotonic()
            self._outbox = outbox = Outbox(talk)
            outbox.show(self._status)
        outbox.start()
        self._publish()
        try:
            while True:
                self._hear(talk.recv())
        finally:
            with self._lock:
                self._watcher = self._outbox = None
            outbox.finish(0.0)
            self._publish()

    def _publish(self) -> None:
        watcher = self._watcher.pid if self._watcher is not None else 0
        folder = str(self._status.folder or "")
        self._entry = replace(self._entry, watcher=watcher, folder=folder)
        if not self._closing.is_set():
            registry.publish(self._entry)

    def _hear(self, word: object) -> None:
        self._heard_s = time.monotonic()
        if not isinstance(word, Request):
            return
        if isinstance(word.command, EmergencyStop):
            self._ask(word.command, word.who, _nothing)
            threading.Thread(
                target=self._stop_at_once, args=(word.number, word.command), name="emergency"
            ).start()
        else:
            answer = _once(lambda refused: self._reply(Reply(word.number, refused)))
            self._ask(word.command, word.who, answer)

    def _ask(self, command: Command, who: str, answer: Answer) -> None:
        with self._lock:
            self._asked.append(Asked(command, who, answer))

    def _stop_at_once(self, number: int, command: EmergencyStop) -> None:
        """Past whoever decides: it may hang."""
        self.post(Reply(number, self._emergency(command.reason)))

    def _beat(self) -> None:
        while not self._closing.wait(BEAT_S):
            with self._lock:
                outbox = self._outbox
            if outbox is not None:
                outbox.show(Beat(time.monotonic() - self._turned_s))


def _once(answer: Answer) -> Answer:
    """However often it is called, one answer goes out."""
    unsaid = threading.Semaphore()

    def tell(refused: str | None) -> None:
        if unsaid.acquire(blocking=False):
            answer(refused)

    return tell


def _nothing(_: str | None) -> None:
    """Answered elsewhere."""
