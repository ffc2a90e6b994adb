"""One pass over a frame: matched filter and two CUSUMs per place; no decisions in here.

Row by row, so that what is in between stays in the processor's first cache. Each loop writes one or
two arrays and has no branch, so that vector instructions can be used; no sum runs along a loop, so
the order of additions, and with it every last bit, is the same however it is compiled. Scores are
kept for every second row only: half the work and memory for 4 % of the signal to noise. A large
field fits into no cache, and then bytes are time: what is read of each pixel in each frame is kept
in two bytes wherever these will do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.prefetch import fetch

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[Any]
Shorts = npt.NDArray[np.uint16]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
FULL = np.float32(65535.0)
"""The largest number in two bytes."""
ROW_STEP = 2
"""Rows of the image per row of scores."""
CHUNK_PX = 64
"""The fast CUSUM is zero nearly everywhere: so many pixels are left alone together."""
WAKING_SCORE = np.float32(2.75)
"""A chunk stays alone until one of its pixels has a score above this."""
RING_GAP = 48
"""Rows a power of two apart would share the same few lines of the processor's cache."""
MUTED = np.float32(-1e9)
"""The score of a place that is out of the search."""
NEAR_PX = 600 * 600
"""What is kept of a smaller field stays in the caches from frame to frame."""
FETCH_PX = 256
"""Memory is asked for in parts of a row of this length."""
CORE_TAPS = 4
"""Taps that every filter has: its middle and three neighbours."""


@compiled
def spread(grid: Floats, nodes: Floats, out: Floats) -> None:
    """Each row of nodes for every column of the field, linear between the nodes."""
    for by in range(grid.shape[0]):
        for bx in range(nodes.size - 1):
            first, end = int(np.ceil(nodes[bx])), int(np.ceil(nodes[bx + 1]))
            slope = (grid[by, bx + 1] - grid[by, bx]) / max(nodes[bx + 1] - nodes[bx], ONE)
            offset = grid[by, bx] + (np.float32(first) - nodes[bx]) * slope
            for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
                out[by, x] = offset + np.float32(x - first) * slope
        out[by, out.shape[1] - 1] = grid[by, nodes.size - 1]


@compiled
def node_above(nodes: Floats, y: int) -> int:
    """The last node, but one, at or above a row."""
    above = 0
    while above < nodes.size - 2 and nodes[above + 1] <= y:
        above += 1
    return above


@compiled
def share_below(nodes: Floats, above: int, y: int) -> np.float32:
    """How far a row is on its way from one node to the next."""
    return (np.float32(y) - nodes[above]) / max(nodes[above + 1] - nodes[above], ONE)  # type: ignore[no-any-return]


@compiled
def row_between(rows: Floats, nodes: Floats, y: int, factor: np.float32, out: Floats) -> None:
    """Row y of a field, linear between the rows of nodes, times a factor."""
    k = node_above(nodes, y)
    below = factor * share_below(nodes, k, y)
    above = factor - below
    for x in range(out.size):
        out[x] = above * rows[k, x] + below * rows[k + 1, x]


@compiled
def whiten(
    image: Image,
    mean: Floats,
    weight: Shorts,
    y: int,
    levels: Floats,
    nodes: Floats,
    ring: Floats,
    slot: int,
) -> None:
    """Residuals of row y, times the weight of each pixel, into a slot of the ring."""
    k = node_above(nodes, y)
    below = share_below(nodes, k, y)
    above = ONE - below
    for x in range(image.shape[1]):
        level = above * levels[k, x] + below * levels[k + 1, x]
        residual = np.float32(image[y, x]) - mean[y, x] - level
        ring[slot, x] = residual * np.float32(weight[y, x])


@compiled
def renew_mean(
    image: Image, y: int, level: Floats, slow_age: Shorts, gain: np.float32, mean: Floats
) -> None:
    """Move the mean of row y towards the image where nothing was suspected in the frame before.

    Asking the ages before this frame enters them keeps the mean unbiased.
    """
    ages = y // ROW_STEP
    for x in range(image.shape[1]):
        quiet = gain * np.float32(slow_age[ages, x] == 0)
        mean[y, x] += quiet * (np.float32(image[y, x]) - mean[y, x] - level[x])


