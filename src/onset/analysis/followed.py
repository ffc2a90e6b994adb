"""Places that are known to emit: brightness and centre are followed and taken out of the mean.

Frame by frame the amplitude of each place is fitted and the mean of its pixels moved with it. So a
spot that blinks, brightens or fades is never found twice, and its skirts do not hide a neighbour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ZERO, Floats, Image

RADIUS_PX = 5
"""Half width of the stamp that is taken out of the mean."""
SIZE_PX = 2 * RADIUS_PX + 1
FIT_RADIUS_PX = 3
"""Half width of the pixels that the amplitude is fitted to."""
BRIGHTNESS_MEMORY = np.float32(0.25)
FIRST_POSITION_SD_PX = 0.4
FARTHEST_MOVE_PX = np.float32(2.0)
REDRAW_PX = np.float32(0.03)


class Followed:
    """A growing table of places, as arrays for the kernel."""

    def __init__(self, psf_sigma_px: float) -> None:
        self.sigma_px = np.float32(psf_sigma_px)
        self.count = 0
        self._state = np.zeros((16, 10), np.float32)
        self._drawn = np.zeros((16, SIZE_PX, SIZE_PX), np.float32)
        self._weights = np.zeros((16, SIZE_PX, SIZE_PX), np.float32)

    @property
    def places(self) -> Floats:
        """Centres now, (count, 2), y and x in px."""
        return self._state[: self.count, 2:4]

    @property
    def peak_scores(self) -> Floats:
        """Highest brightness so far, in noise sd of one frame."""
        return self._state[: self.count, 7]

    def add(
        self,
        y_px: float,
        x_px: float,
        peak_score: float,
        inverse_sd: Floats,
        *,
        fixed: bool = False,
    ) -> None:
        """Follow a new place; `fixed` holds its centre."""
        if self.count == len(self._state):
            self._grow()
        k, pixel_y, pixel_x = self.count, round(y_px), round(x_px)
        information = np.inf if fixed else FIRST_POSITION_SD_PX**-2
        self._state[k] = (
            pixel_y, pixel_x, y_px, x_px, 0.0, information, 0.0, peak_score, y_px, x_px
        )  # fmt: skip
        self._weights[k] = stamp_window(inverse_sd, pixel_y, pixel_x) ** 2
        offset_y, offset_x = np.float32(y_px - pixel_y), np.float32(x_px - pixel_x)
        draw(self.sigma_px, offset_y, offset_x, self._drawn[k])
        self.count += 1

    def follow(
        self,
        image: npt.NDArray[Any],
        mean: Floats,
        level: Floats,
        row_nodes: Floats,
        column_nodes: Floats,
    ) -> None:
        """Fit this frame and move `mean` along; `level` is the field's grid."""
        if self.count:
            follow_all(
                image, mean, level, row_nodes, column_nodes, self.sigma_px,
                self._state[: self.count], self._drawn, self._weights,
            )  # fmt: skip

    def take_width(self, sigma_px: float, mean: Floats) -> None:
        """Draw all places anew with another width of the PSF; `mean` is moved along."""
        self.sigma_px = np.float32(sigma_px)
        for place, stamp in zip(self._state[: self.count], self._drawn, strict=False):
            y, x = int(place[0]), int(place[1])
            add_stamp(mean, y, x, -place[4], stamp)
            draw(self.sigma_px, place[2] - np.float32(y), place[3] - np.float32(x), stamp)
            add_stamp(mean, y, x, place[4], stamp)
            place[8:10] = place[2:4]

    def _grow(self) -> None:
        self._state, self._drawn, self._weights = (
            np.concatenate([array, np.zeros_like(array)])
            for array in (self._state, self._drawn, self._weights)
        )


