"""What the whole field does from frame to frame: level and noise of blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import weigh_blocks
from onset.analysis.field_kernels import Ints, level_at_nodes, measure_blocks, scale_at_nodes
from onset.analysis.kernels import Floats, Shorts

BLOCK_PX = 32


class Field:
    """Level (ADU above the mean) and noise (1 = as in the baseline) of every block.

    1 / sd of a pixel is its `weight` (h, w) times `unit`; a pixel of weight 0 takes no part. The
    grids handed out have one more node at each border: reading them is interpolation only.
    """

    def __init__(self, weight: Shorts, unit: float) -> None:
        height, width = weight.shape
        self._rows, self._columns = _edges(height), _edges(width)
        self.row_nodes, self.column_nodes = _nodes(self._rows), _nodes(self._columns)
        self._row_sources, self._row_shares = _sources(self.row_nodes)
        self._column_sources, self._column_shares = _sources(self.column_nodes)
        shape = (self._rows.size - 1, self._columns.size - 1)
        self._level, self._noise = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self._weights, self._counts = np.zeros((2, 2, *shape), np.float32)
        self._tilt = np.zeros((self.row_nodes.size, self.column_nodes.size), np.float32)
        self._weight, self._unit = weight, np.float32(unit)
        self.weigh()

    def weigh(self) -> None:
        """Count again which pixels take part; call after `weight` changed."""
        for parity in (0, 1):
            weigh_blocks(
                self._weight, self._unit, self._rows, self._columns, parity,
                self._weights[parity], self._counts[parity],
            )  # fmt: skip

    def measure(self, image: npt.NDArray[Any], mean: Floats, frame: int) -> tuple[Floats, Floats]:
        """Of this frame at the nodes: level, ADU above the mean, and the factor for scores."""
        parity = frame % 2
        measure_blocks(
            image, mean, self._weight, self._unit, self._rows, self._columns, parity,
            self._weights[parity], self._counts[parity], self._level, self._noise,
        )  # fmt: skip
        level, scale = np.empty_like(self._tilt), np.empty_like(self._tilt)
        level_at_nodes(
            self._level, self._row_sources, self._row_shares,
            self._column_sources, self._column_shares, self._tilt, level,
        )  # fmt: skip
        scale_at_nodes(self._noise, self._row_sources, self._column_sources, scale)
        return level, scale


def _edges(length: int) -> Ints:
    return np.linspace(0, length, max(1, round(length / BLOCK_PX)) + 1).astype(np.int64)


def _nodes(edges: Ints) -> Floats:
    """Centres of the blocks, and the first and the last pixel."""
    centres = (edges[:-1] + edges[1:] - 1) / 2.0
    return np.concatenate([[0.0], centres, [edges[-1] - 1.0]]).astype(np.float32)


def _sources(nodes: Floats) -> tuple[Ints, Floats]:
    """For every node two blocks and their shares: the outermost continue the slope."""
    last = nodes.size - 3
    blocks = np.clip(np.arange(-1, last + 2), 0, last)
    sources = np.column_stack([blocks, blocks]).astype(np.int64)
    shares = np.zeros((nodes.size, 2), np.float32)
    shares[:, 0] = 1.0
    if last > 0:
        share = (nodes[1] - nodes[0]) / (nodes[2] - nodes[1])
        sources[0, 1], sources[-1, 1] = 1, last - 1
        shares[[0, -1]] = (1.0 + share, -share)
    return sources, shares