@compiled
def filter_down(ring: Floats, y: int, taps: Floats, first: int, end: int, out: Floats) -> None:
    """Symmetric filter across rows y - radius to y + radius, which are kept in the ring."""
    depth = ring.shape[0]
    k = y + depth
    k0, k1, k2, k3 = (k - 3) % depth, (k - 2) % depth, (k - 1) % depth, k % depth
    k4, k5, k6 = (k + 1) % depth, (k + 2) % depth, (k + 3) % depth
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        near = a * ring[k3, x] + b * (ring[k2, x] + ring[k4, x])
        far = c * (ring[k1, x] + ring[k5, x]) + d * (ring[k0, x] + ring[k6, x])
        out[x] = near + far
    for step in range(CORE_TAPS, taps.size):
        above, below, tap = (k - step) % depth, (k + step) % depth, taps[step]
        for x in range(np.uint64(first), np.uint64(end)):
            out[x] += tap * (ring[above, x] + ring[below, x])


@compiled
def filter_across(
    padded: Floats, core: Floats, taps: Floats, scale: Floats, first: int, end: int, out: Floats
) -> None:
    """The same filter along a row, times the scale of each column.

    `padded` is the row with the filter's radius of zeros at both ends; `core` is a view of it that
    begins three pixels before the row.
    """
    radius = taps.size - 1
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    for x in range(np.uint64(first), np.uint64(end)):
        near = a * core[x + np.uint64(3)] + b * (core[x + np.uint64(2)] + core[x + np.uint64(4)])
        far = c * (core[x + np.uint64(1)] + core[x + np.uint64(5)]) + d * (
            core[x] + core[x + np.uint64(6)]
        )
        out[x] = scale[x] * (near + far)
    for step in range(CORE_TAPS, taps.size):
        left, right, tap = padded[radius - step :], padded[radius + step :], taps[step]
        for x in range(np.uint64(first), np.uint64(end)):
            out[x] += scale[x] * (tap * (left[x] + right[x]))


