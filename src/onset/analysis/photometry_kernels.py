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
NO_WEIGHT = 1e30
"""Variance of a pixel that says nothing."""
SHINES_SD = 2.0
"""Frames in which a spot is dimmer say nothing of its place and shape."""
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
) -> float:
    """Weighted mean above the ground of every block, far pixels clipped; the sum of all pixels.

    `weight` is 1 / variance, 0 for pixels that a spot may light. Sums run down the columns, which
    the processor does several at a time.
    """
    width = image.shape[1]
    whole, counts = 0.0, np.empty(width, np.float32)
    centre = np.empty(width, np.float32)
    sums, weights = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        centre[:] = np.float32(0.0)
        level[by] = 0.0
        for attempt in range(2):
            sums[:] = np.float32(0.0)
            weights[:] = np.float32(0.0)
            counts[:] = np.float32(0.0)
            limit = np.float32(1e30 if attempt == 0 else 2.0 * CLIP_SD * CLIP_SD)
            # a quarter of the rows say where to clip
            for y in range(rows[by], rows[by + 1], 4 if attempt == 0 else 1):
                for x in range(width):
                    seen = np.float32(image[y, x])
                    counts[x] += seen
                    off = seen - ground[y, x] - centre[x]
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
        for x in range(width):
            whole += counts[x]
    return whole


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
def total(values: Floats) -> float:
    """Sum, four lanes side by side: the order is fixed, and none waits for the other."""
    a, b, c, d = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    end = values.size - values.size % 4
    for i in range(0, end, 4):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
    for i in range(end, values.size):
        a += values[i]
    return float((a + b) + (c + d))


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
def share_in(
    down: Doubles, across: Doubles, by_rows: int, by_columns: int, size: int, share: Floats
) -> None:
    """A spot's shape in a window that begins so far below and to the right of its own."""
    for i in range(size):
        row = i + by_rows
        tall = np.float32(down[row]) if 0 <= row < size else np.float32(0.0)
        for j in range(size):
            column = j + by_columns
            inside = 0 <= column < size
            share[i * size + j] = tall * np.float32(across[column]) if inside else np.float32(0.0)


@compiled
def weigh(
    quiet: Floats, model: Floats, gain: float, level: float, share: Floats, weighted: Floats
) -> None:
    """The spot's shape over the variance of dark and light."""
    more, under = np.float32(gain), np.float32(level)
    for p in range(quiet.size):
        light = max(more * (model[p] + under), np.float32(-0.5) * quiet[p])
        weighted[p] = share[p] / (quiet[p] + light)


@compiled
def times(a: Floats, b: Floats, out: Floats) -> float:
    """Sum of products; `out` is scratch."""
    for p in range(a.size):
        out[p] = a[p] * b[p]
    return total(out)


@compiled
def measure_frame(  # noqa: PLR0912 - arrays that all groups share, then one loop over these
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
    levels, light, right = np.empty(most), np.empty(most), np.empty(most)
    off, quiet = np.empty((most, area), np.float32), np.empty((most, area), np.float32)
    share, model = np.empty((most, area), np.float32), np.empty(area, np.float32)
    weighted, other = np.empty(area, np.float32), np.empty(area, np.float32)
    scratch = np.empty(area, np.float32)
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
            share_in(down[a], across[a], 0, 0, size, share[a])
        normal = np.empty((k, k))
        light[:k] = 0.0
        for attempt in range(WEIGHING_ROUNDS):
            more = gain if attempt > 0 else 0.0
            normal[:] = 0.0
            for a in range(k):
                light_around(a, light[:k], corners, down, across, size, share[a], model, other)
                weigh(quiet[a], model, more, levels[a], share[a], weighted)
                right[a] = times(weighted, off[a], scratch)
                normal[a, a] = times(weighted, share[a], scratch) + 1e-12
                for b in range(a + 1, k):
                    rows, columns = corners[a, 0] - corners[b, 0], corners[a, 1] - corners[b, 1]
                    if abs(rows) < size and abs(columns) < size:
                        share_in(down[b], across[b], rows, columns, size, other)
                        normal[a, b] = times(weighted, other, scratch)
                        normal[b, a] = normal[a, b]
            if k == 1:
                light[0] = right[0] / normal[0, 0]
            else:
                light[:k] = np.linalg.solve(normal, right[:k])
        if k == 1:
            normal[0, 0] = 1.0 / normal[0, 0]
        else:
            normal[:] = np.linalg.inv(normal)
        for a in range(k):
            spot = members[starts[g] + a]
            amplitudes[spot] = light[a]
            sds[spot] = math.sqrt(max(normal[a, a], 0.0))
            backgrounds[spot] = levels[a]
            if examine and light[a] > SHINES_SD * sds[spot]:
                light_around(a, light[:k], corners, down, across, size, share[a], model, other)
                y, x = places[spot, 0] - corners[a, 0], places[spot, 1] - corners[a, 1]
                look_at_rest(
                    off[a], quiet[a], model, share[a], light[a], levels[a], gain, sigma, y, x,
                    size, weighted, scratch, pulls[spot], strengths[spot],
                )  # fmt: skip


@compiled
def light_around(
    a: int,
    light: Doubles,
    corners: npt.NDArray[np.int64],
    down: Doubles,
    across: Doubles,
    size: int,
    share: Floats,
    model: Floats,
    other: Floats,
) -> None:
    """Light of a group in the window of its spot `a` into `model`; `other` is scratch."""
    lit = np.float32(light[a])
    for p in range(size * size):
        model[p] = lit * share[p]
    for b in range(light.size):
        rows, columns = corners[a, 0] - corners[b, 0], corners[a, 1] - corners[b, 1]
        if b == a or light[b] == 0.0 or abs(rows) >= size or abs(columns) >= size:
            continue
        share_in(down[b], across[b], rows, columns, size, other)
        lit = np.float32(light[b])
        for p in range(size * size):
            model[p] += lit * other[p]


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
