"""Which spots flash: those that have just appeared, for a moment of real time."""

from __future__ import annotations

import numpy as np

from onset.viewer.spots import Bools

FLASH_S = 0.7
MOST_AT_ONCE = 40
"""More than that at once is a jump in the film, not a turning on."""


class Flashes:
    """Remembers which spots were shown, and until when each new one flashes."""

    def __init__(self) -> None:
        self._before: Bools = np.zeros(0, np.bool_)
        self._until_s: dict[int, float] = {}

    def update(self, shown: Bools, now_s: float) -> None:
        """These spots are shown now, shape (n,); n may have grown."""
        before = np.zeros(len(shown), np.bool_)
        before[: len(self._before)] = self._before[: len(shown)]
        new = np.flatnonzero(shown & ~before)
        if len(new) <= MOST_AT_ONCE:
            self._until_s.update({int(i): now_s + FLASH_S for i in new})
        self._until_s = {i: until_s for i, until_s in self._until_s.items() if until_s > now_s}
        self._before = shown

    def now(self, n: int) -> Bools:
        """Which of `n` spots flash."""
        flashing = np.zeros(n, np.bool_)
        flashing[[i for i in self._until_s if i < n]] = True
        return flashing
