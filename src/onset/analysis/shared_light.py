"""Light of spots that overlap, solved all at once by weighted least squares."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from onset.analysis.block_level import Doubles, Floats
from onset.analysis.compiled import compiled

WEIGHING_ROUNDS = 2


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
