"""Arguments of a Harvard command: what cannot be understood is the pump's refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from onset.simulated.harvard_pump import PumpBody, Refusal

Lines: TypeAlias = tuple[str, ...]
Arguments: TypeAlias = tuple[str, ...]
Handler: TypeAlias = Callable[[Arguments, int], Lines]


class Understood:
    """A ValueError about arguments is the pump's refusal."""

    def __init__(self, arguments: Arguments) -> None:
        self._first = arguments[0] if arguments else ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, why: object, _: object) -> None:
        if kind is not None and issubclass(kind, ValueError):
            said = str(why)
            second = said if re.fullmatch(r"[A-Z][a-z ]+", said) else "Invalid argument"
            raise Refusal(f"Argument error: {self._first}", second) from None


def whole(arguments: Arguments, known: range | tuple[int, ...]) -> int:
    """The first argument, a whole number that is known; else a Refusal."""
    text = arguments[0]
    if not re.fullmatch(r"\d{1,7}", text, re.ASCII) or int(text) not in known:
        raise Refusal(f"Argument error: {text}", "Out of range")
    return int(text)


def read_time(text: str) -> float:
    """Seconds, or minutes and seconds, or hours as well, with colons; in s."""
    if ":" not in text:
        return float(text)
    parts = [int(part) for part in text.split(":")]
    return float(sum(part * 60**place for place, part in enumerate(reversed(parts))))


def shown_time(seconds: float) -> str:
    """Up to a minute in seconds, then as a clock."""
    if seconds < 60:
        return f"{seconds:g} seconds"
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    clock = f"{minutes:02d}:{whole % 60:02d}"
    return f"{hours:02d}:{clock}" if hours else clock


def must_rest(body: PumpBody, t_ns: int) -> None:
    """Refuse while the motor runs."""
    body.settle(t_ns)
    if body.running:
        raise Refusal("Command error:", "Not allowed while the pump is running")
