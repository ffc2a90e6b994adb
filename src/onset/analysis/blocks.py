"""Sums over blocks of pixels, for the level and the noise of the field; no decisions in here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ONE, ZERO, Floats, Image, Shorts

CLIP = np.float32(6.0)
"""A pixel counts for the level of its block with at most this many noise sd."""
NOISE_CLIP = np.float32(16.0)
"""... and for its noise with at most this square, in units of the block's variance so far, lest a
spot that turns on be taken for noise."""


@compiled
def add_to_sums(
    images: Image,
    first: Floats,
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
    cubes: npt.NDArray[np.float64],
    fourths: npt.NDArray[np.float64],
) -> None:
    """Add baseline frames (n, h, w), relative to the first one, to the running sums.

    Row by row: the sums of a row stay near the processor for all of the frames.
    """
    for y in range(images.shape[1]):
        for n in range(images.shape[0]):
            for x in range(images.shape[2]):
                difference = np.float64(images[n, y, x]) - np.float64(first[y, x])
                square = difference * difference
                sums[y, x] += difference
                squares[y, x] += square
                cubes[y, x] += square * difference
                fourths[y, x] += square * square


@compiled
def add_row(
    image: Image,
    mean: Floats,
    weight: Shorts,
    y: int,
    unit: np.float32,
    level: Floats,
    most: Floats,
    linear: Floats,
    square: Floats,
) -> None:
    """Add row y of clipped whitened residuals, column by column: times 1 / sd, and squared.

    `most` is the largest square that counts.
    """
    for x in range(level.size):
        inverse_sd = unit * np.float32(weight[y, x])
        scaled = (np.float32(image[y, x]) - mean[y, x] - level[x]) * inverse_sd
        clipped = min(max(scaled, -CLIP), CLIP)
        linear[x] += clipped * inverse_sd
        square[x] += min(scaled * scaled, most[x])


@compiled
def sum_blocks(
    image: Image,
    mean: Floats,
    weight: Shorts,
    unit: np.float32,
    centre: Floats,
    noise: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    sums: Floats,
    squares: Floats,
) -> None:
    """Sums of clipped whitened residuals about `centre` over every second row of each block.

    1 / sd of a pixel is `weight` times `unit`; `noise` is the variance of each block so far, in
    units of the baseline's. Each column is summed on its own first: a fixed order that still fills
    a processor's lanes.
    """
    width = image.shape[1]
    linear, square = np.empty(width, np.float32), np.empty(width, np.float32)
    level, most = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        linear[:] = ZERO
        square[:] = ZERO
        for bx in range(columns.size - 1):
            level[columns[bx] : columns[bx + 1]] = centre[by, bx]
            most[columns[bx] : columns[bx + 1]] = NOISE_CLIP * max(noise[by, bx], ONE)
        for y in range(rows[by] + (rows[by] + parity) % 2, rows[by + 1], 2):
            add_row(image, mean, weight, y, unit, level, most, linear, square)
        for bx in range(columns.size - 1):
            sums[by, bx], squares[by, bx] = ZERO, ZERO
            for x in range(columns[bx], columns[bx + 1]):
                sums[by, bx] += linear[x]
                squares[by, bx] += square[x]


@compiled
def add_weights(weight: Shorts, y: int, unit: np.float32, weights: Floats, counts: Floats) -> None:
    """Add 1 / variance of row y, and whether it is known, column by column."""
    for x in range(weights.size):
        inverse_sd = unit * np.float32(weight[y, x])
        weights[x] += inverse_sd * inverse_sd
        counts[x] += np.float32(weight[y, x] > 0)


@compiled
def weigh_blocks(
    weight: Shorts,
    unit: np.float32,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    weights: Floats,
    counts: Floats,
) -> None:
    """Sum of 1 / variance, and number of pixels, over what `sum_blocks` reads at this parity."""
    width = weight.shape[1]
    column_weights, column_counts = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        column_weights[:] = ZERO
        column_counts[:] = ZERO
        for y in range(rows[by] + (rows[by] + parity) % 2, rows[by + 1], 2):
            add_weights(weight, y, unit, column_weights, column_counts)
        for bx in range(columns.size - 1):
            weights[by, bx], counts[by, bx] = ZERO, ZERO
            for x in range(columns[bx], columns[bx + 1]):
                weights[by, bx] += column_weights[x]
                counts[by, bx] += column_counts[x]
