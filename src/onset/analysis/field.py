"""What the whole field does from frame to frame: level and noise of blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import weigh_blocks
from onset.analysis.field_kernels import Ints, level_at_nodes, measure_blocks, scale_at_nodes
from onset.analysis.kernels import Floats, Shorts

BLOCK_PX = 32
MOST_BLOCKS = 4
"""What is between two blocks is known by these and the next two."""
FEWEST_FOR_CURVES = 3
"""Two blocks know a slope, one only a level."""


class Field:
    """Level (ADU above the mean) and noise (1 = as in the baseline) of every block.

    1 / sd of a pixel is its `weight` (h, w) times `unit`; a pixel of weight 0 takes no part. The
    grids handed out have nodes in the middle of blocks, between them and at the borders: reading
    them is linear interpolation only.
    """

    def __init__(self, weight: Shorts, unit: float) -> None:
        height, width = weight.shape
        self._rows, self._columns = _edges(height), _edges(width)
        self.row_nodes, self.column_nodes = _nodes(self._rows), _nodes(self._columns)
        self._row_first, self._row_shares = _banded(level_shares(self._rows.size - 1))
        self._column_first, self._column_shares = _banded(level_shares(self._columns.size - 1))
        self._row_blocks, self._column_blocks = (
            _blocks_beside(edges.size - 1) for edges in (self._rows, self._columns)
        )
        shape = (self._rows.size - 1, self._columns.size - 1)
        self._level, self._noise = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self._weights, self._counts = np.zeros((2, 2, *shape), np.float32)
        self._tilt = np.zeros((self.row_nodes.size, self.column_nodes.size), np.float32)
        self._weight, self._unit = weight, np.float32(unit)
        self.weigh()

    @property
    def nodes(self) -> tuple[Floats, Floats]:
        """Rows and columns of the grids."""
        return self.row_nodes, self.column_nodes

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
            self._level, self._row_first, self._row_shares,
            self._column_first, self._column_shares, self._tilt, level,
        )  # fmt: skip
        scale_at_nodes(self._noise, self._row_blocks, self._column_blocks, scale)
        return level, scale


def _edges(length: int) -> Ints:
    return np.linspace(0, length, max(1, round(length / BLOCK_PX)) + 1).astype(np.int64)


def _nodes(edges: Ints) -> Floats:
    """The first pixel, middles of blocks with what lies between them, and the last pixel."""
    middles = (edges[:-1] + edges[1:] - 1) / 2.0
    between = (middles[:-1] + middles[1:]) / 2.0
    inner = np.insert(middles, np.arange(1, middles.size), between)
    return np.concatenate([[0.0], inner, [edges[-1] - 1.0]]).astype(np.float32)


def level_shares(blocks: int) -> Floats:
    """What each block's mean adds to the level at each node, (nodes, blocks).

    The quadratic curves of which the blocks are the means: a block's mean is lower than the middle
    of a hilltop, and the line between two middles lower than what lies between them. An uneven
    field that brightens would leave its curvature behind. A curve goes on beyond the borders.
    """
    if blocks < FEWEST_FOR_CURVES:
        slope = np.array([[1.5, -0.5], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [-0.5, 1.5]])
        return (slope if blocks == 2 else np.ones((3, 1))).astype(np.float32)
    beyond = np.zeros((blocks + 4, blocks))  # two more blocks at each border
    beyond[2:-2] = np.eye(blocks)
    for end, inward in ((1, 1), (0, 1), (-2, -1), (-1, -1)):
        one, two, three = (beyond[end + k * inward] for k in (1, 2, 3))
        beyond[end] = 3.0 * one - 3.0 * two + three
    middles = beyond[2:-2] - (beyond[1:-3] - 2.0 * beyond[2:-2] + beyond[3:-1]) / 24.0
    between = (7.0 * (beyond[1:-2] + beyond[2:-1]) - beyond[:-3] - beyond[3:]) / 12.0
    shares = np.empty((2 * blocks + 1, blocks))
    shares[::2], shares[1::2] = between, middles
    return shares.astype(np.float32)


def _banded(shares: Floats) -> tuple[Ints, Floats]:
    """For every node the first of the few blocks in a row that it knows, and their shares."""
    blocks = shares.shape[1]
    length = min(MOST_BLOCKS, blocks)
    first = np.minimum((shares != 0.0).argmax(axis=1), blocks - length)
    return first.astype(np.int64), np.take_along_axis(shares, first[:, None] + np.arange(length), 1)


def _blocks_beside(blocks: int) -> Ints:
    """For every node the block on either side of it, (nodes, 2): twice its own in the middle."""
    nodes = np.arange(2 * blocks + 1)
    beside = np.column_stack([(nodes - 1) // 2, nodes // 2])
    return np.clip(beside, 0, blocks - 1).astype(np.int64)
