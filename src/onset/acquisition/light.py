"""Was a frame lit? Decided from the intervals in which the shutter truly moved."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onset.experiment.protocol import Ask, Step, Wait
from onset.experiment.records import NO_FLAG, FrameFlag, Mark


@dataclass(slots=True)
class _Move:
    earliest_ns: int
    latest_ns: int | None
    opens: bool


class LightLog:
    """The shutter's moves so far; without a shutter the light is always on."""

    def __init__(self, *, has_shutter: bool) -> None:
        self._has_shutter = has_shutter
        self._moves: list[_Move] = []
        self._lock = threading.Lock()

    def begin(self, t_ns: int, *, opens: bool) -> None:
        """A command is about to be sent; from now on nobody knows where the shutter is."""
        with self._lock:
            self._moves.append(_Move(t_ns, None, opens))

    def done(self, earliest_ns: int, latest_ns: int) -> None:
        """The last command took effect within this interval."""
        with self._lock:
            move = self._moves[-1]
            move.earliest_ns, move.latest_ns = earliest_ns, latest_ns

    def open_ns(self, until_ns: int) -> int:
        """The longest time for which light may have fallen until then; 0 without a shutter."""
        with self._lock:
            moves = [move for move in self._moves if move.earliest_ns < until_ns]
        total_ns, opened_ns = 0, None
        for move in moves:
            if move.opens:
                opened_ns = move.earliest_ns if opened_ns is None else opened_ns
            elif opened_ns is not None and move.latest_ns is not None:
                total_ns += min(move.latest_ns, until_ns) - opened_ns
                opened_ns = None
        return total_ns + (until_ns - opened_ns if opened_ns is not None else 0)

    def flag(self, start_ns: int, end_ns: int) -> FrameFlag:
        """LIT, PARTLY_LIT or no flag for an exposure between two host times."""
        if not self._has_shutter:
            return FrameFlag.LIT
        with self._lock:
            opened = False
            for move in self._moves:
                if move.earliest_ns >= end_ns:
                    break
                if move.latest_ns is None or move.latest_ns > start_ns:
                    return FrameFlag.PARTLY_LIT
                opened = move.opens
        return FrameFlag.LIT if opened else NO_FLAG


class Shade:
    """`light = "frames"`: dark while nothing but waiting and asking goes on.

    Which way the protocol wants the shutter is known from the marks of its own steps and of people.
    """

    def __init__(self, light: Literal["steps", "frames"]) -> None:
        self._works = light == "frames"
        self._wanted_open = False
        self._shaded = False

    def hear(self, mark: Mark) -> None:
        """Somebody else has moved the shutter."""
        if mark.what in ("shutter-open", "shutter-close") and "because" not in mark.values:
            self._wanted_open, self._shaded = mark.what == "shutter-open", False

    def look(self, under_way: Sequence[Step]) -> Literal["open", "close"] | None:
        """What to do now, once per change."""
        if not self._works or not self._wanted_open or not under_way:
            return None
        idle = all(isinstance(step, Wait | Ask) for step in under_way)
        if idle == self._shaded:
            return None
        self._shaded = idle
        return "close" if idle else "open"
