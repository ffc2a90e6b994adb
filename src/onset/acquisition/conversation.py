"""One client's talk with a supervisor: numbered requests, their replies, the newest snapshot."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from onset.acquisition.channel import ANSWER_S, LOST, Outbox, connect, first_word
from onset.acquisition.messages import VERSION, Command, Goodbye, Reply, Request, Status
from onset.acquisition.registry import Entry
from onset.errors import Refused, WireFault

LEAVE_S = 2.0
"""A supervisor that is stopped is not waited for longer than this."""


class Conversation:
    """Open until either side leaves; replies find their requests by number."""

    def __init__(self, entry: Entry, who: str, within_s: float = ANSWER_S) -> None:
        self.entry, self._who = entry, who
        self.listeners: list[Callable[[Status], None]] = []
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Reply]] = {}
        self._changed = threading.Condition()
        self.gone = ""
        """Why it is over, empty while it is not."""
        self._talk = connect(entry, within_s)
        first = first_word(self._talk, entry, within_s)
        if getattr(first, "version", None) != VERSION or not isinstance(first, Status):
            self._talk.close()
            raise Refused("the supervisor is of another version of onset: restart one of the two")
        self.status = first
        self._outbox = Outbox(self._talk)
        self._outbox.start()
        self._reader = threading.Thread(target=self._read, name="conversation", daemon=True)
        self._reader.start()

    def send(self, command: Command) -> Future[Reply]:
        """Ask; exactly one reply comes, or `WireFault` when the supervisor goes."""
        answer: Future[Reply] = Future()
        with self._changed:
            if not self.gone:
                number = next(self._numbers)
                self._waiting[number] = answer
                self._outbox.post(Request(number, command, self._who))
                return answer
        answer.set_exception(WireFault(self.gone))
        return answer

    def wait_for(self, what: Callable[[Status], bool], timeout_s: float | None) -> bool:
        """Wait until `what` is true of the newest snapshot; false when it cannot become so."""
        with self._changed:
            self._changed.wait_for(lambda: what(self.status) or bool(self.gone), timeout_s)
            return what(self.status)

    def close(self) -> None:
        """Say what is still to be said, then leave."""
        self._outbox.post(Goodbye())
        self._outbox.finish(LEAVE_S)
        self._reader.join(LEAVE_S)
        with suppress(*LOST):
            self._talk.close()
        self._over("the connection was closed")

    def _read(self) -> None:
        try:
            while True:
                word: Reply | Status = self._talk.recv()
                if isinstance(word, Reply):
                    self._answered(word)
                else:
                    self._seen(word)
        except (*LOST, TypeError):  # TypeError: closed by us while it waited
            self._over(f"the supervisor (process {self.entry.pid}) has gone")

    def _answered(self, reply: Reply) -> None:
        with self._changed:
            answer = self._waiting.pop(reply.number, None)
        if answer is not None:
            answer.set_result(reply)

    def _seen(self, status: Status) -> None:
        with self._changed:
            self.status = status
            self._changed.notify_all()
        for listener in tuple(self.listeners):
            listener(status)

    def _over(self, why: str) -> None:
        with self._changed:
            self.gone = self.gone or why
            unanswered, self._waiting = list(self._waiting.values()), {}
            self._changed.notify_all()
        for answer in unanswered:
            answer.set_exception(WireFault(self.gone))
