"""A local socket between processes of one user: no network port, a secret, no reader who blocks.

Whoever sends does so from a thread of its own: a stopped or slow reader costs the sender nothing.
Replies wait in line; of snapshots only the newest is kept.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from typing import Any, TypeAlias

from onset.acquisition.registry import Entry
from onset.errors import WireFault

LOST = (EOFError, OSError)
"""What a connection raises when its other end has gone."""
Talk: TypeAlias = "Connection[Any, Any]"


def connect(entry: Entry) -> Talk:
    """Call a running process; `WireFault` where nobody answers or the secret is not its own."""
    try:
        return Client(entry.address, _family(), authkey=entry.key)
    except (*LOST, multiprocessing.AuthenticationError) as why:
        raise WireFault(f"{entry.role} {entry.pid} does not answer ({why})") from why


class Door(threading.Thread):
    """Lets in whoever knows the secret; each visitor is met in a thread of its own."""

    def __init__(self, entry: Entry, meet: Callable[[Talk], None]) -> None:
        super().__init__(name="door", daemon=True)
        self._entry, self._meet = entry, meet
        self._listener = Listener(entry.address, _family(), backlog=16)
        self._closing = False

    def run(self) -> None:
        """Wait for visitors until closed."""
        while not self._closing:
            try:
                visitor = self._listener.accept()
            except LOST:
                continue
            threading.Thread(
                target=self._greet, args=(visitor,), name="visitor", daemon=True
            ).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._closing = True
        with suppress(*LOST, WireFault):
            connect(self._entry).close()  # wakes the thread
        with suppress(*LOST):
            self._listener.close()

    def _greet(self, visitor: Talk) -> None:
        try:
            deliver_challenge(visitor, self._entry.key)
            answer_challenge(visitor, self._entry.key)
        except (*LOST, multiprocessing.AuthenticationError):
            visitor.close()
            return
        if self._closing:
            visitor.close()
        else:
            self._meet(visitor)


class Outbox(threading.Thread):
    """Sends to one reader; what is posted goes in order, of what is shown only the newest of
    its kind.
    """

    def __init__(self, talk: Talk) -> None:
        super().__init__(name="outbox", daemon=True)
        self._talk = talk
        self._posted: deque[object] = deque()
        self._shown: dict[type, object] = {}
        self._ended = False
        self._changed = threading.Condition()
        self.lost = threading.Event()

    def post(self, word: object) -> None:
        """Send it, in its turn."""
        with self._changed:
            self._posted.append(word)
            self._changed.notify()

    def show(self, snapshot: object) -> None:
        """Send it unless a newer one comes before its turn."""
        with self._changed:
            self._shown[type(snapshot)] = snapshot
            self._changed.notify()

    def finish(self, timeout_s: float) -> None:
        """Send what waits, then end."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.join(timeout_s)

    def run(self) -> None:
        """The thread; ends when told to, or when nobody reads any more."""
        try:
            while (word := self._next()) is not None:
                self._talk.send(word)
        except LOST:
            self.lost.set()

    def _next(self) -> object | None:
        with self._changed:
            self._changed.wait_for(lambda: self._posted or self._shown or self._ended)
            if self._shown:  # first, so that a reply never runs ahead of what it has changed
                return self._shown.pop(next(iter(self._shown)))
            return self._posted.popleft() if self._posted else None


def _family() -> str:
    return "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"
