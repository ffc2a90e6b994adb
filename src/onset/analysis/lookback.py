"""The newest frames, kept so that a spot just found is placed and dated by all that showed it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.followed import level_at
from onset.analysis.kernels import Floats, Image

FRAMES = 32
HALF_PX = 4
"""Half width of the pixels that are fitted."""
FARTHEST_PX = 1.6
STEPS = 8
EARLIER = 4
"""So many frames before the excursion of the CUSUM are asked as well."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A place as the newest frames show it."""

    y_px: float
    x_px: float
    onset_ago: int
    """Frames from the first one in which it shone to the newest, both counted."""


class LookBack:
    """The newest frames with the level of the field in each; images must not change afterwards."""

    def __init__(self, sigma_px: float, sign: float) -> None:
        self._frames: deque[tuple[Image, Floats]] = deque(maxlen=FRAMES)
        self.sigma_px, self._sign = sigma_px, sign

    def keep(self, image: Image, level: Floats) -> None:
        """Take in a frame."""
        self._frames.append((image, level))

    def see(
        self,
        y_px: float,
        x_px: float,
        age: int,
        mean: Floats,
        inverse_sd: Floats,
        nodes: tuple[Floats, Floats],
    ) -> Seen:
        """Centre and first frame of what has shone for about `age` frames near a place."""
        y, x = round(y_px), round(x_px)
        top, left = max(0, y - HALF_PX), max(0, x - HALF_PX)
        window = (slice(top, y + HALF_PX + 1), slice(left, x + HALF_PX + 1))
        rows, columns = (axis.astype(np.float64) for axis in np.ogrid[window])
        weights = inverse_sd[window].astype(np.float64) ** 2
        rows, columns = rows[: weights.shape[0]], columns[:, : weights.shape[1]]
        films = self._residuals(window, age + EARLIER, y, x, mean, nodes)
        n = min(age, len(films))
        place = _fit(films[-n:].mean(axis=0), weights, rows, columns, (y_px, x_px), self.sigma_px)
        curve, sd = _curve(films, weights, _gaussian(rows, columns, place, self.sigma_px))
        onset_ago = _change_point(curve / sd, n) if age <= len(films) else age
        return Seen(*place, onset_ago)

    def _residuals(
        self,
        window: tuple[slice, slice],
        count: int,
        y: int,
        x: int,
        mean: Floats,
        nodes: tuple[Floats, Floats],
    ) -> npt.NDArray[np.float64]:
        ground = mean[window].astype(np.float64)
        kept = list(self._frames)[-count:]
        seen = [
            image[window] - ground - float(level_at(level, *nodes, y, x)) for image, level in kept
        ]
        return self._sign * np.stack(seen)


def _gaussian(
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    place: tuple[float, float],
    sigma: float,
) -> npt.NDArray[np.float64]:
    squared = (rows - place[0]) ** 2 + (columns - place[1]) ** 2
    shape: npt.NDArray[np.float64] = np.exp(-squared / (2.0 * sigma**2))
    return shape


def _fit(
    seen: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    guess: tuple[float, float],
    sigma: float,
) -> tuple[float, float]:
    """Centre by least squares: Gauss-Newton over amplitude, ground, y and x."""
    y, x = guess
    for _ in range(STEPS):
        shape = _gaussian(rows, columns, (y, x), sigma)
        flat = np.ones_like(shape)
        amplitude = _linear(np.stack([shape, flat]), weights, seen)[0]
        slope_y, slope_x = shape * (rows - y) / sigma**2, shape * (columns - x) / sigma**2
        basis = np.stack([shape, flat, amplitude * slope_y, amplitude * slope_x])
        step = _linear(basis, weights, seen)[2:]
        if amplitude <= 0.0 or not np.isfinite(step).all():
            break
        step = np.clip(step, -0.7, 0.7)
        y = min(max(y + step[0], guess[0] - FARTHEST_PX), guess[0] + FARTHEST_PX)
        x = min(max(x + step[1], guess[1] - FARTHEST_PX), guess[1] + FARTHEST_PX)
    return float(y), float(x)


def _linear(
    basis: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    flat = basis.reshape(len(basis), -1)
    weighted = flat * weights.ravel()
    normal = weighted @ flat.T
    normal += np.eye(len(basis)) * 1e-9 * np.trace(normal)
    return np.asarray(np.linalg.solve(normal, weighted @ seen.ravel()), np.float64)


def _curve(
    films: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    shape: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], float]:
    """Brightness in each frame, and its noise sd in the dark."""
    information = max(float((weights * shape**2).sum()), 1e-30)
    curve = (films * (weights * shape)).sum(axis=(1, 2)) / information
    return curve, 1.0 / np.sqrt(information)


def _change_point(scores: npt.NDArray[np.float64], n: int) -> int:
    """Frames since the most likely step from dark to the brightness of the last `n` frames."""
    size = max(float(scores[-n:].mean()), 0.5)
    since = np.cumsum((size * scores - size**2 / 2.0)[::-1])
    return int(np.argmax(since)) + 1
