"""Sutter Lambda SC (and shutter A of a 10-B, 10-3): bytes are echoed; CR when the move is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from onset.dialects.reading import NEED_MORE, BadBytes, NeedMore

CR, ONE = 0x0D, 0x01

BAUD_RATES = (9600, 128000)
"""Serial and USB."""

Action: TypeAlias = Literal[
    "open",
    "open-conditional",
    "close",
    "open-b",
    "close-b",
    "stop-free-run",
    "status",
    "fast",
    "soft",
    "neutral-density",
    "on-line",
    "local",
    "configure",
    "reset",
    "type",
]
ShutterMode: TypeAlias = Literal["fast", "soft", "neutral-density"]

CODES: dict[Action, int] = {
    "open": 0xAA,
    "open-conditional": 0xAB,
    "close": 0xAC,
    "open-b": 0xBA,
    "close-b": 0xBC,
    "stop-free-run": 0xBF,
    "status": 0xCC,
    "fast": 0xDC,
    "soft": 0xDD,
    "neutral-density": 0xDE,
    "on-line": 0xEE,
    "local": 0xEF,
    "configure": 0xFA,
    "reset": 0xFB,
    "type": 0xFD,
}
ACTIONS: dict[int, Action] = {code: action for action, code in CODES.items()}
INVERSE: dict[Action, Action] = {"open": "close", "close": "open"}
"""What a Lambda SC sometimes echoes in place of what it was told, and did."""

ND_LEVELS = range(1, 145)
LEVELS: dict[Action, frozenset[int]] = {
    "neutral-density": frozenset(ND_LEVELS),
    "configure": frozenset(range(0xA0, 0xF0)) - frozenset(ACTIONS),
}
"""Commands of two bytes: microsteps; what the TTL input does, power-up state and the like.

A second byte that is itself a command is left out: a stray 0xFA must not hide it.
"""

LONGEST_TYPE = 32

_STATES: dict[int, Literal["open", "closed"]] = {0xAA: "open", 0xAC: "closed"}
_STATE_CODES = {state: code for code, state in _STATES.items()}
_MODES: dict[int, ShutterMode] = {0xDC: "fast", 0xDD: "soft", 0xDE: "neutral-density"}
_MODE_CODES = {mode: code for code, mode in _MODES.items()}


@dataclass(frozen=True, slots=True)
class Command:
    """What the controller is told; those in `LEVELS` have a second byte."""

    action: Action
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The echo, and the CR that says that the move is finished."""

    action: Action | None
    """As echoed; None when only the CR came."""
    level: int | None = None
    with_one: bool = False
    """A 0x01 came before the CR, as some controllers send."""

    def answers(self, command: Command) -> bool:
        """Whether this is the answer to `command`, its echo inverted or not."""
        echoes = (command.action, INVERSE.get(command.action, command.action))
        return self.action in echoes and self.level == command.level


@dataclass(frozen=True, slots=True)
class StatusReply:
    """The answer to `status`."""

    state: Literal["open", "closed"]
    mode: ShutterMode
    level: int | None = None

    def answers(self, command: Command) -> bool:
        """Whether this is the answer to `command`."""
        return command.action == "status"


@dataclass(frozen=True, slots=True)
class TypeReply:
    """The answer to `type`; a 10-2 gives none."""

    text: str

    def answers(self, command: Command) -> bool:
        """Whether this is the answer to `command`."""
        return command.action == "type"


Answer: TypeAlias = Done | StatusReply | TypeReply


def encode_command(command: Command) -> bytes:
    """One byte, or two. ValueError for a second byte that is none."""
    levels = LEVELS.get(command.action)
    if levels is None and command.level is None:
        return bytes([CODES[command.action]])
    if levels is None or command.level not in levels:
        raise ValueError(f"{command.action} is not followed by {command.level}")
    return bytes([CODES[command.action], command.level])


def encode_answer(answer: Answer) -> bytes:
    """All that a controller sends for one command, echo included."""
    match answer:
        case Done(action, level, with_one):
            echo = [] if action is None else [CODES[action]]
            body = [*echo, *([] if level is None else [level]), *([ONE] if with_one else [])]
        case StatusReply(state, mode, level):
            ending = [] if level is None else [level]
            body = [CODES["status"], _STATE_CODES[state], _MODE_CODES[mode], *ending]
        case TypeReply(text):
            body = [CODES["type"], *text.encode("ascii")]
    return bytes([*body, CR])


class AnswerReader:
    """The host's end. A level may be 13, the same byte as CR: answers are read by their form."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Answer | NeedMore | BadBytes:
        """The next answer, complete with its CR."""
        if not self._buffer:
            return NEED_MORE
        found = _answer(bytes(self._buffer))
        if found is NEED_MORE:
            return NEED_MORE
        if found is None:
            return BadBytes(bytes([self._buffer.pop(0)]), "not an answer of this dialect")
        del self._buffer[: len(encode_answer(found))]
        return found


def _answer(data: bytes) -> Answer | NeedMore | None:
    """The answer that `data` begins with; None if it begins with none."""
    if data[0] == CR:
        return Done(None)
    action = ACTIONS.get(data[0])
    if action == "status":
        return _status(data)
    if action == "type":
        return _type(data)
    return None if action is None else _done(action, data)


def _done(action: Action, data: bytes) -> Done | NeedMore | None:
    levels = LEVELS.get(action)
    level = data[1] if levels is not None and len(data) > 1 else None
    if levels is not None and level is not None and level not in levels:
        return None
    rest = data[1:] if levels is None else data[2:]
    with_one = rest[:1] == bytes([ONE])
    end = rest[1:2] if with_one else rest[:1]
    if not end:
        return NEED_MORE
    return Done(action, level, with_one) if end[0] == CR else None


def _status(data: bytes) -> StatusReply | NeedMore | None:
    state = _STATES.get(data[1]) if len(data) > 1 else None
    mode = _MODES.get(data[2]) if len(data) > 2 else None
    if (len(data) > 1 and state is None) or (len(data) > 2 and mode is None):
        return None
    if state is None or mode is None:
        return NEED_MORE
    rest = data[3:]
    level = None
    if mode == "neutral-density" and rest:
        level, rest = rest[0], rest[1:]
        if level not in ND_LEVELS:
            return None
    if not rest:
        return NEED_MORE
    return StatusReply(state, mode, level) if rest[0] == CR else None


def _type(data: bytes) -> TypeReply | NeedMore | None:
    text, end, _ = data[1:].partition(bytes([CR]))
    if any(not 0x20 <= byte < 0x7F for byte in text) or len(text) > LONGEST_TYPE:
        return None
    if not end:
        return NEED_MORE
    return TypeReply(text.decode("ascii")) if text else None


class CommandReader:
    """The controller's end."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Command | NeedMore | BadBytes:
        """The next command."""
        if not self._buffer:
            return NEED_MORE
        action = ACTIONS.get(self._buffer[0])
        if action is None:
            return self._drop(1)
        levels = LEVELS.get(action)
        if levels is None:
            del self._buffer[:1]
            return Command(action)
        if len(self._buffer) < 2:
            return NEED_MORE
        if self._buffer[1] not in levels:
            return self._drop(1)
        level = self._buffer[1]
        del self._buffer[:2]
        return Command(action, level)

    def _drop(self, size: int) -> BadBytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return BadBytes(data, "not a command of this dialect")
