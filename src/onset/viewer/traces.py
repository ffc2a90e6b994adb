"""Intensity of chosen spots over the whole film, read bit by bit, coarse before fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.viewer.ensemble import Ensemble
from onset.viewer.spots import Floats

INNER_PX, OUTER_PX = 2, 4
"""Half-widths of the square that is summed and of the one whose rim is the background."""

Image = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A spot whose trajectory is wanted."""

    number: int
    y_px: float
    x_px: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Summed intensity above the background, one value per frame, NaN where not read yet."""

    number: int
    values: Floats


class Traces:
    """Belongs to the reading thread."""

    def __init__(self) -> None:
        self.chosen: tuple[Chosen, ...] = ()
        self._read: dict[Chosen, Ensemble] = {}
        self._n = 0

    def choose(self, chosen: tuple[Chosen, ...]) -> None:
        """These from now on; what was read of those that stay is kept."""
        if chosen != self.chosen:
            self._read = {one: self._read.get(one) or Ensemble() for one in chosen}
            self.chosen = chosen
            self.grow(self._n)

    def grow(self, n: int) -> None:
        """The film has `n` frames now."""
        self._n = n
        for ensemble in self._read.values():
            ensemble.grow(n)

    def read(self, image_at: Callable[[int], Image], enough: Callable[[], bool]) -> None:
        """Read frames until it is `enough`."""
        for one, ensemble in self._read.items():
            for position in ensemble.wanted(256):
                ensemble.put(position, intensity(image_at(position), one.y_px, one.x_px))
                if enough():
                    return

    @property
    def traces(self) -> tuple[Trace, ...]:
        """As far as they are read."""
        return tuple(Trace(one.number, read.means) for one, read in self._read.items())


def intensity(image: Image, y_px: float, x_px: float) -> float:
    """Sum over the spot's square above the mean of the rim around it, ADU."""
    y, x = round(y_px), round(x_px)
    top, left = max(y - OUTER_PX, 0), max(x - OUTER_PX, 0)
    outer = image[top : y + OUTER_PX + 1, left : x + OUTER_PX + 1]
    inner = image[max(y - INNER_PX, 0) : y + INNER_PX + 1, max(x - INNER_PX, 0) : x + INNER_PX + 1]
    inside = float(inner.sum(dtype=np.float64))
    rim = outer.size - inner.size
    if rim == 0:
        return inside
    ground = (float(outer.sum(dtype=np.float64)) - inside) / rim
    return inside - ground * inner.size
