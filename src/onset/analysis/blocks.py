"""Sums over blocks of pixels, for the level and the noise of the field; no decisions in here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ZERO, Floats, Image

CLIP = np.float32(6.0)
"""A pixel counts for the level of its block with at most this many noise sd."""
NOISE_CLIP = np.float32(16.0)
"""... and for its noise with at most this square, lest a spot that turns on be taken for noise."""


@compiled
def add_to_sums(
    image: Image,
    first: Floats,
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
    cubes: npt.NDArray[np.float64],
) -> None:
    """Add one baseline frame, relative to the first one, to the running sums."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            difference = np.float64(image[y, x]) - np.float64(first[y, x])
            sums[y, x] += difference
            squares[y, x] += difference * difference
            cubes[y, x] += difference * difference * difference


@compiled
def clipped(
    image: Image, mean: Floats, inverse_sd: Floats, y: int, level: Floats, out: Floats
) -> None:
    """Residuals of row y in noise sd, clipped."""
    for x in range(out.size):
        scaled = (np.float32(image[y, x]) - mean[y, x] - level[x]) * inverse_sd[y, x]
        out[x] = min(max(scaled, -CLIP), CLIP)


@compiled
def add_weighted(values: Floats, weights: Floats, y: int, sums: Floats) -> None:
    """Add values times the weights of row y to sums, column by column."""
    for x in range(sums.size):
        sums[x] += values[x] * weights[y, x]


@compiled
def add_squares(values: Floats, sums: Floats) -> None:
    """Add squares, clipped, to sums, column by column."""
    for x in range(sums.size):
        sums[x] += min(values[x] * values[x], NOISE_CLIP)


@compiled
def sum_blocks(
    image: Image,
    mean: Floats,
    inverse_sd: Floats,
    centre: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    sums: Floats,
    squares: Floats,
) -> None:
    """Sums of clipped whitened residuals about `centre` over every second row of each block.

    Each column is summed on its own first: a fixed order that still fills a processor's lanes.
    """
    width = image.shape[1]
    linear, square = np.empty(width, np.float32), np.empty(width, np.float32)
    scaled, level = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        linear[:] = ZERO
        square[:] = ZERO
        for bx in range(columns.size - 1):
            level[columns[bx] : columns[bx + 1]] = centre[by, bx]
        for y in range(rows[by] + (rows[by] + parity) % 2, rows[by + 1], 2):
            clipped(image, mean, inverse_sd, y, level, scaled)
            add_weighted(scaled, inverse_sd, y, linear)
            add_squares(scaled, square)
        for bx in range(columns.size - 1):
            sums[by, bx], squares[by, bx] = ZERO, ZERO
            for x in range(columns[bx], columns[bx + 1]):
                sums[by, bx] += linear[x]
                squares[by, bx] += square[x]


@compiled
def weigh_blocks(
    inverse_sd: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    weights: Floats,
    counts: Floats,
) -> None:
    """Sum of 1 / variance, and number of pixels, over what `sum_blocks` reads at this parity."""
    weights[:] = ZERO
    counts[:] = ZERO
    for by in range(rows.size - 1):
        for y in range(rows[by] + (rows[by] + parity) % 2, rows[by + 1], 2):
            for bx in range(columns.size - 1):
                for x in range(columns[bx], columns[bx + 1]):
                    weights[by, bx] += inverse_sd[y, x] * inverse_sd[y, x]
                    counts[by, bx] += np.float32(inverse_sd[y, x] > ZERO)
