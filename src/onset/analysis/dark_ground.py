"""The ground of each pixel from all parts of a film in which nothing near it shines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles
from onset.analysis.photometry import block_edges, near
from onset.analysis.photometry_kernels import Floats, block_levels

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
    spread = [_linear(edges) for edges in (rows, columns)]
    weight = np.where(np.isfinite(variance), 1.0 / variance, 0.0).astype(np.float32)
    for part in parts:
        dark = ~near(base.shape, part.lit, SKIRT_SIGMAS * psf_sigma_px)
        block_levels(part.image, base, weight * dark * part.frames, rows, columns, level)
        seen = part.image - spread[0] @ level @ spread[1].T
        total += np.where(dark, part.frames * seen, 0.0)
        frames += part.frames * dark.astype(np.float32)
    return (total / np.maximum(frames, 1.0)).astype(np.float32), frames


def _linear(edges: npt.NDArray[np.int32]) -> Doubles:
    """From the middles of blocks to pixels, (pixels, blocks), constant beyond them."""
    middles = (edges[:-1] + edges[1:] - 1) / 2.0
    pixels, unit = np.arange(edges[-1]), np.eye(middles.size)
    return np.column_stack([np.interp(pixels, middles, row) for row in unit])