def stamp_window(field: Floats, y: int, x: int) -> Floats:
    """The stamp around a pixel, zero beyond the edge."""
    window = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    top, left = max(0, y - RADIUS_PX), max(0, x - RADIUS_PX)
    inside = field[top : y + RADIUS_PX + 1, left : x + RADIUS_PX + 1]
    row, column = top - y + RADIUS_PX, left - x + RADIUS_PX
    window[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return window


@compiled
def draw(sigma: np.float32, dy: np.float32, dx: np.float32, out: Floats) -> None:
    """A Gaussian of peak one, (dy, dx) away from the middle of the stamp."""
    for i in range(SIZE_PX):
        for j in range(SIZE_PX):
            y, x = np.float32(i - RADIUS_PX) - dy, np.float32(j - RADIUS_PX) - dx
            out[i, j] = np.exp(-(y * y + x * x) / (np.float32(2.0) * sigma * sigma))


@compiled
def level_at(level: Floats, row_nodes: Floats, column_nodes: Floats, y: int, x: int) -> np.float32:
    """The field's level at the nearest node."""
    by = np.argmin(np.abs(row_nodes - np.float32(y)))
    bx = np.argmin(np.abs(column_nodes - np.float32(x)))
    return level[by, bx]  # type: ignore[no-any-return]


@compiled
def follow_all(
    image: Image,
    mean: Floats,
    level: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    sigma: np.float32,
    state: Floats,
    drawn: Floats,
    weights: Floats,
) -> None:
    """Fit and move every place once.

    A row of `state` is: the stamp's middle pixel y and x, centre y and x, amplitude, information on
    the centre, brightness (score, smoothed), highest brightness, centre y and x as drawn.
    """
    for k in range(state.shape[0]):
        place, stamp, weight = state[k], drawn[k], weights[k]
        y, x = int(place[0]), int(place[1])
        here = level_at(level, row_nodes, column_nodes, y, x)
        change, strength, pull_y, pull_x, steepness = fit(
            image, mean, here, y, x, sigma, place, stamp, weight
        )
        add_stamp(mean, y, x, change, stamp)
        place[4] += change
        score = place[4] * np.sqrt(strength)
        place[6] += BRIGHTNESS_MEMORY * (score - place[6])
        place[7] = max(place[7], abs(place[6]))
        recentre(place, pull_y, pull_x, steepness)
        redraw(mean, y, x, sigma, place, stamp)


@compiled
def fit(
    image: Image,
    mean: Floats,
    level: np.float32,
    y: int,
    x: int,
    sigma: np.float32,
    place: Floats,
    stamp: Floats,
    weight: Floats,
) -> tuple[np.float32, np.float32, np.float32, np.float32, np.float32]:
    """Change of amplitude, its information; pull on the centre (y, x), its information."""
    height, width = image.shape
    projected, strength, steepness = ZERO, ZERO, ZERO
    pull_y, pull_x = ZERO, ZERO
    for yy in range(max(0, y - FIT_RADIUS_PX), min(height, y + FIT_RADIUS_PX + 1)):
        for xx in range(max(0, x - FIT_RADIUS_PX), min(width, x + FIT_RADIUS_PX + 1)):
            tap = stamp[yy - y + RADIUS_PX, xx - x + RADIUS_PX]
            residual = np.float32(image[yy, xx]) - mean[yy, xx] - level
            weighted = weight[yy - y + RADIUS_PX, xx - x + RADIUS_PX] * tap
            slope_y, slope_x = np.float32(yy) - place[8], np.float32(xx) - place[9]
            projected += weighted * residual
            strength += weighted * tap
            pull_y += weighted * slope_y * residual
            pull_x += weighted * slope_x * residual
            steepness += weighted * tap * (slope_y * slope_y + slope_x * slope_x)
    variance = sigma * sigma
    change = projected / strength if strength > ZERO else ZERO
    half = np.float32(0.5)
    return (
        change,
        strength,
        pull_y / variance,
        pull_x / variance,
        half * steepness / (variance * variance),
    )


@compiled
def recentre(place: Floats, pull_y: np.float32, pull_x: np.float32, steepness: np.float32) -> None:
    """Recursive least squares for the centre: each frame counts by what it can say.

    The pull is that on the stamp as it is drawn, a hair beside the centre.
    """
    amplitude = place[4]
    information = amplitude * amplitude * steepness
    place[5] += information
    for axis, pull in enumerate((pull_y, pull_x)):
        beside = place[2 + axis] - place[8 + axis]
        moved = place[2 + axis] + (amplitude * pull - information * beside) / place[5]
        pixel = place[axis]
        place[2 + axis] = min(max(moved, pixel - FARTHEST_MOVE_PX), pixel + FARTHEST_MOVE_PX)


@compiled
def redraw(mean: Floats, y: int, x: int, sigma: np.float32, place: Floats, stamp: Floats) -> None:
    """Draw the stamp at its new centre once it is off by more than a hair."""
    if abs(place[2] - place[8]) + abs(place[3] - place[9]) < REDRAW_PX:
        return
    add_stamp(mean, y, x, -place[4], stamp)
    draw(sigma, place[2] - np.float32(y), place[3] - np.float32(x), stamp)
    add_stamp(mean, y, x, place[4], stamp)
    place[8:10] = place[2:4]


@compiled
def add_stamp(mean: Floats, y: int, x: int, amplitude: np.float32, stamp: Floats) -> None:
    """Add amplitude * stamp around a pixel, as far as it lies in the field."""
    height, width = mean.shape
    for i in range(max(0, RADIUS_PX - y), min(SIZE_PX, height - y + RADIUS_PX)):
        for j in range(max(0, RADIUS_PX - x), min(SIZE_PX, width - x + RADIUS_PX)):
            mean[y + i - RADIUS_PX, x + j - RADIUS_PX] += amplitude * stamp[i, j]
