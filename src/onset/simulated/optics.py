"""Spots and background become expected electrons per pixel; the noise is in `noise`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.simulated.psf import SHAPES, Floats

FINEST_PX = 0.01  # drift is followed in such steps
FINEST_PART = 0.005  # and the width of spots in such parts


@dataclass(frozen=True, slots=True)
class View:
    """The part of the sensor that is read out, in binned pixels, and the binning."""

    y: int
    x: int
    height: int
    width: int
    binning: int = 1


@dataclass(frozen=True, slots=True)
class Lens:
    """What the microscope does to light from a point; sensor pixels."""

    sigma_px: float
    shape: str = "gaussian"
    vignetting: float = 0.0
    """Part of the light that is missing in the corners of the sensor."""
    sensor_px: int = 0
    """Side of the sensor; only vignetting asks for it."""

    def passed(self, y_px: Floats, x_px: Floats) -> Floats:
        """Part of the light at places on the sensor."""
        middle = (self.sensor_px - 1) / 2.0
        squares = (y_px - middle) ** 2 + (x_px - middle) ** 2
        part: Floats = 1.0 - self.vignetting * squares / (2.0 * max(middle, 1.0) ** 2)
        return part


class Optics:
    """Pixel-integrated spots, and a background.

    Pixel (row, column) of the sensor covers row - 0.5 ... row + 0.5, so places are pixel centres.
    """

    def __init__(self, view: View, y_px: Floats, x_px: Floats, lens: Lens) -> None:
        self.view, self._lens = view, lens
        self._y_px, self._x_px = y_px, x_px
        self._placed: tuple[float, float, float] | None = None
        self._image = np.empty((view.height, view.width), dtype=np.float32)
        self._parts: Floats | None = None
        self._shade: npt.NDArray[np.float32] | None = None
        if lens.vignetting:
            self._parts = lens.passed(y_px, x_px)
            down, across = (
                _centres(start, n, view.binning)
                for start, n in ((view.y, view.height), (view.x, view.width))
            )
            self._shade = lens.passed(down[:, None], across[None, :]).astype(np.float32)
        self.move()

    def move(self, dy_px: float = 0.0, dx_px: float = 0.0, widened: float = 1.0) -> None:
        """All spots lie so far from their places, and are so much wider."""
        rows: Floats
        columns: Floats
        dy, dx = (round(d / FINEST_PX) * FINEST_PX for d in (dy_px, dx_px))
        wide = (1 + FINEST_PART) ** round(math.log(widened) / math.log(1 + FINEST_PART))
        if self._placed == (dy, dx, wide):
            return
        self._placed = (dy, dx, wide)
        b = self.view.binning
        centre = (b - 1) / 2.0  # of the first binned pixel, in sensor pixels
        rows = (self._y_px + np.float64(dy - centre)) / b - self.view.y
        columns = (self._x_px + dx - centre) / b - self.view.x
        self._spots = SHAPES[self._lens.shape](rows, columns, wide * self._lens.sigma_px / b)

    def expected(self, electrons: Floats, background: float | Floats) -> npt.NDArray[np.float32]:
        """Expected electrons (height, width), valid until the next call.

        `electrons` (n,) of each spot in all, `background` per pixel of the sensor, for all rows or
        for each (height,).
        """
        level = np.asarray(background, dtype=np.float32) * np.float32(self.view.binning**2)
        self._image[:] = level[:, None] if level.ndim else level
        if self._shade is not None:
            self._image *= self._shade
        self._spots.add(self._image, electrons if self._parts is None else electrons * self._parts)
        return self._image


def _centres(start: int, n: int, binning: int) -> Floats:
    """Middles of `n` binned pixels in pixels of the sensor."""
    middles: Floats = (np.arange(start, start + n, dtype=np.float64) + 0.5) * binning - 0.5
    return middles
