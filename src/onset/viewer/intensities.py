"""Pixel values in electrons where the camera is calibrated, else in ADU."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from onset.analysis.camera_maps import CameraMaps

Image = npt.NDArray[np.generic]
Floats32 = npt.NDArray[np.float32]


class Scale:
    """Of the pixels of one camera; belongs to nobody, changes never."""

    def __init__(self, maps: CameraMaps | None = None) -> None:
        self._maps = maps

    @property
    def unit(self) -> str:
        """As labels say it."""
        return "ADU" if self._maps is None else "e\N{SUPERSCRIPT MINUS}"

    def part(self, image: Image, top: int, left: int, bottom: int, right: int) -> Image:
        """A rectangle of an image, in this unit."""
        cut = image[top:bottom, left:right]
        if self._maps is None:
            return cut
        height, width = cut.shape
        return self._maps.part(left, top, width, height).electrons(cut)

    def mean(self, image: Image) -> float:
        """Of a whole image; bad pixels are left out where they are known."""
        if self._maps is None:
            return float(image.mean())
        weights, dark = self._weights
        return float(image.astype(np.float32).ravel() @ weights) - dark

    @cached_property
    def _weights(self) -> tuple[Floats32, float]:
        """Weight of each pixel in the mean, and what the mean of the offset is."""
        assert self._maps is not None
        good = ~self._maps.bad
        weights = np.zeros(good.shape, np.float32)
        weights[good] = 1.0 / self._maps.adu_per_electron[good] / max(int(good.sum()), 1)
        dark = float(np.sum(weights * self._maps.offset_adu, where=good, dtype=np.float64))
        return weights.ravel(), dark


IN_ADU = Scale()
