"""Photometry of one film, frame by frame: level of the field, weighted fit of all amplitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

WEIGHING_ROUNDS = 2
CLIP_SD = 5.0
SLOPES = 5
"""Slopes of a spot: towards y, x, wider in y, wider in x, tilted."""


@compiled
def block_levels(
    image: npt.NDArray[Any],
    ground: Floats,
    weight: Floats,
    rows: Ints,
    columns: Ints,
    level: Doubles,
) -> None:
    """Weighted mean above the ground of every block; far pixels are clipped.

    `weight` is 1 / variance, 0 for pixels that a spot may light. Sums run down the columns, which
    the processor does several at a time.
    """
    width = image.shape[1]
    centre = np.empty(width, np.float32)
    sums, weights = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        centre[:] = np.float32(0.0)
        level[by] = 0.0
        for attempt in range(2):
            sums[:] = np.float32(0.0)
            weights[:] = np.float32(0.0)
            limit = np.float32(1e30 if attempt == 0 else 2.0 * CLIP_SD * CLIP_SD)
            # a quarter of the rows say where to clip
            for y in range(rows[by], rows[by + 1], 4 if attempt == 0 else 1):
                for x in range(width):
                    off = np.float32(image[y, x]) - ground[y, x] - centre[x]
                    kept = weight[y, x]
                    kept = kept if off * off * kept < limit else np.float32(0.0)
                    sums[x] += kept * off
                    weights[x] += kept
            for bx in range(columns.size - 1):
                first, last = columns[bx], columns[bx + 1]
                total = float(weights[first:last].sum())
                if total > 0.0:
                    level[by, bx] += float(sums[first:last].sum()) / total
                    centre[first:last] = np.float32(level[by, bx])


@compiled
def level_near(level: Doubles, rows: Doubles, columns: Doubles, y: float, x: float) -> float:
    """Bilinear between the middles of the blocks, constant beyond them."""
    i, v = _node(rows, y)
    j, u = _node(columns, x)
    i1, j1 = min(i + 1, rows.size - 1), min(j + 1, columns.size - 1)
    upper = (1.0 - u) * level[i, j] + u * level[i, j1]
    lower = (1.0 - u) * level[i1, j] + u * level[i1, j1]
    return float((1.0 - v) * upper + v * lower)


@compiled
def _node(nodes: Doubles, at: float) -> tuple[int, float]:
    if nodes.size == 1 or at <= nodes[0]:
        return 0, 0.0
    k = 0
    while k < nodes.size - 2 and nodes[k + 1] <= at:
        k += 1
    return k, min((at - nodes[k]) / (nodes[k + 1] - nodes[k]), 1.0)


@compiled
def profile(out: Doubles, first: int, centre: float, sigma: float) -> None:
    """A Gaussian of area one at whole pixels from `first` on."""
    scale = 1.0 / (math.sqrt(2.0 * math.pi) * sigma)
    for i in range(out.size):
        away = (first + i - centre) / sigma
        out[i] = scale * math.exp(-0.5 * away * away)


@compiled
def measure_frame(
    image: npt.NDArray[Any],
    ground: Floats,
    variance: Floats,
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

    `places` (n, 2) are centres in this frame; spots members[starts[g]:starts[g + 1]] share light.
    Weights are those of the fitted light, iterated. With `examine` (0 or 1) `pulls` and
    `strengths` (n, 5) get what the residuals say of the five slopes. `backgrounds` gets the level.
    """
    size = 2 * reach + 1
    for g in range(starts.size - 1):
        group = members[starts[g] : starts[g + 1]]
        k = group.size
        across, down = np.empty((k, size)), np.empty((k, size))
        tops, lefts = np.empty(k, np.int64), np.empty(k, np.int64)
        levels = np.empty(k)
        for a in range(k):
            y, x = places[group[a], 0], places[group[a], 1]
            tops[a], lefts[a] = round(y) - reach, round(x) - reach
            profile(down[a], tops[a], y, sigma)
            profile(across[a], lefts[a], x, sigma)
            levels[a] = level_near(level, row_nodes, column_nodes, y, x)
        light = np.zeros(k)
        if k == 1:
            spot = group[0]
            light[0], sds[spot] = _alone(
                image, ground, variance, gain, levels[0], tops[0], lefts[0], down[0], across[0]
            )
            amplitudes[spot], backgrounds[spot] = light[0], levels[0]
            if examine:
                _examine(
                    image, ground, variance, gain, levels, tops, lefts, down, across, light, 0,
                    sigma, places[spot, 0], places[spot, 1], pulls[spot], strengths[spot],
                )  # fmt: skip
            continue
        normal, right = np.empty((k, k)), np.empty(k)
        for attempt in range(WEIGHING_ROUNDS):
            normal[:] = 0.0
            right[:] = 0.0
            _gather(
                image, ground, variance, gain, levels, tops, lefts, down, across, light,
                attempt, normal, right,
            )  # fmt: skip
            for a in range(k):
                normal[a, a] += 1e-12
            light[:] = np.linalg.solve(normal, right)
        normal[:] = np.linalg.inv(normal)
        for a in range(k):
            spot = group[a]
            amplitudes[spot] = light[a]
            sds[spot] = math.sqrt(max(normal[a, a], 0.0))
            backgrounds[spot] = levels[a]
            if not examine:
                continue
            _examine(
                image, ground, variance, gain, levels, tops, lefts, down, across, light, a, sigma,
                places[spot, 0], places[spot, 1], pulls[spot], strengths[spot],
            )  # fmt: skip