@compiled
def mute(
    scores: Floats, y: int, spans: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> None:
    """Take the hidden parts of a row out of the search."""
    for k in range(counts[y]):
        for x in range(spans[y, k, 0], spans[y, k, 1]):
            scores[x] = MUTED


@compiled
def accumulate_slow(
    scores: Floats, sums: Shorts, ages: Shorts, y: int, first: int, end: int, rule: Floats
) -> None:
    """Advance the slow CUSUM along a part of row y.

    Sums are whole numbers of the rule's unit; ages begin again after 65,535 frames.
    """
    unit = rule[3]
    size, drift = rule[0] / unit, rule[1] / unit - np.float32(0.5)
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        total = np.float32(sums[y, x]) + size * scores[x] - drift
        sums[y, x] = np.uint16(np.int32(min(max(total, ZERO), FULL)))
    for x in range(np.uint64(first), np.uint64(end)):
        ages[y, x] = np.uint16((ages[y, x] + 1) * (sums[y, x] > 0))


@compiled
def highest(sums: Shorts, y: int) -> np.uint16:
    """The largest number in row y: of whole numbers, which may be compared in any order."""
    most = np.uint16(0)
    for x in range(sums.shape[1]):
        most = max(most, sums[y, x])
    return most


@compiled
def count_above(values: Floats, least: np.float32, first: int, end: int) -> int:
    """How many of a part are above a bound."""
    count = np.int32(0)
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        count += np.int32(values[x] > least)
    return int(count)


@compiled
def accumulate_fast(
    scores: Floats, sums: Floats, ages: Shorts, y: int, first: int, end: int, rule: Floats
) -> None:
    """Advance the fast CUSUM along a part of row y."""
    size, drift = rule[0], rule[1]
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        sums[y, x] = max(sums[y, x] + size * scores[x] - drift, ZERO)
    for x in range(np.uint64(first), np.uint64(end)):
        ages[y, x] = np.uint16((ages[y, x] + 1) * (sums[y, x] > ZERO))


@compiled
def accumulate_where_busy(
    scores: Floats, sums: Floats, ages: Shorts, y: int, rule: Floats, busy: npt.NDArray[np.bool_]
) -> bool:
    """The fast CUSUM in the chunks that are not zero or have a score at which they wake.

    Whether one is above its threshold.
    """
    hits = 0
    for chunk in range(busy.shape[1]):
        first, end = chunk * CHUNK_PX, min((chunk + 1) * CHUNK_PX, scores.size)
        if busy[y, chunk] or count_above(scores, WAKING_SCORE, first, end) > 0:
            accumulate_fast(scores, sums, ages, y, first, end, rule)
            busy[y, chunk] = count_above(sums[y], ZERO, first, end) > 0
            hits += count_above(sums[y], rule[2], first, end)
    return hits > 0


@compiled
def collect(
    slow: Shorts, fast: Floats, rules: Floats, y: int, alarms: npt.NDArray[np.int64], count: int
) -> int:
    """Append the flat places of the alarms in row y and return the new count."""
    width = slow.shape[1]
    for x in range(width):
        if np.float32(slow[y, x]) * rules[0, 3] > rules[0, 2] or fast[y, x] > rules[1, 2]:
            alarms[count] = y * width + x
            count += 1
    return count


@compiled
def advance(
    image: Image,
    mean: Floats,
    weight: Shorts,
    taps: Floats,
    row_norm: Floats,
    column_norm: Floats,
    level: Floats,
    scale: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    slow: Shorts,
    slow_age: Shorts,
    fast: Floats,
    fast_age: Shorts,
    busy: npt.NDArray[np.bool_],
    spans: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    rules: Floats,
    frame: int,
    stride: int,
    gain: np.float32,
    alarms: npt.NDArray[np.int64],
) -> int:
    """Feed one frame to all CUSUMs; the number of flat places put into `alarms`.

    Row j of the CUSUMs belongs to row 2 j of the image. `weight` is 1 / sd of each pixel in a unit
    that `row_norm` knows; `level` and `scale` are grids of nodes; `rules` holds size, drift,
    threshold and unit of the slow and, in a second row, of the fast CUSUM; of every `stride`-th
    row the mean is renewed with `gain`.
    """
    height, width = image.shape
    radius = taps.size - 1
    ring = np.zeros((2 * radius + 2, width + RING_GAP), np.float32)
    padded = np.zeros(width + 2 * radius, np.float32)
    core, inner = padded[radius - 3 :], padded[radius : radius + width]
    rows = np.empty((3, width), np.float32)
    score, level_here, scale_here = rows[0], rows[1], rows[2]
    levels = np.empty((level.shape[0], width), np.float32)
    scales = np.empty((scale.shape[0], width), np.float32)
    spread(level, column_nodes, levels)
    spread(scale, column_nodes, scales)
    scales *= column_norm
    # memory is slower than all this: of a large field, what comes next is asked for in between
    far = image.size > NEAR_PX
    part = FETCH_PX if far else width
    done, count = 0, 0
    for y in range(slow.shape[0]):
        while done <= ROW_STEP * y + radius:
            if done < height:
                slot = done % ring.shape[0]
                whiten(image, mean, weight, done, levels, row_nodes, ring, slot)
                if (done + frame) % stride == 0:
                    row_between(levels, row_nodes, done, ONE, level_here)
                    renew_mean(image, done, level_here, slow_age, gain, mean)
            else:
                ring[done % ring.shape[0]] = ZERO
            done += 1
        row_between(scales, row_nodes, ROW_STEP * y, row_norm[y], scale_here)
        for first in range(0, width, part):
            end = min(first + part, width)
            if far:
                fetch(mean, done, first, end)
                fetch(mean, done + 1, first, end)
            filter_down(ring, ROW_STEP * y, taps, first, end, inner)
        for first in range(0, width, part):
            end = min(first + part, width)
            if far:
                fetch(image, done, first, end)
                fetch(image, done + 1, first, end)
                fetch(slow, y + 1, first, end)
            filter_across(padded, core, taps, scale_here, first, end, score)
        mute(score, y, spans, counts)
        for first in range(0, width, part):
            end = min(first + part, width)
            if far:
                fetch(weight, done, first, end)
                fetch(weight, done + 1, first, end)
                fetch(slow_age, y + 1, first, end)
            accumulate_slow(score, slow, slow_age, y, first, end, rules[0])
        alarm = np.float32(highest(slow, y)) * rules[0, 3] > rules[0, 2]
        alarm |= accumulate_where_busy(score, fast, fast_age, y, rules[1], busy)
        if alarm:
            count = collect(slow, fast, rules, y, alarms, count)
    return count
