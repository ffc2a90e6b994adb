"""Is there room to go on recording? Decided from what is free and how fast it goes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from onset.recording.room import kept_free_bytes

SEAL_BYTES_PER_FRAME = 200
"""Sealing writes some text for each frame."""
WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment of real time."""

    at_s: float
    written_bytes: int
    free_bytes: int


class DiskWatch:
    """Looks at the disk now and then; other programs may fill it too."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    def shortage(self, look: Look, n_frames: int) -> str | None:
        """Why the run must end now, if it must."""
        self._looks.append(look)
        while look.at_s - self._looks[0].at_s > WINDOW_S:
            self._looks.popleft()
        rate = self._bytes_per_s()
        needed = kept_free_bytes(rate) + n_frames * SEAL_BYTES_PER_FRAME
        if look.free_bytes >= needed:
            return None
        return (
            f"the disk is nearly full: {look.free_bytes / 1e6:.0f} MB are left and "
            f"{rate / 1e6:.0f} MB are written per second"
        )

    def left_s(self, look: Look) -> float | None:
        """Time until it is full at the present rate; None while nothing is written."""
        rate = self._bytes_per_s()
        return look.free_bytes / rate if rate > 0 else None

    def _bytes_per_s(self) -> float:
        """The faster of what we write and what the disk loses."""
        first, last = self._looks[0], self._looks[-1]
        passed_s = last.at_s - first.at_s
        if passed_s <= 0:
            return 0.0
        gone = max(last.written_bytes - first.written_bytes, first.free_bytes - last.free_bytes)
        return max(gone, 0) / passed_s
