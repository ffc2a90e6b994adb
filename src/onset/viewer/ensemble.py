"""Mean intensity of the frames: which to read next so that the curve is whole first, fine later."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.viewer.spots import Floats

MOST_POINTS = 4000
"""A curve of more points shows no more on any screen; the rest of a long film is not read."""


class Ensemble:
    """Means of the frames that were read, by position; NaN for the others."""

    def __init__(self) -> None:
        self._means = np.full(1024, np.nan)
        self._n = 0

    @property
    def means(self) -> Floats:
        """A copy, one value per frame."""
        return self._means[: self._n].copy()

    def grow(self, n: int) -> None:
        """The film has `n` frames now."""
        while n > len(self._means):
            self._means = np.concatenate((self._means, np.full(len(self._means), np.nan)))
        self._n = max(self._n, n)

    def put(self, position: int, mean: float) -> None:
        """The frame at `position` was read."""
        self._means[position] = mean

    def wanted(self, most: int) -> list[int]:
        """Up to `most` positions not read yet, the coarsest grid first."""
        stride = 1 << max(int(np.ceil(np.log2(max(self._n, 1) / MOST_POINTS))), 0)
        grid = np.arange(0, self._n, stride)
        unread = grid[np.isnan(self._means[: self._n : stride])]
        order = np.argsort(-_divisibility(unread), kind="stable")
        return [int(position) for position in unread[order[:most]]]


def _divisibility(positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The largest power of two that divides each position; more than any for 0."""
    return np.where(positions == 0, np.int64(1) << 62, positions & -positions)
