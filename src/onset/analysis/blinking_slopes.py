"""Slope of the log-likelihood by Fisher's identity, and the information were the states known."""

from __future__ import annotations

import numpy as np

from onset.analysis.blinking_chain import add_link, go_backward
from onset.analysis.blinking_light import MOVING, flat_part, level, levels
from onset.analysis.blinking_tables import Desk, Seen, Tables
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles
from onset.analysis.rows import dot, dot_of_three, total

PLATEAU = 0.5
"""Frames in which every emitter has passed this part of its rise tell the blinking rates."""
OF_SHAPE = 7
"""Rows of scratch that belong to one shape."""


@compiled
def slopes(seen: Seen, tables: Tables, theta: Doubles, desk: Desk, parts: int) -> None:
    """Fill `pull`, `matrix`, `usage` and `squares` of the desk after a forward pass."""
    go_backward(tables, desk)
    desk.pull[:], desk.matrix[:], desk.usage[:], desk.squares[:] = 0.0, 0.0, 0.0, 0.0
    desk.scratch[OF_SHAPE:] = 0.0
    flat, end = flat_part(desk.rises, PLATEAU)
    links, link = tables.shapes.size, 0
    for k in range(tables.heights.shape[0]):
        seen_in, density = desk.scratch[0], desk.density[k]
        seen_in[:] = 0.0
        while link < links and tables.shapes[link] == k:
            add_link(seen, tables, desk, link, seen_in)
            desk.usage[link] = use(seen, tables, desk, link, flat, end)
            link += 1
        for t in range(np.uint64(density.size)):
            seen_in[t] *= density[t] - seen.outlier
        for part in range(parts):
            if desk.regimes[part] == MOVING:
                add_moving(seen, tables, theta, desk, k, desk.bounds[part], desk.bounds[part + 1])
            else:
                add_settled(seen, tables, theta, desk, k, part)
    for part in range(parts):
        if desk.regimes[part] == MOVING:
            gather(theta, desk, desk.bounds[part], desk.bounds[part + 1])
    for a in range(theta.size):
        for b in range(a):
            desk.matrix[b, a] = desk.matrix[a, b]


@compiled
def use(seen: Seen, tables: Tables, desk: Desk, link: int, first: int, end: int) -> float:
    """How often a link was used in some frames."""
    forward = desk.forward[tables.sources[link]]
    backward = desk.backward[tables.targets[link]]
    density, chance = desk.density[tables.shapes[link]], desk.chances[0, link]
    used = chance * dot_of_three(forward[first:end], backward[first:end], density[first:end])
    for t in seen.odd:
        if first <= t < end:
            more = desk.chances[seen.which[t], link] - chance
            used += more * forward[t] * backward[t] * density[t]
    return float(used)


@compiled
def add_settled(seen: Seen, tables: Tables, theta: Doubles, desk: Desk, k: int, part: int) -> None:
    """Add the frames of a part in which nothing rises, all at once."""
    first, end, regime = desk.bounds[part], desk.bounds[part + 1], desk.regimes[part]
    mean, variance = level(seen, tables, theta, regime, k)
    chance, values = desk.scratch[0, first:end], seen.values[first:end]
    off, square = desk.scratch[1, first:end], desk.scratch[2, first:end]
    for t in range(np.uint64(off.size)):
        off[t] = (values[t] - mean) * chance[t]
    for t in range(np.uint64(off.size)):
        square[t] = (values[t] - mean) * off[t]
    n, offs, squares = total(chance), total(off), total(square)
    if tables.widths[k].max() == 0.0:
        desk.squares[0] += squares / variance
        desk.squares[1] += n
    inverse, last = 1.0 / variance, theta.size - 1
    push, twist = offs * inverse, 0.5 * (squares * inverse - n) * inverse
    weight, both = n * inverse, 0.5 * n * inverse * inverse
    way, by_variance = np.zeros(theta.size), np.zeros(theta.size)
    for e in range(tables.heights.shape[1]):
        lit = float((regime >> e) & 1)
        broad = tables.widths[k, e] ** 2 * theta[3 * e + 2] * lit / 6.0
        way[3 * e + 2] = tables.heights[k, e] * lit
        by_variance[3 * e + 2] = (seen.gain * tables.heights[k, e] + broad) * lit
    way[last], by_variance[last] = 1.0, seen.gain
    for a in range(2, theta.size):
        desk.pull[a] += push * way[a] + twist * by_variance[a]
        for b in range(2, a + 1):
            desk.matrix[a, b] += weight * way[a] * way[b] + both * by_variance[a] * by_variance[b]


