"""Spots and background become expected electrons per pixel; the noise is in `noise`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from onset.models.compiled import compiled

Floats = npt.NDArray[np.float64]
REACH = 4.0  # sigmas that a spot is drawn to


@dataclass(frozen=True, slots=True)
class View:
    """The part of the sensor that is read out, in binned pixels, and the binning."""

    y: int
    x: int
    height: int
    width: int
    binning: int = 1


class Optics:
    """Pixel-integrated Gaussian spots at fixed places, and an even background.

    Pixel (row, column) of the sensor covers row - 0.5 ... row + 0.5, so places are pixel centres.
    """

    def __init__(self, view: View, y_px: Floats, x_px: Floats, sigma_px: float) -> None:
        self.view = view
        b = view.binning
        centre = (b - 1) / 2.0  # of the first binned pixel, in sensor pixels
        rows = (y_px - centre) / b - view.y
        columns = (x_px - centre) / b - view.x
        self._top, self._down = _profiles(rows, sigma_px / b)
        self._left, self._across = _profiles(columns, sigma_px / b)
        self._image = np.empty((view.height, view.width), dtype=np.float32)

    def expected(self, electrons: Floats, background: float) -> npt.NDArray[np.float32]:
        """Expected electrons (height, width), valid until the next call.

        `electrons` (n,) of each spot in all, `background` per pixel of the sensor.
        """
        self._image.fill(background * self.view.binning**2)
        _add_spots(self._image, electrons, self._top, self._down, self._left, self._across)
        return self._image


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


@compiled
def _add_spots(
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
