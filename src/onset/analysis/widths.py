"""The width of the PSF as the spots show it: when it is thought over, and what it is then."""

from __future__ import annotations

import numpy as np

FEWEST_WIDTHS = (6, 24, 96)
"""After so many spots the width is thought over."""
WIDTH_CHANGE = 0.04
"""A smaller change of the width is not worth it: it costs less than 0.1 % of signal to noise."""
BRIGHT_SCORE, LEAST_SCORE = 10.0, 6.0
"""Dimmer spots say little of the width, and seem as narrow as the filter that found them: they are
asked while there are too few bright ones. Below the second they say nothing."""


class Widths:
    """Collects sigmas of single spots, px."""

    def __init__(self, *, learns: bool) -> None:
        self._learns = learns
        self._seen, self._bright = list[float](), list[float]()
        self._times_thought = 0

    def add(self, width_px: float, score: float) -> None:
        """A spot of this brightness, noise sd; width 0 where it does not show it."""
        if score > LEAST_SCORE and width_px > 0.0:
            self._seen.append(width_px)
            if score > BRIGHT_SCORE:
                self._bright.append(width_px)

    def due(self) -> bool:
        """Whether enough have come since the last time to think it over; asked once."""
        lists = (self._seen, self._bright)
        due = sum(len(seen) >= fewest for seen in lists for fewest in FEWEST_WIDTHS)
        more = due > self._times_thought
        self._times_thought = max(due, self._times_thought)
        return more

    def better(self, sigma_px: float) -> float | None:
        """The median width where it differs from the one in use, else None."""
        if not self._learns or len(self._seen) < FEWEST_WIDTHS[0]:
            return None
        bright = len(self._bright) >= FEWEST_WIDTHS[0]
        seen_px = float(np.median(self._bright if bright else self._seen))
        return seen_px if abs(seen_px / sigma_px - 1.0) >= WIDTH_CHANGE else None