@compiled
def add_moving(
    seen: Seen, tables: Tables, theta: Doubles, desk: Desk, k: int, first: int, end: int
) -> None:
    """Add to each frame's slope and information in the light of each emitter and the background."""
    rows, emitters, values = desk.scratch, tables.heights.shape[1], seen.values[first:end]
    chance, mean, variance = rows[0, first:end], rows[1, first:end], rows[2, first:end]
    weight, both = rows[3, first:end], rows[4, first:end]
    push, twist = rows[5, first:end], rows[6, first:end]
    levels(seen, tables, theta, desk.rises, first, k, mean, variance)
    for t in range(np.uint64(chance.size)):
        inverse, off = 1.0 / variance[t], values[t] - mean[t]
        weight[t] = chance[t] * inverse
        both[t] = 0.5 * weight[t] * inverse
        push[t] = weight[t] * off
        twist[t] = 0.5 * (push[t] * off - chance[t]) * inverse
    if tables.widths[k].max() == 0.0:
        for t in range(np.uint64(chance.size)):
            mean[t] = values[t] - mean[t]
        desk.squares[0] += dot(push, mean)
        desk.squares[1] += total(chance)
    row = OF_SHAPE + emitters + 1
    for i in range(emitters + 1):
        height, broad = 1.0, 0.0
        if i < emitters:
            height = tables.heights[k, i]
            broad = tables.widths[k, i] ** 2 * theta[3 * i + 2] / 6.0
        share = desk.rises[0, min(i, emitters - 1), first:end]
        wide = seen.gain * height
        pulls = rows[OF_SHAPE + i, first:end]
        for t in range(np.uint64(chance.size)):
            pulls[t] += height * push[t] + (wide + broad * share[t]) * twist[t]
        for j in range(i + 1):
            height_j, broad_j = 1.0, 0.0
            if j < emitters:
                height_j = tables.heights[k, j]
                broad_j = tables.widths[k, j] ** 2 * theta[3 * j + 2] / 6.0
            share_j = desk.rises[0, min(j, emitters - 1), first:end]
            wide_j = seen.gain * height_j
            told, product = rows[row, first:end], height * height_j
            row += 1
            for t in range(np.uint64(chance.size)):
                q = (wide + broad * share[t]) * (wide_j + broad_j * share_j[t])
                told[t] += product * weight[t] + q * both[t]


@compiled
def gather(theta: Doubles, desk: Desk, first: int, end: int) -> None:
    """From the light of each frame to the parameters, and over the frames of a moving part."""
    emitters, p = desk.rises.shape[1], theta.size
    ways = np.ones((p, end - first))
    for e in range(emitters):
        ways[3 * e] = theta[3 * e + 2] * desk.rises[1, e, first:end]
        ways[3 * e + 1] = theta[3 * e + 2] * desk.rises[2, e, first:end]
        ways[3 * e + 2] = desk.rises[0, e, first:end]
    for a in range(p):
        i = a // 3
        desk.pull[a] += dot(ways[a], desk.scratch[OF_SHAPE + i, first:end])
        for b in range(a + 1):
            row = OF_SHAPE + emitters + 1 + i * (i + 1) // 2 + b // 3
            told = desk.scratch[row, first:end]
            desk.matrix[a, b] += dot_of_three(ways[a], ways[b], told)