@compiled
def _alone(
    image: npt.NDArray[Any],
    ground: Floats,
    variance: Floats,
    gain: float,
    level: float,
    top: int,
    left: int,
    down: Doubles,
    across: Doubles,
) -> tuple[float, float]:
    """Amplitude of a spot that shares its pixels with none, and its standard error."""
    height, width = image.shape
    light, strength = 0.0, 1e-12
    for attempt in range(WEIGHING_ROUNDS):
        projected, strength = 0.0, 1e-12
        for i in range(max(0, -top), min(down.size, height - top)):
            for j in range(max(0, -left), min(across.size, width - left)):
                y, x = top + i, left + j
                spread = variance[y, x]
                if not spread < np.inf:
                    continue
                share = down[i] * across[j]
                if attempt > 0:
                    spread += max(gain * (light * share + level), -0.5 * spread)
                weighted = share / spread
                projected += weighted * (image[y, x] - ground[y, x] - level)
                strength += weighted * share
        light = projected / strength
    return light, 1.0 / math.sqrt(strength)


@compiled
def _gather(
    image: npt.NDArray[Any],
    ground: Floats,
    variance: Floats,
    gain: float,
    levels: Doubles,
    tops: npt.NDArray[np.int64],
    lefts: npt.NDArray[np.int64],
    down: Doubles,
    across: Doubles,
    light: Doubles,
    attempt: int,
    normal: Doubles,
    right: Doubles,
) -> None:
    """Normal equations of a group; every pixel once."""
    k, size = down.shape
    height, width = image.shape
    shares = np.empty(k)
    for a in range(k):
        for i in range(max(0, -tops[a]), min(size, height - tops[a])):
            for j in range(max(0, -lefts[a]), min(size, width - lefts[a])):
                y, x = tops[a] + i, lefts[a] + j
                owner, model = True, 0.0
                for b in range(k):
                    ii, jj = y - tops[b], x - lefts[b]
                    shares[b] = 0.0
                    if 0 <= ii < size and 0 <= jj < size:
                        owner = owner and b >= a
                        shares[b] = down[b, ii] * across[b, jj]
                        model += light[b] * shares[b]
                if not owner or not variance[y, x] < np.inf:
                    continue
                spread = variance[y, x]
                if attempt > 0:
                    spread += max(gain * (model + levels[a]), -0.5 * spread)
                off = image[y, x] - ground[y, x] - levels[a]
                for b in range(k):
                    if shares[b] > 0.0:
                        weighted = shares[b] / spread
                        right[b] += weighted * off
                        for c in range(k):
                            normal[b, c] += weighted * shares[c]


@compiled
def _examine(
    image: npt.NDArray[Any],
    ground: Floats,
    variance: Floats,
    gain: float,
    levels: Doubles,
    tops: npt.NDArray[np.int64],
    lefts: npt.NDArray[np.int64],
    down: Doubles,
    across: Doubles,
    light: Doubles,
    a: int,
    sigma: float,
    centre_y: float,
    centre_x: float,
    pull: Doubles,
    strength: Doubles,
) -> None:
    """Pulls of the residuals on the place and the shape of one spot."""
    k, size = down.shape
    height, width = image.shape
    slopes = np.empty(SLOPES)
    for i in range(max(0, -tops[a]), min(size, height - tops[a])):
        for j in range(max(0, -lefts[a]), min(size, width - lefts[a])):
            y, x = tops[a] + i, lefts[a] + j
            if not variance[y, x] < np.inf:
                continue
            model = 0.0
            for b in range(k):
                ii, jj = y - tops[b], x - lefts[b]
                if 0 <= ii < size and 0 <= jj < size:
                    model += light[b] * down[b, ii] * across[b, jj]
            spread = variance[y, x]
            spread += max(gain * (model + levels[a]), -0.5 * spread)
            off = image[y, x] - ground[y, x] - levels[a] - model
            v, u = (y - centre_y) / sigma, (x - centre_x) / sigma
            lit = light[a] * down[a, i] * across[a, j] / sigma
            slopes[0], slopes[1] = lit * v, lit * u
            # less a half: what a change of brightness would look like is taken out
            slopes[2], slopes[3] = lit * (v * v - 0.5), lit * (u * u - 0.5)
            slopes[4] = lit * u * v
            for s in range(SLOPES):
                pull[s] += slopes[s] * off / spread
                strength[s] += slopes[s] * slopes[s] / spread
