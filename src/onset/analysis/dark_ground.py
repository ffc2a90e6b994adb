"""The ground of each pixel from all parts of a film in which nothing near it shines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.block_level import Floats, block_levels
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles
from onset.analysis.photometry import block_edges, near

NOTHING = np.float32(0.0)
SKIRT_SIGMAS = 4.5
"""Nearer than this to what shines a pixel does not show its ground."""


@dataclass(frozen=True, slots=True)
class Part:
    """The mean of some successive frames, and the places that may shine in it, (k, 2)."""

    image: npt.NDArray[Any]
    frames: int
    lit: Doubles


def dark_ground(
    base: Floats, variance: Floats, parts: Iterable[Part], psf_sigma_px: float
) -> tuple[Floats, Floats]:
    """Ground and number of frames behind it, (h, w) each; 0 frames where it is never seen.

    `base` (h, w) is a first idea of the ground, `variance` its noise in one frame. What the whole
    field does (a lamp, a focus) is measured in blocks against `base` and taken out.
    """
    total, frames = np.zeros(base.shape), np.zeros(base.shape, np.float32)
    rows, columns = (block_edges(length) for length in base.shape)
    level = np.zeros((rows.size - 1, columns.size - 1))
    down, across = _linear(rows), np.ascontiguousarray(_linear(columns).T)
    weight = np.where(np.isfinite(variance), 1.0 / variance, 0.0).astype(np.float32)
    for part in parts:
        bright = near(base.shape, part.lit, SKIRT_SIGMAS * psf_sigma_px)
        told = np.where(bright, NOTHING, weight * np.float32(part.frames))
        block_levels(part.image, base, told, rows, columns, level)
        add_dark(part.image, part.frames, bright, down @ level, across, total, frames)
    return (total / np.maximum(frames, 1.0)).astype(np.float32), frames


@compiled
def add_dark(
    image: npt.NDArray[Any],
    count: int,
    bright: npt.NDArray[np.bool_],
    level: Doubles,
    across: Doubles,
    total: Doubles,
    frames: Floats,
) -> None:
    """Add the mean of `count` frames, less the level of the field, where it is dark.

    `level` (h, blocks) is that of every row, `across` (blocks, w) takes it to its pixels.
    """
    here = np.empty(image.shape[1])
    for y in range(image.shape[0]):
        here[:] = 0.0
        for b in range(level.shape[1]):
            for x in range(np.uint64(here.size)):
                here[x] += level[y, b] * across[b, x]
        for x in range(np.uint64(here.size)):
            dark = 0.0 if bright[y, x] else float(count)
            total[y, x] += dark * (image[y, x] - here[x])
            frames[y, x] += np.float32(dark)


def _linear(edges: npt.NDArray[np.int32]) -> Doubles:
    """From the middles of blocks to pixels, (pixels, blocks), constant beyond them."""
    middles = (edges[:-1] + edges[1:] - 1) / 2.0
    pixels, unit = np.arange(edges[-1]), np.eye(middles.size)
    return np.column_stack([np.interp(pixels, middles, row) for row in unit])
