"""Shapes of spots, integrated over pixels: Gaussian and Airy; what they add up to is theirs."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import erf, j1

from onset.models.compiled import compiled

Floats = npt.NDArray[np.float64]
REACH = 4.0  # sigmas that a Gaussian spot is drawn to
RINGS = 5.0  # radii of the first dark ring that an Airy spot is drawn to
FIRST_DARK = 2.905  # sigmas: first dark ring of the Airy spot with about the same core
FIRST_ZERO = 3.8317  # of the Bessel function J1
FINE = 4  # samples per pixel, each way
TABLE = 4096


class Spots(Protocol):
    """Spots at places, ready to be added to an image."""

    def add(self, image: npt.NDArray[np.float32], electrons: Floats) -> None:
        """Add `electrons` (n,) of each spot."""
        ...


class GaussianSpots:
    """Products of two profiles."""

    def __init__(self, rows: Floats, columns: Floats, sigma: float) -> None:
        self._top, self._down = _profiles(rows, sigma)
        self._left, self._across = _profiles(columns, sigma)

    def add(self, image: npt.NDArray[np.float32], electrons: Floats) -> None:
        """Add `electrons` (n,) of each spot."""
        _add_products(image, electrons, self._top, self._down, self._left, self._across)


class AirySpots:
    """A stamp for each spot, all of its light within `RINGS` dark rings."""

    def __init__(self, rows: Floats, columns: Floats, sigma: float) -> None:
        ring = FIRST_DARK * sigma
        side = 2 * math.ceil(RINGS * ring + 0.5) + 1
        self._top = np.rint(rows).astype(np.int64) - side // 2
        self._left = np.rint(columns).astype(np.int64) - side // 2
        self._stamps = np.zeros((rows.size, side, side), dtype=np.float32)
        _fill_stamps(
            self._stamps, rows - self._top, columns - self._left, _airy_table(), RINGS * ring
        )

    def add(self, image: npt.NDArray[np.float32], electrons: Floats) -> None:
        """Add `electrons` (n,) of each spot."""
        _add_stamps(image, electrons, self._top, self._left, self._stamps)


SHAPES: dict[str, type[GaussianSpots] | type[AirySpots]] = {
    "gaussian": GaussianSpots,
    "airy": AirySpots,
}


def _profiles(
    places: Floats, sigma: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """First pixel of each spot, and its parts in that and the following pixels."""
    size = 2 * math.ceil(REACH * sigma + 0.5) + 1
    first = np.rint(places).astype(np.int64) - size // 2
    edges = first[:, None] - 0.5 + np.arange(size + 1) - places[:, None]
    below = 0.5 * (1.0 + erf(edges / (math.sqrt(2.0) * sigma)))
    parts = np.diff(below, axis=1)
    return first, (parts / parts.sum(axis=1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=1)
def _airy_table() -> Floats:
    """(2 J1(v) / v)^2 from the centre to `RINGS` dark rings, even steps."""
    v = np.linspace(0.0, RINGS * FIRST_ZERO, TABLE)
    v[0] = 1e-9
    table: Floats = (2.0 * j1(v) / v) ** 2
    return table


@compiled
def _fill_stamps(
    stamps: npt.NDArray[np.float32], rows: Floats, columns: Floats, table: Floats, reach: float
) -> None:
    side = stamps.shape[1]
    for n in range(stamps.shape[0]):
        total = 0.0
        for r in range(side):
            for c in range(side):
                value = 0.0
                for i in range(FINE):
                    y = r - 0.5 + (i + 0.5) / FINE - rows[n]
                    for j in range(FINE):
                        x = c - 0.5 + (j + 0.5) / FINE - columns[n]
                        place = math.sqrt(y * y + x * x) / reach * (table.size - 1)
                        if place < table.size - 1:
                            value += table[int(place)]
                stamps[n, r, c] = value
                total += value
        for r in range(side):
            for c in range(side):
                stamps[n, r, c] /= total


@compiled
def _add_stamps(
    image: npt.NDArray[np.float32],
    electrons: Floats,
    top: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    stamps: npt.NDArray[np.float32],
) -> None:
    height, width = image.shape
    for i in range(electrons.size):
        if electrons[i] <= 0.0:
            continue
        amount = np.float32(electrons[i])
        for r in range(max(0, -top[i]), min(stamps.shape[1], height - top[i])):
            for c in range(max(0, -left[i]), min(stamps.shape[2], width - left[i])):
                image[top[i] + r, left[i] + c] += amount * stamps[i, r, c]


@compiled
def _add_products(
    image: npt.NDArray[np.float32],
    electrons: Floats,
    top: npt.NDArray[np.int64],
    down: npt.NDArray[np.float32],
    left: npt.NDArray[np.int64],
    across: npt.NDArray[np.float32],
) -> None:
    height, width = image.shape
    for i in range(electrons.size):
        if electrons[i] <= 0.0:
            continue
        for r in range(down.shape[1]):
            row = top[i] + r
            if row < 0 or row >= height:
                continue
            amount = np.float32(electrons[i]) * down[i, r]
            for c in range(across.shape[1]):
                column = left[i] + c
                if 0 <= column < width:
                    image[row, column] += amount * across[i, c]
