"""Level of the field in blocks of a frame, far pixels clipped, and between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

CLIP_SD = 5.0


@compiled
def mark_near(places: Doubles, within: float, mask: npt.NDArray[np.bool_]) -> None:
    """Mark the pixels nearer than `within` to a place."""
    for k in range(places.shape[0]):
        y, x = places[k, 0], places[k, 1]
        for row in range(max(0, math.ceil(y - within)), min(mask.shape[0], int(y + within) + 1)):
            wide = within * within - (row - y) ** 2
            for column in range(
                max(0, math.ceil(x - within)), min(mask.shape[1], int(x + within) + 1)
            ):
                if (column - x) ** 2 < wide:
                    mask[row, column] = True


@compiled
def block_levels(
    image: npt.NDArray[Any],
    ground: Floats,
    weight: Floats,
    rows: Ints,
    columns: Ints,
    level: Doubles,
) -> float:
    """Weighted mean above the ground of every block, far pixels clipped; the sum of all pixels.

    `weight` is 1 / variance, 0 for pixels that a spot may light. Sums run down the columns, which
    the processor does several at a time.
    """
    width = image.shape[1]
    whole, counts = 0.0, np.empty(width, np.float32)
    centre = np.empty(width, np.float32)
    sums, weights = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        centre[:] = np.float32(0.0)
        level[by] = 0.0
        for attempt in range(2):
            sums[:] = np.float32(0.0)
            weights[:] = np.float32(0.0)
            counts[:] = np.float32(0.0)
            limit = np.float32(1e30 if attempt == 0 else 2.0 * CLIP_SD * CLIP_SD)
            # a quarter of the rows say where to clip
            for y in range(rows[by], rows[by + 1], 4 if attempt == 0 else 1):
                for x in range(width):
                    seen = np.float32(image[y, x])
                    counts[x] += seen
                    off = seen - ground[y, x] - centre[x]
                    kept = weight[y, x]
                    kept = kept if off * off * kept < limit else np.float32(0.0)
                    sums[x] += kept * off
                    weights[x] += kept
            for bx in range(columns.size - 1):
                first, last = columns[bx], columns[bx + 1]
                total = float(weights[first:last].sum())
                if total > 0.0:
                    level[by, bx] += float(sums[first:last].sum()) / total
                    centre[first:last] = np.float32(level[by, bx])
        for x in range(width):
            whole += counts[x]
    return whole


@compiled
def level_near(level: Doubles, rows: Doubles, columns: Doubles, y: float, x: float) -> float:
    """Bilinear between the middles of the blocks, constant beyond them."""
    i, v = _node(rows, y)
    j, u = _node(columns, x)
    i1, j1 = min(i + 1, rows.size - 1), min(j + 1, columns.size - 1)
    upper = (1.0 - u) * level[i, j] + u * level[i, j1]
    lower = (1.0 - u) * level[i1, j] + u * level[i1, j1]
    return float((1.0 - v) * upper + v * lower)


@compiled
def _node(nodes: Doubles, at: float) -> tuple[int, float]:
    """The node at or above a place, and how far it is on its way to the next."""
    if nodes.size == 1 or at <= nodes[0]:
        return 0, 0.0
    usual = (nodes[nodes.size - 1] - nodes[0]) / (nodes.size - 1)
    k = min(int((at - nodes[0]) / usual), nodes.size - 2)
    while k > 0 and nodes[k] > at:
        k -= 1
    while k < nodes.size - 2 and nodes[k + 1] <= at:
        k += 1
    return k, min((at - nodes[k]) / (nodes[k + 1] - nodes[k]), 1.0)
