"""What every reader of a dialect answers: a message, need more, or bad bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeVar

Message_co = TypeVar("Message_co", covariant=True)


class NeedMore(Enum):
    """The type of `NEED_MORE`."""

    NEED_MORE = auto()


NEED_MORE = NeedMore.NEED_MORE


@dataclass(frozen=True, slots=True)
class BadBytes:
    """Bytes that are no message of this dialect; reading goes on behind them."""

    data: bytes
    why: str


class Reader(Protocol[Message_co]):
    """Takes bytes as they come, in pieces of any size, and hands out messages one by one."""

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        ...

    def next(self) -> Message_co | NeedMore | BadBytes:
        """The next message; bytes that are none; or `NEED_MORE` when all that came is used up."""
        ...

    def clear(self) -> None:
        """Forget what has come so far and was not handed out."""
        ...
