"""The newest frames, kept so that a spot just found is placed and dated by all that showed it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.followed import level_at
from onset.analysis.kernels import Floats, Image

FRAMES = 32
HALF_PX = 4
"""Half width of the pixels that are fitted."""
AROUND_PX, AROUND_FRAMES = 20, 8
FARTHEST_PX = 1.6
STEPS = 5
EARLIER = 4
"""So many frames before the excursion of the CUSUM are asked as well."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A place as the newest frames show it."""

    y_px: float
    x_px: float
    onset_ago: int
    """Frames from the first one in which it shone to the newest, both counted."""
    width_px: float
    """Sigma of the PSF as this spot shows it; 0 where it does not."""
    standing: float
    """Height over the spread of its surroundings, filtered alike: what is lumpy holds no spots."""


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
        place, seen_width = self._place(films[-n:], weights, rows, columns, (y_px, x_px))
        onset_ago = age
        if age <= len(films):
            curve, sd = _curve(films, weights, _gaussian(rows, columns, place, self.sigma_px))
            onset_ago = _change_point(curve / sd, n)
            if onset_ago != n:
                place, seen_width = self._place(films[-onset_ago:], weights, rows, columns, place)
        standing = self._standing(y, x, n, mean, inverse_sd, nodes)
        return Seen(*place, onset_ago, seen_width, standing)

    def _place(
        self,
        films: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64],
        rows: npt.NDArray[np.float64],
        columns: npt.NDArray[np.float64],
        guess: tuple[float, float],
    ) -> tuple[tuple[float, float], float]:
        return _fit(films.mean(axis=0), weights, rows, columns, guess, self.sigma_px)

    def _standing(
        self,
        y: int,
        x: int,
        n: int,
        mean: Floats,
        inverse_sd: Floats,
        nodes: tuple[Floats, Floats],
    ) -> float:
        """Height of the filtered field at a place over its robust spread around it."""
        top, left = max(0, y - AROUND_PX), max(0, x - AROUND_PX)
        window = (slice(top, y + AROUND_PX + 1), slice(left, x + AROUND_PX + 1))
        weights = inverse_sd[window]
        shown = self._residuals(window, min(n, AROUND_FRAMES), y, x, mean, nodes).mean(axis=0)
        filtered = ndimage.gaussian_filter(shown * weights, self.sigma_px, truncate=2.5)
        others = filtered[weights > 0.0]
        middle = float(np.median(others))
        spread = 1.4826 * float(np.median(np.abs(others - middle)))
        near = filtered[max(0, y - top - 1) : y - top + 2, max(0, x - left - 1) : x - left + 2]
        return (float(near.max(initial=0.0)) - middle) / max(spread, 1e-9)

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


def width(mean: Floats, inverse_sd: Floats, y_px: float, x_px: float, sigma_px: float) -> float:
    """Sigma of a particle in a mean image, px; 0 where it does not show it."""
    y, x = round(y_px), round(x_px)
    top, left = max(0, y - HALF_PX), max(0, x - HALF_PX)
    window = (slice(top, y + HALF_PX + 1), slice(left, x + HALF_PX + 1))
    shown = mean[window].astype(np.float64)
    rows = np.arange(top, top + shown.shape[0], dtype=np.float64)[:, None]
    columns = np.arange(left, left + shown.shape[1], dtype=np.float64)[None, :]
    weights = inverse_sd[window].astype(np.float64) ** 2
    return _fit(shown, weights, rows, columns, (y_px, x_px), sigma_px)[1]


def _fit(
    seen: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    guess: tuple[float, float],
    sigma: float,
) -> tuple[tuple[float, float], float]:
    """Centre, and width, by least squares: Gauss-Newton; the width is fitted after the centre."""
    y, x = guess
    for _ in range(STEPS):
        slopes = _slopes(seen, weights, rows, columns, (y, x), sigma)
        if slopes is None:
            return (float(y), float(x)), 0.0
        step_y, step_x, _ = slopes
        y = min(max(y + step_y, guess[0] - FARTHEST_PX), guess[0] + FARTHEST_PX)
        x = min(max(x + step_x, guess[1] - FARTHEST_PX), guess[1] + FARTHEST_PX)
    seen_width = sigma
    for _ in range(STEPS):
        slopes = _slopes(seen, weights, rows, columns, (y, x), seen_width)
        if slopes is None:
            return (float(y), float(x)), 0.0
        seen_width = min(max(seen_width + slopes[2], sigma / 2.0), 2.0 * sigma)
    inside = sigma / 2.0 < seen_width < 2.0 * sigma
    return (float(y), float(x)), seen_width if inside else 0.0


def _slopes(
    seen: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    at: tuple[float, float],
    sigma: float,
) -> tuple[float, float, float] | None:
    """One step towards the best y, x and sigma, each with amplitude and ground; None: no spot."""
    shape = _gaussian(rows, columns, at, sigma)
    flat = np.ones_like(shape)
    amplitude = float(_linear(np.stack([shape, flat]), weights, seen)[0])
    if amplitude <= 0.0:
        return None
    away_y, away_x = rows - at[0], columns - at[1]
    slope_y, slope_x = amplitude * shape * away_y / sigma**2, amplitude * shape * away_x / sigma**2
    slope_width = amplitude * shape * (away_y**2 + away_x**2) / sigma**3
    basis = np.stack([shape, flat, slope_y, slope_x, slope_width])
    steps = np.clip(_linear(basis[:4], weights, seen)[2:], -0.7, 0.7)
    wider = np.clip(_linear(basis[[0, 1, 4]], weights, seen)[2], -0.2, 0.2)
    if not (np.isfinite(steps).all() and np.isfinite(wider)):
        return None
    return float(steps[0]), float(steps[1]), float(wider)


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
