"""The newest frames, kept so that a spot just found is placed and dated by all that showed it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.kernels import Floats, Image
from onset.analysis.place_fit import fit_place
from onset.analysis.stamps import level_at

FRAMES = 32
HALF_PX = 4
"""Half width of the pixels that are fitted."""
AROUND_PX, AROUND_FRAMES = 20, 8
NEAR_SHARE = 0.2
"""Of its peak: where a spot is as bright as this, a single pixel could be taken for it."""
RING_HALF_PX, RING_GAP_SIGMAS, FEWEST_ON_RING, NEAREST_PX = 0.8, 3.0, 12, 1.0
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
    one_pixel: bool
    """A single pixel that changed explains it better than a spot."""
    spot_share: float
    """Of all the light around, squared over its noise, so much is that of a spot: 1, less noise."""


class LookBack:
    """The newest frames with the level of the field in each; images must not change afterwards.

    They are seen against `mean` and `inverse_sd`, which change with the detector's; `nodes` are
    those of the levels, rows and columns.
    """

    def __init__(
        self,
        sigma_px: float,
        sign: float,
        mean: Floats,
        inverse_sd: Floats,
        nodes: tuple[Floats, Floats],
    ) -> None:
        self._frames: deque[tuple[Image, Floats]] = deque(maxlen=FRAMES)
        self.sigma_px, self._sign = sigma_px, sign
        self._mean, self._inverse_sd, self._nodes = mean, inverse_sd, nodes

    def keep(self, image: Image, level: Floats) -> None:
        """Take in a frame."""
        self._frames.append((image, level))

    def newest(self, count: int) -> list[tuple[Image, Floats]]:
        """The last frames that were kept, with their levels, at most so many."""
        return list(self._frames)[-count:]

    def see(self, y_px: float, x_px: float, age: int) -> Seen:
        """Centre and first frame of what has shone for about `age` frames near a place."""
        y, x = round(y_px), round(x_px)
        top, left = max(0, y - HALF_PX), max(0, x - HALF_PX)
        window = (slice(top, y + HALF_PX + 1), slice(left, x + HALF_PX + 1))
        rows, columns = (axis.astype(np.float64) for axis in np.ogrid[window])
        weights = self._inverse_sd[window].astype(np.float64) ** 2
        rows, columns = rows[: weights.shape[0]], columns[:, : weights.shape[1]]
        films = self._residuals(window, age + EARLIER, y, x)
        n = min(age, len(films))
        place, seen_width = self._place(films[-n:], weights, rows, columns, (y_px, x_px))
        onset_ago = age
        if age <= len(films):
            curve, sd = _curve(films, weights, _gaussian(rows, columns, place, self.sigma_px))
            onset_ago = _change_point(curve / sd, n)
            if onset_ago != n:
                place, seen_width = self._place(films[-onset_ago:], weights, rows, columns, place)
        standing = self._standing(y, x, n)
        shape = _gaussian(rows, columns, place, self.sigma_px)
        one_pixel, spot_share = _likeness(films[-min(onset_ago, len(films)) :], weights, shape)
        return Seen(*place, onset_ago, seen_width, standing, one_pixel, spot_share)

    def _place(
        self,
        films: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64],
        rows: npt.NDArray[np.float64],
        columns: npt.NDArray[np.float64],
        guess: tuple[float, float],
    ) -> tuple[tuple[float, float], float]:
        top, left = float(rows[0, 0]), float(columns[0, 0])
        seen = np.ascontiguousarray(films.mean(axis=0))
        y, x, wide = fit_place(seen, weights, guess[0] - top, guess[1] - left, self.sigma_px)
        return (top + y, left + x), wide

    def _standing(self, y: int, x: int, n: int) -> float:
        """Height of the filtered field at a place over its robust spread around it."""
        top, left = max(0, y - AROUND_PX), max(0, x - AROUND_PX)
        window = (slice(top, y + AROUND_PX + 1), slice(left, x + AROUND_PX + 1))
        weights = self._inverse_sd[window]
        shown = self._residuals(window, min(n, AROUND_FRAMES), y, x).mean(axis=0)
        filtered = ndimage.gaussian_filter(shown * weights, self.sigma_px, truncate=2.5)
        others = filtered[weights > 0.0]
        middle = float(np.median(others))
        spread = 1.4826 * float(np.median(np.abs(others - middle)))
        near = filtered[max(0, y - top - 1) : y - top + 2, max(0, x - left - 1) : x - left + 2]
        return (float(near.max(initial=0.0)) - middle) / max(spread, 1e-9)

    def over_ring(self, place: tuple[float, float], centre: tuple[float, float], age: int) -> float:
        """Height of a place over all that is as far from a centre, in robust sd of these.

        What a fitted spot leaves around itself is the same all around, a neighbour is not.
        """
        y, x = (round(c) for c in centre)
        top, left = max(0, y - AROUND_PX), max(0, x - AROUND_PX)
        window = (slice(top, y + AROUND_PX + 1), slice(left, x + AROUND_PX + 1))
        shown = self._residuals(window, age, y, x).mean(axis=0)
        filtered = ndimage.gaussian_filter(
            shown * self._inverse_sd[window], self.sigma_px, truncate=2.5
        )
        rows, columns = np.ogrid[: filtered.shape[0], : filtered.shape[1]]
        away = np.hypot(rows + top - centre[0], columns + left - centre[1])
        beside = np.hypot(rows + top - place[0], columns + left - place[1])
        ring = np.abs(away - math.dist(place, centre)) < RING_HALF_PX
        others = filtered[ring & (beside > RING_GAP_SIGMAS * self.sigma_px)]
        if others.size < FEWEST_ON_RING:
            return 0.0
        middle = float(np.median(others))
        spread = 1.4826 * float(np.median(np.abs(others - middle)))
        height = float(filtered[beside < NEAREST_PX].max(initial=middle))
        return (height - middle) / max(spread, 1e-9)

    def _residuals(
        self, window: tuple[slice, slice], count: int, y: int, x: int
    ) -> npt.NDArray[np.float64]:
        ground = self._mean[window].astype(np.float64)
        kept = list(self._frames)[-count:]
        seen = [
            image[window] - ground - float(level_at(level, *self._nodes, y, x))
            for image, level in kept
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


def _curve(
    films: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    shape: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], float]:
    """Brightness in each frame, and its noise sd in the dark."""
    information = max(float((weights * shape**2).sum()), 1e-30)
    curve = (films * (weights * shape)).sum(axis=(1, 2)) / information
    return curve, 1.0 / np.sqrt(information)


def _likeness(
    films: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    shape: npt.NDArray[np.float64],
) -> tuple[bool, float]:
    """Whether one pixel is a likelier cause than a spot; how much of all squares is the spot's.

    Log likelihoods in Gaussian noise are half these squares. A cosmic ray is a pixel or a streak,
    a pixel whose dark current jumps stays one.
    """
    seen = films.mean(axis=0)
    squares = len(films) * weights * seen**2
    information = max(float((weights * shape**2).sum()), 1e-30)
    spot = len(films) * float((weights * shape * seen).sum()) ** 2 / information
    noise = float(np.count_nonzero(weights))
    one_pixel = bool(squares[shape > NEAR_SHARE].max(initial=0.0) > spot)
    return one_pixel, spot / max(float(squares.sum()) - noise, 1e-30)


def _change_point(scores: npt.NDArray[np.float64], n: int) -> int:
    """Frames since the most likely step from dark to the brightness of the last `n` frames."""
    size = max(float(scores[-n:].mean()), 0.5)
    since = np.cumsum((size * scores - size**2 / 2.0)[::-1])
    return int(np.argmax(since)) + 1
