"""Means of successive stretches of a film, added up while it is read once; no spots in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ONE, Floats, Image

MOST_STRETCHES = 64
FEWEST_FRAMES = 8
MOST_BYTES = 256 << 20
"""All means together: a large field has fewer."""


@dataclass(frozen=True, slots=True)
class StretchMean:
    """Some successive lit frames; first and last are positions in the recording."""

    first: int
    last: int
    frames: int
    mean: Floats
    """(h, w), ADU."""


class Averager:
    """Takes the lit frames of a film, at `positions`, in their order."""

    def __init__(self, shape: tuple[int, int], positions: npt.NDArray[np.int64]) -> None:
        most = min(MOST_STRETCHES, MOST_BYTES // (4 * shape[0] * shape[1]))
        count = max(1, min(positions.size // FEWEST_FRAMES, most))
        self._stretches = [
            StretchMean(int(mine[0]), int(mine[-1]), mine.size, np.zeros(shape, np.float32))
            for mine in np.array_split(positions, count)
            if mine.size
        ]
        self._now, self._added = 0, 0

    def add(self, image: npt.NDArray[Any]) -> None:
        """The next frame."""
        stretch = self._stretches[self._now]
        self._added += 1
        take_in(image, np.float32(1.0 / self._added), stretch.mean)
        if self._added == stretch.frames:
            self._now, self._added = self._now + 1, 0

    def finished(self) -> tuple[StretchMean, ...]:
        """All of them, once every frame was added."""
        return tuple(self._stretches)


@compiled
def take_in(image: Image, share: np.float32, mean: Floats) -> None:
    """Move a mean towards an image by a share of their distance."""
    rest = ONE - share
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            mean[y, x] = rest * mean[y, x] + share * np.float32(image[y, x])
