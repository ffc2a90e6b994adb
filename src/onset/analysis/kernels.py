"""One pass over a frame: matched filter and two CUSUMs per place; no decisions in here.

Row by row, so that what is in between stays in the processor's first cache. Each loop writes one or
two arrays and has no branch, so that vector instructions can be used; no sum runs along a loop, so
the order of additions, and with it every last bit, is the same however it is compiled. Scores are
kept for every second row only: half the work and memory for 4 % of the signal to noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Floats = npt.NDArray[np.float32]
Ages = npt.NDArray[np.int16]
Image = npt.NDArray[Any]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
ROW_STEP = 2
"""Rows of the image per row of scores."""
RENEWAL_STRIDE = 8
OLDEST = np.int32(32000)
"""Ages of excursions, in frames, are kept in two bytes."""
CHUNK_PX = 64
"""The fast CUSUM is zero nearly everywhere: so many pixels are left alone together."""
WAKING_SCORE = np.float32(2.75)
"""A chunk stays alone until one of its pixels has a score above this."""
RING_GAP = 48
"""Rows a power of two apart would share the same few lines of the processor's cache."""
MUTED = np.float32(-1e9)
"""The score of a place that is out of the search."""
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
def whiten(
    image: Image, mean: Floats, inverse_sd: Floats, y: int, levels: Floats, nodes: Floats,
    out: Floats,
) -> None:  # fmt: skip
    """Residuals of row y in noise sd of the baseline."""
    k = node_above(nodes, y)
    share = share_below(nodes, k, y)
    for x in range(image.shape[1]):
        level = levels[k, x] + share * (levels[k + 1, x] - levels[k, x])
        out[x] = (np.float32(image[y, x]) - mean[y, x] - level) * inverse_sd[y, x]


@compiled
def damp(row: Floats, y: int, scales: Floats, nodes: Floats) -> None:
    """Divide a row by how much the noise has grown."""
    k = node_above(nodes, y)
    share = share_below(nodes, k, y)
    for x in range(scales.shape[1]):
        row[x] *= scales[k, x] + share * (scales[k + 1, x] - scales[k, x])


@compiled
def renew_mean(
    image: Image, y: int, levels: Floats, nodes: Floats, slow_age: Ages, gain: np.float32,
    mean: Floats,
) -> None:  # fmt: skip
    """Move the mean of row y towards the image where nothing was suspected in the frame before.

    Asking the ages before this frame enters them keeps the mean unbiased.
    """
    k, ages = node_above(nodes, y), y // ROW_STEP
    share = share_below(nodes, k, y)
    for x in range(image.shape[1]):
        quiet = gain * np.float32(slow_age[ages, x] == 0)
        level = levels[k, x] + share * (levels[k + 1, x] - levels[k, x])
        mean[y, x] += quiet * (np.float32(image[y, x]) - mean[y, x] - level)


@compiled
def filter_across(
    padded: Floats, core: Floats, taps: Floats, norm: Floats, ring: Floats, k: int
) -> None:
    """Symmetric filter along a row, times the norm of each column, into row k of the ring.

    `padded` is the row with the filter's radius of zeros at both ends; `core` is a view of it that
    begins three pixels before the row.
    """
    radius = taps.size - 1
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    for x in range(norm.size):
        near = a * core[x + 3] + b * (core[x + 2] + core[x + 4])
        far = c * (core[x + 1] + core[x + 5]) + d * (core[x] + core[x + 6])
        ring[k, x] = norm[x] * (near + far)
    for step in range(CORE_TAPS, taps.size):
        left, right, tap = padded[radius - step :], padded[radius + step :], taps[step]
        for x in range(norm.size):
            ring[k, x] += norm[x] * (tap * (left[x] + right[x]))


@compiled
def filter_down(ring: Floats, y: int, taps: Floats, norm: np.float32, out: Floats) -> None:
    """The same filter across rows y - radius to y + radius, times the norm of the row.

    The rows are kept in a ring of 2 radius + 1.
    """
    depth = ring.shape[0]
    k = y + depth
    k0, k1, k2, k3 = (k - 3) % depth, (k - 2) % depth, (k - 1) % depth, k % depth
    k4, k5, k6 = (k + 1) % depth, (k + 2) % depth, (k + 3) % depth
    a, b, c, d = norm * taps[0], norm * taps[1], norm * taps[2], norm * taps[3]
    for x in range(out.size):
        near = a * ring[k3, x] + b * (ring[k2, x] + ring[k4, x])
        far = c * (ring[k1, x] + ring[k5, x]) + d * (ring[k0, x] + ring[k6, x])
        out[x] = near + far
    for step in range(CORE_TAPS, taps.size):
        above, below, tap = (k - step) % depth, (k + step) % depth, norm * taps[step]
        for x in range(out.size):
            out[x] += tap * (ring[above, x] + ring[below, x])


