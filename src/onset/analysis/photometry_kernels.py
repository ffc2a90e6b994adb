"""Photometry of one frame: every spot in its window, its light, what the residuals say of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.block_level import Doubles, Floats, Ints, level_near
from onset.analysis.compiled import compiled
from onset.analysis.rows import FARTHEST, exp_minus
from onset.analysis.shared_light import light_around, solve_group, solve_one

NO_WEIGHT = 1e30
"""Variance of a pixel that says nothing."""
SHINES_SD = 2.0
"""Frames in which a spot is dimmer say nothing of its place and shape."""
SLOPES = 5
"""Slopes of a spot: towards y, x, wider in y, wider in x, tilted."""


@compiled
def measure_frame(
    image: npt.NDArray[Any],
    ground: Floats,
    spread: Floats,
    level: Doubles,
    row_nodes: Doubles,
    column_nodes: Doubles,
    gain: float,
    places: Doubles,
    sigma: float,
    reach: int,
    members: Ints,
    starts: Ints,
    amplitudes: Floats,
    sds: Floats,
    backgrounds: Floats,
    examine: int,
    pulls: Doubles,
    strengths: Doubles,
) -> None:
    """Amplitudes of all spots of a frame, group by group, each group at once.

    `spread` (h, w) is the variance in the dark, NO_WEIGHT where a pixel says nothing. `places`
    (n, 2) are centres in this frame; spots members[starts[g]:starts[g + 1]] share light.
    Weights are those of the fitted light, iterated. With `examine` (0 or 1) `pulls` and
    `strengths` (n, 5) get what the residuals say of the five slopes. `backgrounds` gets the level.
    """
    size, most = 2 * reach + 1, 0
    for g in range(starts.size - 1):
        most = max(most, int(starts[g + 1] - starts[g]))
    area = size * size
    across, down = np.empty((most, size)), np.empty((most, size))
    corners = np.empty((most, 2), np.int64)
    levels, light, variance = np.empty(most), np.empty(most), np.empty(most)
    off, quiet = np.empty((most, area), np.float32), np.empty((most, area), np.float32)
    share, scratch = np.empty((most, area), np.float32), np.empty((4, area), np.float32)
    for g in range(starts.size - 1):
        k = int(starts[g + 1] - starts[g])
        for a in range(k):
            spot = members[starts[g] + a]
            y, x = places[spot, 0], places[spot, 1]
            top, left = round(y) - reach, round(x) - reach
            corners[a, 0], corners[a, 1] = top, left
            profile(down[a], top, y, sigma)
            profile(across[a], left, x, sigma)
            levels[a] = level_near(level, row_nodes, column_nodes, y, x)
            cut_out(image, ground, spread, levels[a], top, left, size, off[a], quiet[a])
            draw(down[a], across[a], size, share[a])
        if k == 1:
            light[0], variance[0] = solve_one(off[0], quiet[0], share[0], levels[0], gain, scratch)
        else:
            solve_group(
                off, quiet, share, corners, down, across, levels, gain, size, scratch,
                light[:k], variance[:k],
            )  # fmt: skip
        for a in range(k):
            spot = members[starts[g] + a]
            amplitudes[spot] = light[a]
            sds[spot] = math.sqrt(max(variance[a], 0.0))
            backgrounds[spot] = levels[a]
            if examine and light[a] > SHINES_SD * sds[spot]:
                model, other = scratch[0], scratch[1]
                light_around(a, light[:k], corners, down, across, size, share[a], model, other)
                y, x = places[spot, 0] - corners[a, 0], places[spot, 1] - corners[a, 1]
                look_at_rest(
                    off[a], quiet[a], model, share[a], light[a], levels[a], gain, sigma, y, x,
                    size, scratch[2], scratch[3], pulls[spot], strengths[spot],
                )  # fmt: skip


@compiled
def profile(out: Doubles, first: int, centre: float, sigma: float) -> None:
    """A Gaussian of area one at whole pixels from `first` on."""
    scale, begin, over = 1.0 / (math.sqrt(2.0 * math.pi) * sigma), first - centre, 1.0 / sigma
    for i in range(np.uint64(out.size)):
        away = (begin + i) * over
        out[i] = scale * exp_minus(min(0.5 * away * away, FARTHEST))


@compiled
def cut_out(
    image: npt.NDArray[Any],
    ground: Floats,
    spread: Floats,
    level: float,
    top: int,
    left: int,
    size: int,
    off: Floats,
    quiet: Floats,
) -> None:
    """Residuals and dark variances of a window, row after row; what is beyond the edge weighs 0."""
    height, width = image.shape
    here = np.float32(level)
    if top >= 0 and left >= 0 and top + size <= height and left + size <= width:
        for i in range(size):
            for j in range(size):
                y, x = top + i, left + j
                off[i * size + j] = np.float32(image[y, x]) - ground[y, x] - here
                quiet[i * size + j] = spread[y, x]
        return
    off[:], quiet[:] = np.float32(0.0), np.float32(NO_WEIGHT)
    for i in range(max(0, -top), min(size, height - top)):
        for j in range(max(0, -left), min(size, width - left)):
            y, x = top + i, left + j
            off[i * size + j] = np.float32(image[y, x]) - ground[y, x] - here
            quiet[i * size + j] = spread[y, x]


@compiled
def draw(down: Doubles, across: Doubles, size: int, share: Floats) -> None:
    """A spot's shape in its own window."""
    for i in range(size):
        tall, row = np.float32(down[i]), share[i * size : (i + 1) * size]
        for j in range(np.uint64(size)):
            row[j] = tall * np.float32(across[j])


@compiled
def look_at_rest(
    off: Floats,
    quiet: Floats,
    model: Floats,
    share: Floats,
    light: float,
    level: float,
    gain: float,
    sigma: float,
    centre_y: float,
    centre_x: float,
    size: int,
    weight: Floats,
    scratch: Floats,
    pull: Doubles,
    strength: Doubles,
) -> None:
    """Pulls of the residuals on the place and the shape of one spot."""
    lit, more, under = np.float32(light / sigma), np.float32(gain), np.float32(level)
    for p in range(size * size):
        brighter = max(more * (model[p] + under), np.float32(-0.5) * quiet[p])
        weight[p] = np.float32(1.0) / (quiet[p] + brighter)
    # less a half: what a change of brightness would look like is taken out
    half = np.float32(0.5)
    for s in range(SLOPES):
        for i in range(size):
            v = np.float32((i - centre_y) / sigma)
            for j in range(size):
                u = np.float32((j - centre_x) / sigma)
                way = v if s == 0 else u if s == 1 else v * v - half if s == 2 else u * u - half
                way = u * v if s == 4 else way
                scratch[i * size + j] = lit * share[i * size + j] * way
        squares, pulled = np.float32(0.0), np.float32(0.0)
        for p in range(size * size):
            slope = scratch[p] * weight[p]
            squares += slope * scratch[p]
            pulled += slope * (off[p] - model[p])
        pull[s] += pulled
        strength[s] += squares
