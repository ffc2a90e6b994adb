"""A local socket between processes of one user: no network port, a secret, no reader who blocks.

Whoever sends does so from a thread of its own: a stopped or slow reader costs the sender nothing.
Replies wait in line; of snapshots only the newest is kept.
"""

from __future__ import annotations

import multiprocessing
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
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
ANSWER_S = 10.0
"""A process that is stopped is called in vain; nobody waits for it longer than this."""
BREATH_S = 0.05
if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    Talk: TypeAlias = "PipeConnection[Any, Any] | Connection[Any, Any]"
else:
    Talk: TypeAlias = "Connection[Any, Any]"


def connect(entry: Entry, within_s: float = ANSWER_S) -> Talk:
    """Call a running process; `WireFault` where nobody answers or the secret is not its own."""
    try:
        talk = _called(entry.address, within_s)
    except LOST as why:
        raise _no_answer(entry, str(why)) from why
    try:
        if not talk.poll(within_s):
            raise TimeoutError(f"it has said nothing for {within_s:g} s")
        answer_challenge(talk, entry.key)
        deliver_challenge(talk, entry.key)
    except (*LOST, multiprocessing.AuthenticationError) as why:
        talk.close()
        raise _no_answer(entry, str(why)) from why
    return talk


def first_word(
    talk: Talk, entry: Entry, within_s: float = ANSWER_S, *, asked: object = None
) -> object:
    """What it says first, or to what it is `asked`; `WireFault` where it says nothing."""
    try:
        if asked is not None:
            talk.send(asked)
        if talk.poll(within_s):
            return talk.recv()
    except LOST as why:
        talk.close()
        raise _no_answer(entry, str(why) or "it has hung up") from why
    talk.close()
    raise _no_answer(entry, f"it has said nothing for {within_s:g} s")


def _no_answer(entry: Entry, why: str) -> WireFault:
    return WireFault(f"{entry.role} {entry.pid} does not answer ({why})")


def _called(address: str, within_s: float) -> Talk:
    if sys.platform == "win32":
        return Client(address, "AF_PIPE")
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(within_s)  # nobody may be there to take the call
        line.connect(address)
        line.setblocking(True)
        return Connection(line.detach())


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
                threading.Event().wait(BREATH_S)  # too many open files, perhaps
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


@dataclass(slots=True)
class _Waiting:
    word: object
    may_be_replaced: bool


class Outbox(threading.Thread):
    """Sends to one reader, in order; a snapshot takes the place of one of its kind that still
    waits, unless something was posted in between.

    So a reply comes after the snapshot that shows what it has changed, and no snapshot delays it.
    """

    def __init__(self, talk: Talk) -> None:
        super().__init__(name="outbox", daemon=True)
        self._talk = talk
        self._line: deque[_Waiting] = deque()
        self._ended = False
        self._changed = threading.Condition()
        self.lost = threading.Event()

    def post(self, word: object) -> None:
        """Send it, in its turn."""
        with self._changed:
            self._line.append(_Waiting(word, may_be_replaced=False))
            self._changed.notify()

    def show(self, snapshot: object) -> None:
        """Send it unless a newer one comes before its turn."""
        with self._changed:
            older = self._older(type(snapshot))
            if older is None:
                self._line.append(_Waiting(snapshot, may_be_replaced=True))
            else:
                older.word = snapshot
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
            while (waiting := self._next()) is not None:
                self._talk.send(waiting.word)
        except (*LOST, TypeError):  # TypeError: closed by us while it was sending
            self.lost.set()

    def _older(self, kind: type) -> _Waiting | None:
        for waiting in reversed(self._line):
            if not waiting.may_be_replaced:
                return None
            if type(waiting.word) is kind:
                return waiting
        return None

    def _next(self) -> _Waiting | None:
        with self._changed:
            self._changed.wait_for(lambda: self._line or self._ended)
            return self._line.popleft() if self._line else None


def _family() -> str:
    return "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"
