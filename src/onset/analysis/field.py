"""What the whole field does from frame to frame: level and noise of blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.kernels import Floats, sum_blocks, weigh_blocks

BLOCK_PX = 32
NOISE_MEMORY_FRAMES = 16
JUMP_SD = 2.0
"""A larger change of level, in noise sd of a pixel, is clipped: measure again around it."""
MOST_REPEATS = 12


class Field:
    """Level (ADU above the mean) and noise scale (1 = as in the baseline) on a grid of blocks."""

    def __init__(self, inverse_sd: Floats) -> None:
        height, width = inverse_sd.shape
        self._rows, self._columns = _edges(height), _edges(width)
        self.row_centres, self.column_centres = _centres(self._rows), _centres(self._columns)
        shape = (self._rows.size - 1, self._columns.size - 1)
        self.level, self.power = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self._sums, self._squares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._weights, self._counts = (
            np.zeros((2, *shape), np.float32),
            np.zeros((2, *shape), np.float32),
        )
        self._inverse_sd = inverse_sd
        self.weigh()

    def weigh(self) -> None:
        """Count again which pixels take part; call after `inverse_sd` changed."""
        for parity in (0, 1):
            weigh_blocks(
                self._inverse_sd, self._rows, self._columns, parity,
                self._weights[parity], self._counts[parity],
            )  # fmt: skip

    @property
    def scale(self) -> Floats:
        """Factor for scores: below 1 where the noise has grown since the baseline."""
        grown: Floats = (1.0 / np.sqrt(np.maximum(self.power, 1.0))).astype(np.float32)
        return grown

    def measure(self, image: npt.NDArray[Any], mean: Floats, frame: int) -> None:
        """Level and noise of this frame."""
        parity = frame % 2
        weights, counts = self._weights[parity], self._counts[parity]
        for _ in range(MOST_REPEATS):
            sum_blocks(
                image, mean, self._inverse_sd, self.level, self._rows, self._columns, parity,
                self._sums, self._squares,
            )  # fmt: skip
            change = _ratio(self._sums, weights)
            self.level = self.level + change
            jump = np.median(np.abs(change) * np.sqrt(_ratio(weights, counts)))
            if jump <= JUMP_SD:
                break
        now = _ratio(self._squares - self._sums * change, np.maximum(counts - 1.0, 0.0))
        self.power += (now - self.power) / np.float32(NOISE_MEMORY_FRAMES)


def _edges(length: int) -> npt.NDArray[np.int64]:
    return np.linspace(0, length, max(1, round(length / BLOCK_PX)) + 1).astype(np.int64)


def _centres(edges: npt.NDArray[np.int64]) -> Floats:
    return ((edges[:-1] + edges[1:] - 1) / 2.0).astype(np.float32)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Quotient per block; where a block has nothing left, that of the whole field."""
    total = float(below.sum())
    whole = float(above.sum()) / total if total > 0.0 else 0.0
    known = below > 1e-3 * below.max()
    ratio: Floats = np.where(known, above / np.where(known, below, 1.0), whole).astype(np.float32)
    return ratio
