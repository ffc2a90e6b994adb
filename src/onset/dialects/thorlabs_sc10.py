"""Thorlabs SC10 shutter controller: a command is echoed, then a value, then the prompt `> `.

`ens` toggles and nothing sets: whoever sends it twice has the shutter in the wrong state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from onset.dialects.reading import NEED_MORE, BadBytes, NeedMore

CR, PROMPT = b"\r", b"> "

BAUD_RATES = (9600, 115200)
"""By number in `baud=0` and `baud=1`."""

MODES = {1: "manual", 2: "auto", 3: "single", 4: "repeat", 5: "external gate"}
MANUAL, AUTO, SINGLE, REPEAT, GATED = MODES

ERRORS = ("CMD_NOT_DEFINED", "CMD_ARG_INVALID")
"""Drivers have seen them behind the words `Command error`, and without."""

SETTINGS: dict[str, range] = {
    "mode": range(1, 6),
    "trig": range(2),
    "xto": range(2),
    "baud": range(2),
    "open": range(1_000_000),
    "shut": range(1_000_000),
    "rep": range(1, 100),
}
"""What can be set with `=` and asked with `?`, and the values that it takes; times in ms."""

QUESTIONS = ("id", "*idn", "ens", "closed", "interlock", "")
"""What can only be asked; `?` alone lists the commands."""

ACTIONS = ("ens", "save", "savp", "resp", "default")
"""What is done; `ens` is the enable key: it toggles."""

LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """`ens?`"""

    word: str


@dataclass(frozen=True, slots=True)
class Set:
    """`mode=1`"""

    word: str
    value: int


@dataclass(frozen=True, slots=True)
class Do:
    """`ens`"""

    word: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that the controller answers by one of `ERRORS`."""

    text: str
    error: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back up to the prompt: the command's echo, then its values, one a line."""

    echo: str
    values: tuple[str, ...] = ()

    @property
    def error(self) -> str | None:
        """What was refused; None if nothing was."""
        known = (error for error in ERRORS for value in self.values if error in value)
        return next(known, None)


def encode_command(command: Ask | Set | Do) -> bytes:
    """Lower case only."""
    return text_of(command).encode("ascii") + CR


def text_of(command: Ask | Set | Do) -> str:
    """As it is written and echoed."""
    match command:
        case Ask(word):
            return f"{word}?"
        case Set(word, value):
            return f"{word}={value}"
        case Do(word):
            return word


def parse_command(text: str) -> Ask | Set | Do | Refusal:
    """The command in a line."""
    if text in ACTIONS:
        return Do(text)
    if text.endswith("?") and text[:-1] in (*QUESTIONS, *SETTINGS):
        return Ask(text[:-1])
    word, is_setting, value = text.partition("=")
    if not is_setting or word not in SETTINGS:
        return Refusal(text, "CMD_NOT_DEFINED")
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or int(value) not in SETTINGS[word]:
        return Refusal(text, "CMD_ARG_INVALID")
    return Set(word, int(value))


def encode_reply(reply: Reply) -> bytes:
    """All that a controller sends, echo included."""
    return b"".join(f"{line}\r".encode("ascii") for line in (reply.echo, *reply.values)) + PROMPT


class ReplyReader:
    """The host's end. A reply ends at `>`; the space behind it may come late or not at all."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply."""
        end = self._buffer.find(b">")
        if end < 0:
            return self._too_long() if len(self._buffer) > LONGEST else NEED_MORE
        raw = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        body = raw[:-1].lstrip(b" ").replace(b"\n", b"")
        if not re.fullmatch(rb"[\r\x20-\x7e]*", body):
            return BadBytes(raw, "not a reply of this dialect")
        lines = body.decode("ascii").split("\r")
        if len(lines) < 2 or lines[-1]:
            return BadBytes(raw, "no line end before the prompt")
        return Reply(lines[0], tuple(line for line in lines[1:-1] if line))

    def _too_long(self) -> BadBytes:
        data = bytes(self._buffer)
        self._buffer.clear()
        return BadBytes(data, "a reply without end")


class CommandReader:
    """The controller's end: a line ends at CR."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Ask | Set | Do | Refusal | NeedMore | BadBytes:
        """The next command; nothing between two CRs is a refusal of an empty text."""
        end = self._buffer.find(CR)
        if end < 0:
            return NEED_MORE
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        clean = line.replace(b"\n", b"")
        if not re.fullmatch(rb"[\x20-\x7e]*", clean):
            return BadBytes(line + CR, "not a command of this dialect")
        return parse_command(clean.decode("ascii"))
