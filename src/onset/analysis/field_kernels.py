"""Level and noise of the field's blocks in one frame, and from blocks to nodes; no memory here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.blocks import sum_blocks
from onset.analysis.compiled import compiled
from onset.analysis.kernels import ONE, ZERO, Floats, Image, Shorts

Ints = npt.NDArray[np.int64]

NOISE_MEMORY_FRAMES = np.float32(16.0)
NOISE_JUMP = np.float32(1.7)
"""Noise that grows by more than this, which one spot cannot do, counts at once."""
TILT_MEMORY_FRAMES = np.float32(8.0)
JUMP_SD = np.float32(2.0)
"""A larger change of level, in noise sd of a pixel, is clipped: measure again around it."""
MOST_REPEATS = 12
LEAST_SHARE = np.float32(1e-3)
"""A block with less weight than this share of the heaviest says nothing of itself."""


@compiled
def measure_blocks(
    image: Image,
    mean: Floats,
    weight: Shorts,
    unit: np.float32,
    rows: Ints,
    columns: Ints,
    parity: int,
    weights: Floats,
    counts: Floats,
    level: Floats,
    noise: Floats,
) -> None:
    """Bring level (ADU above the mean) and noise (1: as in the baseline) of all blocks to a frame.

    `weights` and `counts` are those of `weigh_blocks` at this parity.
    """
    sums, squares = np.zeros(level.shape, np.float32), np.zeros(level.shape, np.float32)
    change = np.zeros(level.shape, np.float32)
    for _ in range(MOST_REPEATS):
        sum_blocks(image, mean, weight, unit, level, noise, rows, columns, parity, sums, squares)
        quotient(sums, weights, change)
        add(change, level)
        if jump(change, weights, counts) <= JUMP_SD:
            break
    renew_noise(sums, squares, change, counts, noise)


@compiled
def quotient(above: Floats, below: Floats, out: Floats) -> None:
    """Per block; where a block has nothing left, that of the whole field."""
    over, under, most = ZERO, ZERO, ZERO
    for by in range(above.shape[0]):
        for bx in range(above.shape[1]):
            over += above[by, bx]
            under += below[by, bx]
            most = max(most, below[by, bx])
    whole = over / under if under > ZERO else ZERO
    for by in range(above.shape[0]):
        for bx in range(above.shape[1]):
            known = below[by, bx] > LEAST_SHARE * most
            out[by, bx] = above[by, bx] / below[by, bx] if known else whole


@compiled
def add(change: Floats, out: Floats) -> None:
    """Add one grid to another."""
    for by in range(out.shape[0]):
        for bx in range(out.shape[1]):
            out[by, bx] += change[by, bx]


@compiled
def jump(change: Floats, weights: Floats, counts: Floats) -> np.float32:
    """Root mean square change of level, in noise sd of a pixel."""
    squared, pixels = ZERO, ZERO
    for by in range(change.shape[0]):
        for bx in range(change.shape[1]):
            squared += change[by, bx] * change[by, bx] * weights[by, bx]
            pixels += counts[by, bx]
    return np.sqrt(squared / max(pixels, ONE))  # type: ignore[no-any-return]


@compiled
def renew_noise(
    sums: Floats, squares: Floats, change: Floats, counts: Floats, noise: Floats
) -> None:
    """Variance of each block in units of the baseline's: smoothed in time, growth at once."""
    above, below = np.empty(noise.shape, np.float32), np.empty(noise.shape, np.float32)
    for by in range(noise.shape[0]):
        for bx in range(noise.shape[1]):
            above[by, bx] = squares[by, bx] - sums[by, bx] * change[by, bx]
            below[by, bx] = max(counts[by, bx] - ONE, ZERO)
    now = np.empty(noise.shape, np.float32)
    quotient(above, below, now)
    for by in range(noise.shape[0]):
        for bx in range(noise.shape[1]):
            smooth = noise[by, bx] + (now[by, bx] - noise[by, bx]) / NOISE_MEMORY_FRAMES
            grows = now[by, bx] > NOISE_JUMP * noise[by, bx]
            noise[by, bx] = now[by, bx] if grows else smooth


@compiled
def level_at_nodes(
    level: Floats,
    row_first: Ints,
    row_shares: Floats,
    column_first: Ints,
    column_shares: Floats,
    tilt: Floats,
    out: Floats,
) -> None:
    """Level at the nodes: along each axis a sum over blocks from `first` on, by their `shares`.

    How the outermost nodes, at the borders, differ from the next ones is noisy and is smoothed in
    time: `tilt` keeps it.
    """
    across = np.zeros((level.shape[0], out.shape[1]), np.float32)
    for by in range(level.shape[0]):
        for j in range(out.shape[1]):
            for k in range(column_shares.shape[1]):
                across[by, j] += column_shares[j, k] * level[by, column_first[j] + k]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = ZERO
            for k in range(row_shares.shape[1]):
                out[i, j] += row_shares[i, k] * across[row_first[i] + k, j]
    last_i, last_j = out.shape[0] - 1, out.shape[1] - 1
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            if i in (0, last_i) or j in (0, last_j):
                inside = out[min(max(i, 1), last_i - 1), min(max(j, 1), last_j - 1)]
                tilt[i, j] += (out[i, j] - inside - tilt[i, j]) / TILT_MEMORY_FRAMES
                out[i, j] = inside + tilt[i, j]


@compiled
def scale_at_nodes(noise: Floats, row_blocks: Ints, column_blocks: Ints, out: Floats) -> None:
    """Factor for scores at the nodes: below 1 where the noise has grown since the baseline."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            here = ZERO
            for a in range(2):
                for b in range(2):
                    here += noise[row_blocks[i, a], column_blocks[j, b]]
            out[i, j] = ONE / np.sqrt(max(here / np.float32(4.0), ONE))
