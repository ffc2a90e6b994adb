"""The width of the PSF as the spots show it: when it is thought over, and what it is then."""

from __future__ import annotations

import numpy as np

FEWEST_WIDTHS = (6, 24, 96)
"""After so many spots the width is thought over."""
WIDTH_CHANGE = 0.08
"""A smaller change of the width is not worth it: it costs less than 0.2 % of signal to noise."""
WIDTH_SCORE = 10.0
"""Dimmer spots say little of the width."""


class Widths:
    """Collects sigmas of single spots, px."""

    def __init__(self, *, learns: bool) -> None:
        self._learns, self._seen = learns, list[float]()
        self._times_thought = 0

    def add(self, width_px: float, score: float) -> None:
        """A spot of this brightness, noise sd; width 0 where it does not show it."""
        if score > WIDTH_SCORE and width_px > 0.0:
            self._seen.append(width_px)

    def due(self) -> bool:
        """Whether enough have come since the last time to think it over; asked once."""
        due = sum(len(self._seen) >= fewest for fewest in FEWEST_WIDTHS)
        more = due > self._times_thought
        self._times_thought = max(due, self._times_thought)
        return more

    def better(self, sigma_px: float) -> float | None:
        """The median width where it differs from the one in use, else None."""
        if not self._learns or len(self._seen) < FEWEST_WIDTHS[0]:
            return None
        seen_px = float(np.median(self._seen))
        return seen_px if abs(seen_px / sigma_px - 1.0) >= WIDTH_CHANGE else None