@compiled
def mute(
    scores: Floats, y: int, spans: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> None:
    """Take the hidden parts of a row out of the search."""
    for k in range(counts[y]):
        for x in range(spans[y, k, 0], spans[y, k, 1]):
            scores[x] = MUTED


@compiled
def accumulate(
    scores: Floats,
    sums: Floats,
    ages: Ages,
    y: int,
    first: int,
    end: int,
    rules: Floats,
    which: int,
) -> int:
    """Advance one CUSUM along a part of row y; the number of pixels above its threshold."""
    size, drift, threshold = rules[which, 0], rules[which, 1], rules[which, 2]
    hits = np.int32(0)
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        total = max(sums[y, x] + size * scores[x] - drift, ZERO)
        sums[y, x] = total
        age = min(np.int32(ages[y, x]) + np.int32(1), OLDEST)
        ages[y, x] = np.int16(age * np.int32(total > ZERO))
        hits += np.int32(total > threshold)
    return int(hits)


@compiled
def any_wakes(scores: Floats, first: int, end: int) -> bool:
    """Is one of the scores high enough for the fast CUSUM to be looked after?"""
    hits = np.int32(0)
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        hits += np.int32(scores[x] > WAKING_SCORE)
    return bool(hits > 0)


@compiled
def any_positive(sums: Floats, y: int, first: int, end: int) -> bool:
    """Is a CUSUM above zero in a part of row y?"""
    hits = np.int32(0)
    for x in range(np.uint64(first), np.uint64(end)):  # unsigned: no wrap to test
        hits += np.int32(sums[y, x] > ZERO)
    return bool(hits > 0)


@compiled
def accumulate_where_busy(
    scores: Floats,
    sums: Floats,
    ages: Ages,
    y: int,
    rules: Floats,
    which: int,
    busy: npt.NDArray[np.bool_],
) -> int:
    """`accumulate` in the chunks that are not zero or have a score at which they wake."""
    hits = 0
    some_wake = any_wakes(scores, 0, scores.size)
    for chunk in range(busy.shape[1]):
        if not (some_wake or busy[y, chunk]):
            continue
        first, end = chunk * CHUNK_PX, min((chunk + 1) * CHUNK_PX, scores.size)
        if busy[y, chunk] or any_wakes(scores, first, end):
            hits += accumulate(scores, sums, ages, y, first, end, rules, which)
            busy[y, chunk] = any_positive(sums, y, first, end)
    return hits


@compiled
def collect(
    slow: Floats, fast: Floats, rules: Floats, y: int, alarms: npt.NDArray[np.int64], count: int
) -> int:
    """Append the flat places of the alarms in row y and return the new count."""
    width = slow.shape[1]
    for x in range(width):
        if slow[y, x] > rules[0, 2] or fast[y, x] > rules[1, 2]:
            alarms[count] = y * width + x
            count += 1
    return count


@compiled
def advance(
    image: Image,
    mean: Floats,
    inverse_sd: Floats,
    taps: Floats,
    row_norm: Floats,
    column_norm: Floats,
    level: Floats,
    scale: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    slow: Floats,
    slow_age: Ages,
    fast: Floats,
    fast_age: Ages,
    busy: npt.NDArray[np.bool_],
    spans: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    rules: Floats,
    frame: int,
    gain: np.float32,
    alarms: npt.NDArray[np.int64],
) -> int:
    """Feed one frame to all CUSUMs; the number of flat places put into `alarms`.

    Row j of the CUSUMs belongs to row 2 j of the image. `level` and `scale` are grids of nodes;
    `rules` holds size, drift and threshold of the slow and, in a second row, of the fast CUSUM; the
    mean of every eighth row is renewed with `gain`.
    """
    height, width = image.shape
    radius = taps.size - 1
    ring = np.zeros((2 * radius + 1, width + RING_GAP), np.float32)
    padded = np.zeros(width + 2 * radius, np.float32)
    score = np.empty(width, np.float32)
    levels = np.empty((level.shape[0], width), np.float32)
    scales = np.empty((scale.shape[0], width), np.float32)
    spread(level, column_nodes, levels)
    grown = scale.min() < ONE
    if grown:
        spread(scale, column_nodes, scales)
    core, inner = padded[radius - 3 :], padded[radius:]
    count = 0
    for i in range(height + radius):
        if i < height:
            whiten(image, mean, inverse_sd, i, levels, row_nodes, inner)
            if grown:
                damp(inner, i, scales, row_nodes)
            if (i + frame) % RENEWAL_STRIDE == 0:
                renew_mean(image, i, levels, row_nodes, slow_age, gain, mean)
        else:
            padded[:] = ZERO
        filter_across(padded, core, taps, column_norm, ring, i % ring.shape[0])
        y, odd = divmod(i - radius, ROW_STEP)
        if y >= 0 and odd == 0:
            filter_down(ring, i - radius, taps, row_norm[y], score)
            mute(score, y, spans, counts)
            hits = accumulate(score, slow, slow_age, y, 0, width, rules, 0)
            hits += accumulate_where_busy(score, fast, fast_age, y, rules, 1, busy)
            if hits > 0:
                count = collect(slow, fast, rules, y, alarms, count)
    return count
