"""A supervisor's clients: they come and go, see its snapshots, ask; none can make it wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from onset.acquisition.channel import LOST, Door, Outbox, Talk
from onset.acquisition.messages import VERSION, Goodbye, Reply, Request, Status
from onset.acquisition.registry import Entry

LEAVE_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """Where the one answer to a request goes."""

    outbox: Outbox
    number: int

    def answer(self, refused: str | None) -> None:
        """Done, or refused with a reason."""
        self.outbox.post(Reply(self.number, refused))


Ask = Callable[[Request, Route], None]


class Clients:
    """Gives every request of every client to `ask`, in a thread of that client."""

    def __init__(self, entry: Entry, ask: Ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._outboxes: list[Outbox] = []
        self._status = Status(phase="idle")
        self._door = Door(entry, self._meet)
        self.left_s = time.monotonic()
        """When the last one left."""

    def open(self) -> None:
        """Let them in."""
        self._door.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    @property
    def are_there(self) -> bool:
        """Is anybody?"""
        return bool(self._outboxes)

    @property
    def status(self) -> Status:
        """The newest snapshot."""
        return self._status

    def show(self, status: Status) -> None:
        """To all of them, and to whoever comes."""
        with self._lock:
            self._status = status
            for outbox in self._outboxes:
                outbox.show(status)

    def _meet(self, talk: Talk) -> None:
        outbox = Outbox(talk)
        with self._lock:
            outbox.show(self._status)
            self._outboxes.append(outbox)
        outbox.start()
        try:
            while not isinstance(word := talk.recv(), Goodbye):
                self._hear(word, outbox)
        except LOST:
            pass
        finally:
            with self._lock:
                self._outboxes.remove(outbox)
                self.left_s = time.monotonic()
            outbox.finish(LEAVE_S)
            with suppress(*LOST):
                talk.close()

    def _hear(self, word: object, outbox: Outbox) -> None:
        if not isinstance(word, Request):
            return
        route = Route(outbox, word.number)
        if word.version == VERSION:
            self._ask(word, route)
        else:
            route.answer("the supervisor is of another version of onset: restart one of the two")
