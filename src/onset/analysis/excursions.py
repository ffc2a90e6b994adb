"""Excursions of the CUSUMs from zero: how high, where their tops are, which are begun afresh."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.kernels import CHUNK_PX, Floats, Shorts
from onset.analysis.summit import Summit, summit
from onset.analysis.thresholds import Rules

WHOLE = 65535
"""Slow sums are kept as whole numbers up to this."""
SLOW_HEIGHT = 8.0
"""Slow sums are kept up to so many thresholds: what is brighter, the fast CUSUM sees."""
OFTEN_DENIED = 6
"""So many frames with alarms that others explain, and nothing is looked for there any more."""
AROUND_ROWS, AROUND_COLUMNS = np.arange(-1, 2)[:, np.newaxis], np.arange(-2, 3)
"""What is begun afresh with a place."""


class Excursions:
    """Sums and ages of the slow and the fast CUSUM at every place, (rows of scores, width)."""

    def __init__(self, shape: tuple[int, int], rules: Rules) -> None:
        self.slow, self.fast = np.zeros(shape, np.uint16), np.zeros(shape, np.float32)
        self.slow_age, self.fast_age = np.zeros((2, *shape), np.uint16)
        self.busy = np.zeros((shape[0], -(-shape[1] // CHUNK_PX)), np.bool_)
        self.denied = np.zeros(shape, np.uint16)
        self.unit = SLOW_HEIGHT * rules.slow.threshold / WHOLE
        self.take(rules)

    def take(self, rules: Rules) -> None:
        """Thresholds from now on; the unit of the slow sums stays that of the first."""
        self.rules, self.packed = rules, rules.packed(self.unit)

    @property
    def _arrays(self) -> tuple[Shorts, Shorts, Floats, Shorts]:
        return self.slow, self.slow_age, self.fast, self.fast_age

    def highest_first(self, alarms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Flat places sorted by their height over the threshold."""
        slow = self.slow.flat[alarms] * self.unit / self.rules.slow.threshold
        fast = self.fast.flat[alarms] / self.rules.fast.threshold
        return alarms[np.argsort(-np.maximum(slow, fast), kind="stable")]

    def top(self, y: int, x: int, hidden: npt.NDArray[np.bool_]) -> Summit:
        """The top of the excursion that an alarm belongs to, by the CUSUM that raised it."""
        if self.fast[y, x] > self.rules.fast.threshold:
            return summit(self.fast, self.fast_age, self.rules.fast, hidden, y, x)
        return summit(self.slow, self.slow_age, self.rules.slow, hidden, y, x, self.unit)

    def begin_again(self) -> None:
        """All of them from zero."""
        for array in self._arrays:
            array[:] = 0

    def drop(self, window: tuple[slice, slice], hidden: npt.NDArray[np.bool_]) -> None:
        """Those in a window that are hidden from now on."""
        for array in self._arrays:
            array[window][hidden[window]] = 0

    def deny(self, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Begin afresh around places; those of them where this happened in many frames.

        A frame counts once: a bright spot raises alarms all over its flanks when it turns on.
        """
        y, x = np.array(places).T[:, :, np.newaxis, np.newaxis]
        rows, width = self.denied.shape
        near = np.clip(y + AROUND_ROWS, 0, rows - 1), np.clip(x + AROUND_COLUMNS, 0, width - 1)
        for array in self._arrays:
            array[near] = 0
        # a place that is near several of them is written several times with the same number
        self.denied[near] = self.denied[near] + 1
        return [place for place in places if self.denied[place] >= OFTEN_DENIED]
