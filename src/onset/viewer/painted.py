"""Camera images become screen pixels through a table of colours; no Qt in here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.viewer.contrast import Limits

SATURATED = np.uint32(0xFFFF4030)
LEVELS = 65_536

Words = npt.NDArray[np.uint32]


class Painter:
    """One look-up per pixel; the table is made anew when limits or direction change."""

    def __init__(self) -> None:
        self._made_for: tuple[Limits, bool, int] | None = None
        self._table: Words = np.zeros(LEVELS, np.uint32)

    def paint(
        self, image: npt.NDArray[np.generic], limits: Limits, saturation: int, *, inverted: bool
    ) -> Words:
        """0xffRRGGBB per pixel, shape of `image`; what reaches `saturation` is red."""
        wanted = (limits, inverted, saturation)
        if wanted != self._made_for:
            self._table, self._made_for = table(limits, saturation, inverted=inverted), wanted
        whole = np.clip(image, 0, LEVELS - 1) if image.dtype != np.uint16 else image
        return np.take(self._table, whole.astype(np.uint16, copy=False))


def table(limits: Limits, saturation: int, *, inverted: bool) -> Words:
    """Colour of each of the 65,536 pixel values."""
    span = max(limits.high - limits.low, 1e-9)
    share = np.clip((np.arange(LEVELS) - limits.low) / span, 0.0, 1.0)
    grey = np.rint(255.0 * share).astype(np.uint32)
    if inverted:
        grey = 255 - grey
    colours: Words = np.uint32(0xFF000000) | (grey << 16) | (grey << 8) | grey
    colours[min(saturation, LEVELS) :] = SATURATED
    return colours.astype(np.uint32)


def coarser(image: npt.NDArray[np.generic], by: int) -> npt.NDArray[np.generic]:
    """Means over `by` x `by` pixels: a spot must not fall between the screen's pixels."""
    if by <= 1:
        return image
    height, width = image.shape[0] // by, image.shape[1] // by
    total = np.zeros((height, width), np.uint32)
    for row in range(by):
        for column in range(by):
            total += image[row : height * by : by, column : width * by : by].astype(np.uint32)
    return (total // np.uint32(by * by)).astype(np.uint16)
