"""Intensity of chosen spots over the whole film, read bit by bit, coarse before fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from onset.viewer.ensemble import Ensemble
from onset.viewer.intensities import IN_ADU, Image, Scale
from onset.viewer.spots import Floats

INNER_PX, OUTER_PX = 2, 4
"""Half-widths of the square that is summed and of the one whose rim is the background."""


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

    def read(
        self, image_at: Callable[[int], Image], enough: Callable[[], bool], scale: Scale = IN_ADU
    ) -> None:
        """Read frames until it is `enough`."""
        for one, ensemble in self._read.items():
            for position in ensemble.wanted(256):
                value = intensity(image_at(position), one.y_px, one.x_px, scale)
                ensemble.put(position, value)
                if enough():
                    return

    @property
    def traces(self) -> tuple[Trace, ...]:
        """As far as they are read."""
        return tuple(Trace(one.number, read.means) for one, read in self._read.items())


def intensity(image: Image, y_px: float, x_px: float, scale: Scale = IN_ADU) -> float:
    """Sum over the spot's square above the mean of the rim around it, in the scale's unit."""
    outer, inner = (
        _around(image, round(y_px), round(x_px), half_px, scale) for half_px in (OUTER_PX, INNER_PX)
    )
    inside = float(inner.sum(dtype=np.float64))
    rim = outer.size - inner.size
    if rim == 0:
        return inside
    ground = (float(outer.sum(dtype=np.float64)) - inside) / rim
    return inside - ground * inner.size


def _around(image: Image, y: int, x: int, half_px: int, scale: Scale) -> Image:
    """The square of this half-width, as far as it lies in the image."""
    top, left = max(y - half_px, 0), max(x - half_px, 0)
    return scale.part(image, top, left, y + half_px + 1, x + half_px + 1)
