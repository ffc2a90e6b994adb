"""Places that are known to emit: brightness and centre are followed and taken out of the mean.

Frame by frame the amplitude of each place is fitted and the mean of its pixels moved with it. So a
spot that blinks, brightens or fades is never found twice, and its skirts do not hide a neighbour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.kernels import NEAR_PX, Floats, Image
from onset.analysis.stamps import (
    COLUMNS,
    FIT_SIZE_PX,
    SIZE_PX,
    add_stamp,
    draw,
    fetch_around,
    fit,
    fit_window,
    level_at,
    reach_px,
)
from onset.analysis.vectors import LANES

BRIGHTNESS_MEMORY = np.float32(0.25)
FIRST_POSITION_SD_PX = 0.4
POSITION_MEMORY_FRAMES = np.float32(256.0)
"""What was seen longer ago than so many bright frames says little of where a drifting spot is."""
SHINING_SCORE = np.float32(1.0)
"""Smoothed brightness, in noise sd of one frame: 2.6 sd of its own."""
FARTHEST_MOVE_PX = np.float32(2.0)
AHEAD = 3
"""In a large field the memory of a place is asked for so many before its turn."""
REDRAW_PX = np.float32(0.03)


class Followed:
    """A growing table of places, as arrays for the kernels (see `stamps`)."""

    def __init__(self, psf_sigma_px: float) -> None:
        self.sigma_px, self.reach = np.float32(psf_sigma_px), reach_px(psf_sigma_px)
        self.count = 0
        self.table = np.zeros((16, COLUMNS), np.float32)
        self.stamps = np.zeros((16, SIZE_PX, SIZE_PX), np.float32)
        self.weights, self.pulls = np.zeros((2, 16, FIT_SIZE_PX, LANES), np.float32)
        self._order = np.empty(0, np.int64)

    @property
    def places(self) -> Floats:
        """Centres now, (count, 2), y and x in px."""
        return self.table[: self.count, 2:4]

    @property
    def peak_scores(self) -> Floats:
        """Highest brightness so far, in noise sd of one frame."""
        return self.table[: self.count, 7]

    def add(
        self,
        y_px: float,
        x_px: float,
        peak_score: float,
        inverse_sd: Floats,
        *,
        peak: float = 0.0,
    ) -> None:
        """Follow a new place; `peak` (ADU) is what the mean has of it already, well placed."""
        if self.count == len(self.table):
            self._grow()
        k, pixel_y, pixel_x = self.count, round(y_px), round(x_px)
        self.table[k, :5] = (pixel_y, pixel_x, y_px, x_px, peak)
        self.table[k, 5:8] = (FIRST_POSITION_SD_PX**-2, peak_score * (peak > 0.0), peak_score)
        self.weights[k] = fit_window(inverse_sd, pixel_y, pixel_x) ** 2
        draw(self.table[k], self.sigma_px, self.weights[k], self.stamps[k], self.pulls[k])
        if peak > 0.0:
            self.table[k, 5] += POSITION_MEMORY_FRAMES * peak**2 * self.table[k, 11]
        self.count += 1
        # from top to bottom: places lie anywhere in memory, and neighbours share pages of it
        self._order = np.argsort(self.table[: self.count, 0], kind="stable")

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
                image, mean, level, row_nodes, column_nodes, self.sigma_px, self.reach,
                self.table, self._order, self.stamps, self.weights, self.pulls,
            )  # fmt: skip

    def take_width(self, sigma_px: float, mean: Floats) -> None:
        """Draw all places anew with another width of the PSF; `mean` is moved along."""
        before, self.reach = self.reach, reach_px(sigma_px)
        self.sigma_px = np.float32(sigma_px)
        for k, place in enumerate(self.table[: self.count]):
            add_stamp(mean, place, -place[4], self.stamps[k], before)
            draw(place, self.sigma_px, self.weights[k], self.stamps[k], self.pulls[k])
            add_stamp(mean, place, place[4], self.stamps[k], self.reach)

    def _grow(self) -> None:
        self.table, self.stamps, self.weights, self.pulls = (
            np.concatenate([array, np.zeros_like(array)])
            for array in (self.table, self.stamps, self.weights, self.pulls)
        )


@compiled
def follow_all(
    image: Image,
    mean: Floats,
    level: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    sigma: np.float32,
    reach: int,
    table: Floats,
    order: npt.NDArray[np.int64],
    stamps: Floats,
    weights: Floats,
    pulls: Floats,
) -> None:
    """Fit and move every place once, in this order."""
    far, lanes = image.size > NEAR_PX, np.empty((2, LANES), np.float32)
    for i in range(order.size):
        if far and i + AHEAD < order.size:
            fetch_around(image, table[order[i + AHEAD]], reach)
            fetch_around(mean, table[order[i + AHEAD]], reach)
        k = order[i]
        place, stamp = table[k], stamps[k]
        here = level_at(level, row_nodes, column_nodes, int(place[0]), int(place[1]))
        total, total_y, total_x = fit(image, mean, here, place, pulls[k], lanes)
        if not place[10] > 0.0:
            continue
        change = total / place[10]
        place[4] += change
        score = place[4] * np.sqrt(place[10])
        place[6] += BRIGHTNESS_MEMORY * (score - place[6])
        place[7] = max(place[7], abs(place[6]))
        variance = sigma * sigma
        recentre(place, total_y / variance, total_x / variance)
        if abs(place[2] - place[8]) + abs(place[3] - place[9]) < REDRAW_PX:
            add_stamp(mean, place, change, stamp, reach)
        else:
            add_stamp(mean, place, change - place[4], stamp, reach)
            draw(place, sigma, weights[k], stamp, pulls[k])
            add_stamp(mean, place, place[4], stamp, reach)


@compiled
def recentre(place: Floats, pull_y: np.float32, pull_x: np.float32) -> None:
    """Recursive least squares for the centre: each frame counts by what it can say, and fades.

    The pull is that on the stamp as it is drawn, a hair beside the centre. Noise squared would be
    counted as light: only a place that shines is asked, by its smoothed brightness.
    """
    if place[6] < SHINING_SCORE:
        return
    amplitude = place[6] / np.sqrt(place[10])
    information = amplitude * amplitude * place[11]
    place[5] += information - place[5] / POSITION_MEMORY_FRAMES
    for axis, pull in enumerate((pull_y, pull_x)):
        beside = place[2 + axis] - place[8 + axis]
        moved = place[2 + axis] + (amplitude * pull - information * beside) / place[5]
        pixel = place[axis]
        place[2 + axis] = min(max(moved, pixel - FARTHEST_MOVE_PX), pixel + FARTHEST_MOVE_PX)
