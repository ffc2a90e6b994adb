"""Places that are known already: their pixels are out of the search, as spans along the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.kernels import ROW_STEP


class Mask:
    """A growing set of discs on the grid of scores, for the kernel and for looking up."""

    def __init__(self, shape: tuple[int, int]) -> None:
        rows, width = shape
        self.hidden = np.zeros((rows, width), np.bool_)
        """(rows of scores, width)."""
        self.spans = np.zeros((rows, 4, 2), np.int64)
        self.counts = np.zeros(rows, np.int64)

    def hide(self, y_px: float, x_px: float, radius_px: float) -> tuple[slice, slice]:
        """Add a disc, given in image pixels; the window of scores that holds it."""
        rows, width = self.hidden.shape
        first = max(0, int(np.ceil((y_px - radius_px) / ROW_STEP)))
        end = min(rows, int(np.floor((y_px + radius_px) / ROW_STEP)) + 1)
        for row in range(first, end):
            half = np.sqrt(radius_px**2 - (row * ROW_STEP - y_px) ** 2)
            left = max(0, int(np.ceil(x_px - half)))
            right = min(width, int(np.floor(x_px + half)) + 1)
            if left < right:
                self._add(row, left, right)
        columns = slice(max(0, int(x_px - radius_px)), int(x_px + radius_px) + 2)
        return slice(first, end), columns

    def covers(self, y_px: float, x_px: float) -> bool:
        """A place that is known already holds this one, given in image pixels."""
        rows, width = self.hidden.shape
        row, column = round(y_px / ROW_STEP), round(x_px)
        return bool(self.hidden[min(max(row, 0), rows - 1), min(max(column, 0), width - 1)])

    def _add(self, row: int, left: int, right: int) -> None:
        self.hidden[row, left:right] = True
        if self.counts[row] == self.spans.shape[1]:
            self.spans = np.concatenate([self.spans, np.zeros_like(self.spans)], axis=1)
        self.spans[row, self.counts[row]] = (left, right)
        self.counts[row] += 1


def erase(y_px: float, x_px: float, radius_px: float, arrays: Iterable[npt.NDArray[Any]]) -> None:
    """Set the pixels of images not farther than this from a place to 0."""
    top, left = max(0, math.ceil(y_px - radius_px)), max(0, math.ceil(x_px - radius_px))
    window = (slice(top, int(y_px + radius_px) + 1), slice(left, int(x_px + radius_px) + 1))
    rows, columns = np.ogrid[window]
    disc = np.hypot(rows - y_px, columns - x_px) <= radius_px
    for array in arrays:
        around = array[window]
        around[disc[: around.shape[0], : around.shape[1]]] = 0
