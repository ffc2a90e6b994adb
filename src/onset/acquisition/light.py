"""Was a frame lit? Decided from the intervals in which the shutter truly moved."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from onset.experiment.records import NO_FLAG, FrameFlag


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
