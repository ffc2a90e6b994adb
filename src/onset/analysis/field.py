"""What the whole field does from frame to frame: level and noise of blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import sum_blocks, weigh_blocks
from onset.analysis.kernels import Floats

BLOCK_PX = 32
NOISE_MEMORY_FRAMES = 16
NOISE_JUMP = 1.7
"""Noise that grows by more than this, which one spot cannot do, counts at once."""
TILT_MEMORY_FRAMES = 8
JUMP_SD = 2.0
"""A larger change of level, in noise sd of a pixel, is clipped: measure again around it."""
MOST_REPEATS = 12


class Field:
    """Level (ADU above the mean) and noise (1 = as in the baseline) of every block.

    The grids handed out have one more node at each border: reading them is interpolation only.
    """

    def __init__(self, inverse_sd: Floats) -> None:
        height, width = inverse_sd.shape
        self._rows, self._columns = _edges(height), _edges(width)
        self.row_nodes, self.column_nodes = _nodes(self._rows), _nodes(self._columns)
        shape = (self._rows.size - 1, self._columns.size - 1)
        self._level, self._noise = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self._sums, self._squares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._weights, self._counts = np.zeros((2, 2, *shape), np.float32)
        self._tilt_rows, self._tilt_columns = _tilt(self.row_nodes), _tilt(self.column_nodes)
        self._tilt = np.zeros((shape[0] + 2, shape[1] + 2), np.float32)
        self._framed = np.ix_(*(np.clip(np.arange(-1, n + 1), 0, n - 1) for n in shape))
        self._inverse_sd = inverse_sd
        self.weigh()

    def weigh(self) -> None:
        """Count again which pixels take part; call after `inverse_sd` changed."""
        for parity in (0, 1):
            weigh_blocks(
                self._inverse_sd, self._rows, self._columns, parity,
                self._weights[parity], self._counts[parity],
            )  # fmt: skip

    def level(self) -> Floats:
        """ADU above the mean at the nodes; to the border with the slope, smoothed in time."""
        inner = self._level[self._framed]
        sloped = self._tilt_rows @ self._level @ self._tilt_columns.T
        self._tilt += (sloped - inner - self._tilt) / np.float32(TILT_MEMORY_FRAMES)
        return inner + self._tilt

    def scale(self) -> Floats:
        """Factor for scores at the nodes: below 1 where the noise has grown since the baseline."""
        grown = (1.0 / np.sqrt(np.maximum(self._noise, 1.0))).astype(np.float32)
        framed: Floats = grown[self._framed]
        return framed

    def measure(self, image: npt.NDArray[Any], mean: Floats, frame: int) -> None:
        """Level and noise of this frame."""
        parity = frame % 2
        weights, counts = self._weights[parity], self._counts[parity]
        for _ in range(MOST_REPEATS):
            sum_blocks(
                image, mean, self._inverse_sd, self._level, self._rows, self._columns, parity,
                self._sums, self._squares,
            )  # fmt: skip
            change = _ratio(self._sums, weights)
            self._level = self._level + change
            jump = np.sqrt(np.mean(change**2 * _ratio(weights, counts)))
            if jump <= JUMP_SD:
                break
        now = _ratio(self._squares - self._sums * change, np.maximum(counts - 1.0, 0.0))
        smooth = self._noise + (now - self._noise) / np.float32(NOISE_MEMORY_FRAMES)
        self._noise = np.where(now > NOISE_JUMP * self._noise, now, smooth)


def _edges(length: int) -> npt.NDArray[np.int64]:
    return np.linspace(0, length, max(1, round(length / BLOCK_PX)) + 1).astype(np.int64)


def _nodes(edges: npt.NDArray[np.int64]) -> Floats:
    """Centres of the blocks, and the first and the last pixel."""
    centres = (edges[:-1] + edges[1:] - 1) / 2.0
    return np.concatenate([[0.0], centres, [edges[-1] - 1.0]]).astype(np.float32)


def _tilt(nodes: Floats) -> Floats:
    """Matrix from blocks to nodes that continues the slope at both ends."""
    blocks = nodes.size - 2
    matrix = np.zeros((nodes.size, blocks), np.float32)
    matrix[1:-1] = np.eye(blocks)
    matrix[0], matrix[-1] = matrix[1], matrix[-2]
    if blocks > 1:
        share = (nodes[1] - nodes[0]) / (nodes[2] - nodes[1])
        matrix[0, :2] = (1.0 + share, -share)
        matrix[-1, -2:] = (-share, 1.0 + share)
    return matrix


def _ratio(above: Floats, below: Floats) -> Floats:
    """Quotient per block; where a block has nothing left, that of the whole field."""
    total = float(below.sum())
    whole = float(above.sum()) / total if total > 0.0 else 0.0
    known = below > 1e-3 * below.max()
    ratio: Floats = np.where(known, above / np.where(known, below, 1.0), whole).astype(np.float32)
    return ratio
