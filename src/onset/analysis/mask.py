"""Places that are known already: their pixels are out of the search, as spans along the rows."""

from __future__ import annotations

import numpy as np

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

    def _add(self, row: int, left: int, right: int) -> None:
        self.hidden[row, left:right] = True
        if self.counts[row] == self.spans.shape[1]:
            self.spans = np.concatenate([self.spans, np.zeros_like(self.spans)], axis=1)
        self.spans[row, self.counts[row]] = (left, right)
        self.counts[row] += 1
