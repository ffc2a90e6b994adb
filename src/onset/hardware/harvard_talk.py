"""Asks a Harvard pump, and again where an answer is lost, garbled or hard to believe.

Its line has no checksum: a flipped bit makes `500` of `100` and `:` of `>`. What can be repeated is
repeated before it is believed; run commands are never repeated in here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from onset.dialects.harvard import PROMPTS, Reply, encode_command
from onset.dialects.harvard_readers import ReplyReader
from onset.dialects.reading import BadBytes, NeedMore
from onset.errors import DeviceFault
from onset.hardware.port import Answer, Garbled, Port, Silent
from onset.hardware.semantic import Sent

Value = TypeVar("Value")

REPLY_WITHIN_S, RETRY_WITHIN_S = 0.4, 0.8
"""Answers come within some ms; whatever is done with a dead wire ends within two seconds."""

MOST_TRIES = 4

SPEAKING = ("ver", "poll", "nvram", "load")
"""Commands whose answer may have lines although they are no questions."""


class PolledReader:
    """Replies that XON ends; a prompt without it was said unasked, before poll mode."""

    def __init__(self) -> None:
        self._reader = ReplyReader()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._reader.feed(data)

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._reader.clear()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply that was asked for."""
        while isinstance(found := self._reader.next(), Reply) and not found.xon:
            continue
        return found


class HarvardTalk:
    """One pump at one address; with address 0 it is alone on its wire and spoken to without."""

    def __init__(self, name: str, port: Port, *, address: int, model: str | None) -> None:
        self.name, self._port, self._address = name, port, address
        # The PHD Ultra manual alone wants a colon between address and word.
        self._colon = ":" if address and "phd" in (model or "").lower() else ""

    def once(self, text: str, *, within_s: float = REPLY_WITHIN_S) -> Answer[Reply]:
        """Ask once; Silent and Garbled say that nobody knows whether the pump has heard it."""
        answer = self._port.ask(self.bytes_of(text), PolledReader(), within_s=within_s)
        if (found := answer.message.address or 0) != self._address:
            raise Garbled(f"pump {self.name}: pump {found} answers for {self._address}")
        return answer

    def tell(self, text: str, *, may_refuse: bool = False) -> Answer[Reply]:
        """Something that may be said twice; a refusal is believed when it is repeated."""
        return self._repeated(text, lambda reply: self._told(text, reply), may_refuse=may_refuse)

    def read(self, text: str, value_of: Callable[[str], Value]) -> Value:
        """The value in the first line of the answer; `value_of` raises ValueError for no value."""
        value, _ = self.read_with_prompt(text, value_of)
        return value

    def read_with_prompt(self, text: str, value_of: Callable[[str], Value]) -> tuple[Value, str]:
        """The same, and what the pump does."""
        reply = self._repeated(text, lambda reply: self._value(text, reply, value_of)).message
        return value_of(reply.lines[0]), reply.prompt

    def set(
        self, text: str, question: str, wanted: float, value_of: Callable[[str], float]
    ) -> Sent:
        """Set a number and read it back; set it again when it comes back as another."""
        first: Answer[Reply] | None = None
        now = math.nan
        for _ in range(2):
            answer = self.tell(text)
            first = first or answer
            for _ in range(2):
                now = self.read(question, value_of)
                if math.isclose(now, wanted, rel_tol=1e-3):
                    return self.sent(text, first.asked_ns, answer)
        raise DeviceFault(f"pump {self.name} was told {text} and says {now:g}")

    def prompt(self) -> str:
        """What the pump does, as it says it twice in a row."""
        return self.prompt_answer().message.prompt

    def prompt_answer(self) -> Answer[Reply]:
        """The same, with its times."""
        answer = self.tell("")
        for _ in range(MOST_TRIES):
            again = self.tell("")
            if again.message.prompt == answer.message.prompt:
                return answer
            answer = again
        raise Garbled(f"pump {self.name}: its prompt changes with every question")

    def sent(self, text: str, asked_ns: int, answer: Answer[Reply]) -> Sent:
        """The bounds of a command: it acts behind its CR and before its answer begins."""
        return Sent(
            asked_ns=asked_ns,
            sent_ns=answer.sent_ns,
            replied_ns=answer.replied_ns,
            confirmed_ns=answer.replied_ns,
            earliest_ns=asked_ns + self._port.wire_ns(self.bytes_of(text)[:-1]),
            latest_ns=answer.replied_ns - self._port.byte_ns,
        )

    def refused(self, text: str, reply: Reply) -> DeviceFault:
        """The pump's own words."""
        doing = PROMPTS[reply.prompt]
        return DeviceFault(f"pump {self.name} ({doing}) refused {text}: {reply.error}")

    def bytes_of(self, text: str) -> bytes:
        """A question as it goes over the wire."""
        address = self._address or None
        return encode_command(self._colon + text, address=address, quiet=bool(text))

    def settle(self) -> None:
        """Let late answers pass."""
        self._port.settle()

    def poll_again(self) -> None:
        """Let late answers pass; a pump whose power failed has left poll mode.

        One whose screen was touched hears nothing until a bare line end.
        """
        self.settle()
        self._port.write(b"\r" + self.bytes_of("poll on"))
        self._port.settle(quiet_s=0.05)

    def _repeated(
        self, text: str, check: Callable[[Reply], None], *, may_refuse: bool = False
    ) -> Answer[Reply]:
        try:
            return self._checked(self.once(text), check)
        except (Silent, Garbled):
            self.poll_again()
        except DeviceFault:
            self.settle()
        try:
            answer = self._checked(self.once(text, within_s=RETRY_WITHIN_S), check)
        except DeviceFault:
            if not may_refuse:
                raise
            answer = self.once(text, within_s=RETRY_WITHIN_S)
        self.settle()  # the first answer may come late, behind the second
        return answer

    def _checked(self, answer: Answer[Reply], check: Callable[[Reply], None]) -> Answer[Reply]:
        check(answer.message)
        return answer

    def _told(self, text: str, reply: Reply) -> None:
        if reply.error is not None:
            raise self.refused(text, reply)
        if reply.lines and not text.startswith(SPEAKING):
            raise Garbled(f"pump {self.name}: {reply.lines} is no answer to {text}")

    def _value(self, text: str, reply: Reply, value_of: Callable[[str], object]) -> None:
        if reply.error is not None:
            raise self.refused(text, reply)
        try:
            value_of(reply.lines[0])
        except (IndexError, ValueError) as why:
            raise Garbled(f"pump {self.name}: {reply.lines} is no answer to {text}") from why
