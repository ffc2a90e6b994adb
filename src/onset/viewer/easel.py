"""From a camera image to all that the window shows of it; belongs to a reading thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.recording.ceiling import MOST
from onset.viewer.contrast import Autocontrast, Limits
from onset.viewer.focus import Focus, FocusLog
from onset.viewer.levels import Levels, levels
from onset.viewer.painted import Painter, coarser
from onset.viewer.seen import Picture

JUDGE_S = 0.25
"""Histogram and focus are looked at no more often."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants to see the picture."""

    limits: Limits | None = None
    """None: automatic."""
    inverted: bool = False
    coarse: int = 1
    """Camera pixels per screen pixel, where the picture is larger than its place."""


class Easel:
    """Remembers contrast and focus from one picture to the next."""

    def __init__(self, saturation: int = MOST) -> None:
        self.saturation = saturation
        self._contrast = Autocontrast()
        self._painter = Painter()
        self._focus_log = FocusLog()
        self._focus: Focus | None = None
        self._levels: Levels | None = None
        self._judged_s = -JUDGE_S
        self._last_s = time.monotonic()

    def paint(
        self,
        image: npt.NDArray[np.generic],
        wish: Wish,
        *,
        position: int,
        number: int,
        t_s: float,
    ) -> Picture:
        """An image as it is shown now."""
        now_s = time.monotonic()
        auto = self._contrast.update(image, now_s - self._last_s)
        self._last_s = now_s
        if now_s - self._judged_s >= JUDGE_S or self._levels is None:
            self._levels = levels(image, self.saturation)
            self._focus = self._focus_log.update(image, now_s)
            self._judged_s = now_s
        limits = wish.limits or auto
        shown = coarser(image, wish.coarse)
        painted = self._painter.paint(shown, limits, self.saturation, inverted=wish.inverted)
        return Picture(
            position, number, t_s, image, limits, painted, wish.coarse, self._levels, self._focus
        )
