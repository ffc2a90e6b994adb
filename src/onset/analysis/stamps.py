"""A Gaussian on a few pixels around a place: drawn, fitted to a frame, added to an image.

A row of a table of places, float32, is: the stamp's middle pixel y and x, centre y and x,
amplitude, information on the centre, brightness (score, smoothed), highest brightness, centre y and
x as drawn, information on the amplitude, and of its square on the centre, from one frame.
"""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ONE, ZERO, Floats, Image, node_above, share_below
from onset.analysis.prefetch import fetch
from onset.analysis.vectors import LANES, add_said, add_sixteen

BEFORE_PX, SIZE_PX = 7, 16
"""A stamp begins so many pixels before its middle: whole vectors of a processor."""
REACH_SIGMAS = 3.8
FIT_PX = 3
"""Half width of the pixels that the amplitude is fitted to. Their rows are kept with one pixel
more, of no weight: LANES."""
FIT_SIZE_PX = 2 * FIT_PX + 1
COLUMNS = 12
"""Of a table of places."""


def reach_px(sigma_px: float) -> int:
    """Half the rows of a stamp that hold light worth speaking of."""
    return min(BEFORE_PX, math.ceil(REACH_SIGMAS * sigma_px))


def fit_window(field: Floats, y: int, x: int) -> Floats:
    """The pixels around one that the fit looks at, (FIT_SIZE_PX, LANES); zero beyond the edge."""
    window = np.zeros((FIT_SIZE_PX, LANES), np.float32)
    top, left = max(0, y - FIT_PX), max(0, x - FIT_PX)
    inside = field[top : y + FIT_PX + 1, left : x + FIT_PX + 1]
    row, column = top - y + FIT_PX, left - x + FIT_PX
    window[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return window


@compiled
def level_at(level: Floats, row_nodes: Floats, column_nodes: Floats, y: int, x: int) -> np.float32:
    """The field's level at a pixel, linear between the nodes."""
    by, bx = node_above(row_nodes, y), node_above(column_nodes, x)
    v, u = share_below(row_nodes, by, y), share_below(column_nodes, bx, x)
    upper = (ONE - u) * level[by, bx] + u * level[by, bx + 1]
    lower = (ONE - u) * level[by + 1, bx] + u * level[by + 1, bx + 1]
    return (ONE - v) * upper + v * lower  # type: ignore[no-any-return]


@compiled
def draw(place: Floats, sigma: np.float32, weight: Floats, stamp: Floats, pull: Floats) -> None:
    """Draw the stamp, peak one, at the centre as it is known now.

    `weight` is 1 / variance of the pixels of the fit, 0 where they say nothing; `pull` gets what
    each of them says of the amplitude.
    """
    place[8], place[9] = place[2], place[3]
    down, across = np.empty(SIZE_PX, np.float32), np.empty(SIZE_PX, np.float32)
    variance = sigma * sigma
    for i in range(SIZE_PX):
        dy = place[0] + np.float32(i - BEFORE_PX) - place[8]
        dx = place[1] + np.float32(i - BEFORE_PX) - place[9]
        down[i] = np.exp(-(dy * dy) / (np.float32(2.0) * variance))
        across[i] = np.exp(-(dx * dx) / (np.float32(2.0) * variance))
    for i in range(SIZE_PX):
        for j in range(SIZE_PX):
            stamp[i, j] = down[i] * across[j]
    strength, steepness = ZERO, ZERO
    corner = BEFORE_PX - FIT_PX
    for i in range(FIT_SIZE_PX):
        for j in range(FIT_SIZE_PX):
            tap = stamp[corner + i, corner + j]
            dy = place[0] + np.float32(i - FIT_PX) - place[8]
            dx = place[1] + np.float32(j - FIT_PX) - place[9]
            pull[i, j] = weight[i, j] * tap
            strength += pull[i, j] * tap
            steepness += pull[i, j] * tap * (dy * dy + dx * dx)
    place[10] = strength
    place[11] = steepness / (np.float32(2.0) * variance * variance)


@compiled
def fit(
    image: Image, mean: Floats, level: np.float32, place: Floats, pull: Floats, lanes: Floats
) -> tuple[np.float32, np.float32, np.float32]:
    """Sums over the fit's pixels of what an image has above mean and level.

    Times `pull`, and that times the distance from the centre in y and in x, px. Each column is
    summed on its own first, in `lanes` (2, LANES), which is scratch.
    """
    height, width = image.shape
    top, left = int(place[0]) - FIT_PX, int(place[1]) - FIT_PX
    sums, by_y = lanes[0], lanes[1]
    lanes[:] = ZERO
    inside = left >= 0 and left + LANES <= width
    for i in range(max(0, -top), min(FIT_SIZE_PX, height - top)):
        dy = np.float32(top + i) - place[8]
        if inside:
            add_said(image, mean, top + i, left, level, pull, i, dy, lanes)  # type: ignore[call-arg]
        else:
            for k in range(max(0, -left), min(FIT_SIZE_PX, width - left)):
                residual = np.float32(image[top + i, left + k]) - mean[top + i, left + k] - level
                said = pull[i, k] * residual
                sums[k] += said
                by_y[k] += dy * said
    total, total_y, total_x = ZERO, ZERO, ZERO
    for j in range(LANES):
        total += sums[j]
        total_y += by_y[j]
        total_x += sums[j] * (np.float32(left + j) - place[9])
    return total, total_y, total_x


@compiled
def fetch_around(image: Image, place: Floats, reach: int) -> None:
    """The pixels around a place will be read soon."""
    y, left = int(place[0]), max(0, int(place[1]) - BEFORE_PX)
    for i in range(max(0, y - reach), y + reach + 1):
        fetch(image, i, left, left + SIZE_PX + 1)


@compiled
def add_stamp(
    image: Floats, place: Floats, amplitude: np.float32, stamp: Floats, reach: int
) -> None:
    """Add amplitude times stamp around a place, as far as it lies in the field."""
    height, width = image.shape
    y, x = int(place[0]), int(place[1])
    left = x - BEFORE_PX
    inside = left >= 0 and left + SIZE_PX <= width
    for i in range(max(-reach, -y), min(reach + 1, height - y)):
        if inside:
            add_sixteen(image, y + i, left, amplitude, stamp, i + BEFORE_PX)  # type: ignore[call-arg]
        else:
            for j in range(max(0, -left), min(SIZE_PX, width - left)):
                image[y + i, left + j] += amplitude * stamp[i + BEFORE_PX, j]
