"""How wide the spots of a picture are, as a measure of focus; brightness and noise drop out."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

GROUND_PX = 31
"""The background is a mean over this square."""
MOST_PX = 512
"""A larger picture is judged by its middle."""
SIGNIFICANT = 6.0
"""Standard errors above which the covariance of neighbours is a signal."""
HISTORY_S = 120.0
WIDEST_PX = 8.0


def spot_width_px(image: npt.NDArray[np.generic]) -> float | None:
    """Standard deviation of the spots, px, from a picture of shape (height, width).

    Gaussian spots of width s correlate over a distance d as exp(-d^2 / 4 s^2), while noise does
    not correlate at all: covariances c1 and c2 of neighbours at one and at two pixels give
    s^2 = 3 / (4 ln(c1 / c2)) whatever the brightness. None where there is nothing to see
    (Vollath's idea: J. Microscopy 1987, 147, 279).
    """
    middle = _middle(image).astype(np.float32)
    flat = middle - uniform_filter(middle, GROUND_PX)
    one, two = _covariance(flat, 1), _covariance(flat, 2)
    error = float(np.mean(flat * flat)) / math.sqrt(flat.size)
    if one < SIGNIFICANT * error or two <= 0.5 * error or two >= one:
        return None
    width = math.sqrt(0.75 / math.log(one / two))
    return width if width < WIDEST_PX else None


@dataclass(frozen=True, slots=True)
class Focus:
    """The newest width and its past; s of real time."""

    width_px: float | None
    times_s: tuple[float, ...]
    widths_px: tuple[float, ...]

    @property
    def best_px(self) -> float | None:
        """The sharpest of the history."""
        return min(self.widths_px, default=None)


class FocusLog:
    """Remembers the last two minutes."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, float]] = deque(maxlen=600)

    def update(self, image: npt.NDArray[np.generic], now_s: float) -> Focus:
        """Judge this picture."""
        width = spot_width_px(image)
        if width is not None:
            self._past.append((now_s, width))
        while self._past and self._past[0][0] < now_s - HISTORY_S:
            self._past.popleft()
        times = tuple(at for at, _ in self._past)
        return Focus(width, times, tuple(one for _, one in self._past))


def focus_text(focus: Focus | None) -> str:
    """`spots 1.31 px wide (best 1.28)`."""
    if focus is None or focus.width_px is None:
        return "no spots to judge the focus by"
    return f"spots {focus.width_px:.2f} px wide (best {focus.best_px:.2f})"


def _covariance(flat: npt.NDArray[np.float32], d: int) -> float:
    down = float(np.mean(flat[d:] * flat[:-d]))
    across = float(np.mean(flat[:, d:] * flat[:, :-d]))
    return (down + across) / 2


def _middle(image: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    top, left = (max((side - MOST_PX) // 2, 0) for side in image.shape)
    return image[top : top + MOST_PX, left : left + MOST_PX]
