"""Photometry of one film, frame by frame: level of the field, weighted fit of all amplitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.rows import FARTHEST, exp_minus

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
def mark_near(places: Doubles, within: float, mask: npt.NDArray[np.bool_]) -> None:
    """Mark the pixels nearer than `within` to a place."""
    for k in range(places.shape[0]):
        y, x = places[k, 0], places[k, 1]
        for row in range(max(0, math.ceil(y - within)), min(mask.shape[0], int(y + within) + 1)):
            wide = within * within - (row - y) ** 2
            for column in range(
                max(0, math.ceil(x - within)), min(mask.shape[1], int(x + within) + 1)
            ):
                if (column - x) ** 2 < wide:
                    mask[row, column] = True


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
    """The node at or above a place, and how far it is on its way to the next."""
    if nodes.size == 1 or at <= nodes[0]:
        return 0, 0.0
    usual = (nodes[nodes.size - 1] - nodes[0]) / (nodes.size - 1)
    k = min(int((at - nodes[0]) / usual), nodes.size - 2)
    while k > 0 and nodes[k] > at:
        k -= 1
    while k < nodes.size - 2 and nodes[k + 1] <= at:
        k += 1
    return k, min((at - nodes[k]) / (nodes[k + 1] - nodes[k]), 1.0)


@compiled
def profile(out: Doubles, first: int, centre: float, sigma: float) -> None:
    """A Gaussian of area one at whole pixels from `first` on."""
    scale, begin, over = 1.0 / (math.sqrt(2.0 * math.pi) * sigma), first - centre, 1.0 / sigma
    for i in range(np.uint64(out.size)):
        away = (begin + i) * over
        out[i] = scale * exp_minus(min(0.5 * away * away, FARTHEST))


@compiled
def times(a: Floats, b: Floats) -> float:
    """Sum of products, eight lanes side by side: the order is fixed, and none waits for another."""
    p, q, r, s = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    t, u, v, w = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    end = a.size - a.size % 8
    for first in range(np.uint64(0), np.uint64(end), np.uint64(8)):
        p += a[first] * b[first]
        q += a[first + np.uint64(1)] * b[first + np.uint64(1)]
        r += a[first + np.uint64(2)] * b[first + np.uint64(2)]
        s += a[first + np.uint64(3)] * b[first + np.uint64(3)]
        t += a[first + np.uint64(4)] * b[first + np.uint64(4)]
        u += a[first + np.uint64(5)] * b[first + np.uint64(5)]
        v += a[first + np.uint64(6)] * b[first + np.uint64(6)]
        w += a[first + np.uint64(7)] * b[first + np.uint64(7)]
    for i in range(end, a.size):
        p += a[i] * b[i]
    return float(((p + q) + (r + s)) + ((t + u) + (v + w)))


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
    share[:] = np.float32(0.0)
    left, right = max(0, -by_columns), min(size, size - by_columns)
    for i in range(max(0, -by_rows), min(size, size - by_rows)):
        tall, begin = np.float32(down[i + by_rows]), i * size
        for j in range(left, right):
            share[begin + j] = tall * np.float32(across[j + by_columns])


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
def draw(down: Doubles, across: Doubles, size: int, share: Floats) -> None:
    """A spot's shape in its own window."""
    for i in range(size):
        tall, row = np.float32(down[i]), share[i * size : (i + 1) * size]
        for j in range(np.uint64(size)):
            row[j] = tall * np.float32(across[j])


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
def solve_one(
    off: Floats, quiet: Floats, share: Floats, level: float, gain: float, scratch: Floats
) -> tuple[float, float]:
    """Light of a spot that shares it with no other, and its variance."""
    model, weighted = scratch[0], scratch[2]
    model[:] = np.float32(0.0)
    light, known = 0.0, 1.0
    for attempt in range(WEIGHING_ROUNDS):
        weigh(quiet, model, gain if attempt > 0 else 0.0, level, share, weighted)
        known = times(weighted, share) + 1e-12
        light = times(weighted, off) / known
        if attempt < WEIGHING_ROUNDS - 1:
            lit = np.float32(light)
            for p in range(np.uint64(model.size)):
                model[p] = lit * share[p]
    return light, 1.0 / known


@compiled
def solve_group(
    off: Floats,
    quiet: Floats,
    share: Floats,
    corners: npt.NDArray[np.int64],
    down: Doubles,
    across: Doubles,
    levels: Doubles,
    gain: float,
    size: int,
    scratch: Floats,
    light: Doubles,
    variance: Doubles,
) -> None:
    """Light of spots that share it, all at once, and its variance."""
    k = light.size
    model, other, weighted = scratch[0], scratch[1], scratch[2]
    normal, right = np.empty((k, k)), np.empty(k)
    light[:] = 0.0
    for attempt in range(WEIGHING_ROUNDS):
        normal[:] = 0.0
        for a in range(k):
            light_around(a, light, corners, down, across, size, share[a], model, other)
            weigh(quiet[a], model, gain if attempt > 0 else 0.0, levels[a], share[a], weighted)
            right[a] = times(weighted, off[a])
            normal[a, a] = times(weighted, share[a]) + 1e-12
            for b in range(a + 1, k):
                rows, columns = corners[a, 0] - corners[b, 0], corners[a, 1] - corners[b, 1]
                if abs(rows) < size and abs(columns) < size:
                    share_in(down[b], across[b], rows, columns, size, other)
                    normal[a, b] = times(weighted, other)
                    normal[b, a] = normal[a, b]
        solve(normal, right, light, variance)


@compiled
def solve(normal: Doubles, right: Doubles, light: Doubles, variance: Doubles) -> None:
    """Solution of normal equations, and the diagonal of their inverse; `normal` is used up.

    By the square root of the matrix (Cholesky): small ones are not worth a call of a library.
    """
    k = right.size
    for a in range(k):
        for b in range(a + 1):
            rest = normal[a, b]
            for c in range(b):
                rest -= normal[a, c] * normal[b, c]
            normal[a, b] = math.sqrt(max(rest, 1e-300)) if a == b else rest / normal[b, b]
    for a in range(k):
        rest = right[a]
        for c in range(a):
            rest -= normal[a, c] * light[c]
        light[a] = rest / normal[a, a]
    for a in range(k - 1, -1, -1):
        rest = light[a]
        for c in range(a + 1, k):
            rest -= normal[c, a] * light[c]
        light[a] = rest / normal[a, a]
    column = np.empty(k)
    for a in range(k):
        variance[a] = 0.0
        for b in range(a, k):
            rest = 1.0 if a == b else 0.0
            for c in range(a, b):
                rest -= normal[b, c] * column[c]
            column[b] = rest / normal[b, b]
            variance[a] += column[b] * column[b]


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
