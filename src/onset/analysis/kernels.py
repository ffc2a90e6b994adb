"""One pass over a frame: level of the field, matched filter, two CUSUMs per pixel; no decisions.

Row by row, so that what is in between stays in the processor's first cache, and without branches,
so that vector instructions can be used: an age is `(age + 1) * alive`, not an `if`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Floats = npt.NDArray[np.float32]
Ages = npt.NDArray[np.int16]
Image = npt.NDArray[Any]

CLIP = np.float32(6.0)
"""A pixel counts for the level of its block with at most this many noise sd."""
NOISE_CLIP = np.float32(16.0)
"""... and for its noise with at most this square, lest a spot that turns on be taken for noise."""
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
RENEWAL_STRIDE = 8
OLDEST = np.float32(32000)
"""Ages of excursions, in frames, are kept in two bytes."""


@compiled
def add_to_sums(
    image: Image,
    first: Floats,
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
    cubes: npt.NDArray[np.float64],
) -> None:
    """Add one baseline frame, relative to the first one, to the running sums."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            difference = np.float64(image[y, x]) - np.float64(first[y, x])
            sums[y, x] += difference
            squares[y, x] += difference * difference
            cubes[y, x] += difference * difference * difference


@compiled
def sum_blocks(
    image: Image,
    mean: Floats,
    inverse_sd: Floats,
    centre: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    sums: Floats,
    squares: Floats,
) -> None:
    """Sums of clipped whitened residuals about `centre` over every second row of each block.

    Each column is summed on its own first: a fixed order that still fills a processor's lanes.
    """
    width = image.shape[1]
    linear, square = np.empty(width, np.float32), np.empty(width, np.float32)
    for by in range(rows.size - 1):
        linear[:] = ZERO
        square[:] = ZERO
        start = rows[by] + (rows[by] + parity) % 2
        for y in range(start, rows[by + 1], 2):
            for bx in range(columns.size - 1):
                level = centre[by, bx]
                for x in range(columns[bx], columns[bx + 1]):
                    weight = inverse_sd[y, x]
                    scaled = (np.float32(image[y, x]) - mean[y, x] - level) * weight
                    scaled = min(max(scaled, -CLIP), CLIP)
                    linear[x] += scaled * weight
                    square[x] += min(scaled * scaled, NOISE_CLIP)
        for bx in range(columns.size - 1):
            sums[by, bx], squares[by, bx] = ZERO, ZERO
            for x in range(columns[bx], columns[bx + 1]):
                sums[by, bx] += linear[x]
                squares[by, bx] += square[x]


@compiled
def weigh_blocks(
    inverse_sd: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    parity: int,
    weights: Floats,
    counts: Floats,
) -> None:
    """Sum of 1 / variance, and number of pixels, over what `sum_blocks` reads at this parity."""
    weights[:] = ZERO
    counts[:] = ZERO
    for by in range(rows.size - 1):
        for y in range(rows[by] + (rows[by] + parity) % 2, rows[by + 1], 2):
            for bx in range(columns.size - 1):
                for x in range(columns[bx], columns[bx + 1]):
                    weights[by, bx] += inverse_sd[y, x] * inverse_sd[y, x]
                    counts[by, bx] += np.float32(inverse_sd[y, x] > ZERO)


@compiled
def spread(grid: Floats, nodes: Floats, out: Floats) -> None:
    """Each row of nodes for every column of the field, linear between the nodes."""
    for by in range(grid.shape[0]):
        for bx in range(nodes.size - 1):
            first, end = int(np.ceil(nodes[bx])), int(np.ceil(nodes[bx + 1]))
            slope = (grid[by, bx + 1] - grid[by, bx]) / max(nodes[bx + 1] - nodes[bx], ONE)
            offset = grid[by, bx] + (np.float32(first) - nodes[bx]) * slope
            for x in range(first, end):
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
    image: Image,
    mean: Floats,
    inverse_sd: Floats,
    levels: Floats,
    y: int,
    above: int,
    share: np.float32,
    out: Floats,
) -> None:
    """Residual of row y divided by its variance; the level is `share` on from node `above`."""
    for x in range(out.size):
        level = levels[above, x] + share * (levels[above + 1, x] - levels[above, x])
        residual = np.float32(image[y, x]) - mean[y, x] - level
        out[x] = residual * inverse_sd[y, x] * inverse_sd[y, x]


@compiled
def renew_mean(
    image: Image,
    levels: Floats,
    y: int,
    above: int,
    share: np.float32,
    slow_age: Ages,
    fast_age: Ages,
    gain: np.float32,
    mean: Floats,
) -> None:
    """Move the mean towards the image where nothing was suspected up to the frame before.

    Asking the ages before this frame enters them keeps the mean unbiased.
    """
    for x in range(image.shape[1]):
        quiet = np.float32(slow_age[y, x] + fast_age[y, x] == 0)
        level = levels[above, x] + share * (levels[above + 1, x] - levels[above, x])
        mean[y, x] += gain * quiet * (np.float32(image[y, x]) - mean[y, x] - level)


@compiled
def filter_across(padded: Floats, taps: Floats, ring: Floats, at: int) -> None:
    """Symmetric filter along a row; `padded` has the filter's radius of zeros at both ends."""
    radius, width = taps.size - 1, ring.shape[1]
    middle = padded[radius:]
    for x in range(width):
        ring[at, x] = taps[0] * middle[x]
    for step in range(1, radius + 1):
        left, right, tap = padded[radius - step :], padded[radius + step :], taps[step]
        for x in range(width):
            ring[at, x] += tap * (left[x] + right[x])


@compiled
def filter_down(ring: Floats, y: int, taps: Floats, out: Floats) -> None:
    """The same filter across rows y - radius to y + radius, kept in a ring of 2 radius + 1 rows."""
    depth = ring.shape[0]
    middle = y % depth
    for x in range(out.size):
        out[x] = taps[0] * ring[middle, x]
    for step in range(1, taps.size):
        above, below, tap = (y + depth - step) % depth, (y + step) % depth, taps[step]
        for x in range(out.size):
            out[x] += tap * (ring[above, x] + ring[below, x])


@compiled
def normalise(
    filtered: Floats, norm: Floats, scales: Floats, y: int, above: int, share: np.float32
) -> None:
    """Make the filtered row y a score of noise one."""
    for x in range(filtered.size):
        scale = scales[above, x] + share * (scales[above + 1, x] - scales[above, x])
        filtered[x] *= norm[y, x] * scale


@compiled
def accumulate(
    scores: Floats,
    sums: Floats,
    ages: Ages,
    y: int,
    size: np.float32,
    drift: np.float32,
    threshold: np.float32,
) -> int:
    """Advance one CUSUM along row y; the number of pixels above its threshold."""
    hits = np.int32(0)
    for x in range(scores.size):
        total = max(sums[y, x] + size * scores[x] - drift, ZERO)
        sums[y, x] = total
        age = min(np.float32(ages[y, x]) + ONE, OLDEST)
        ages[y, x] = np.int16(age * np.float32(total > ZERO))
        hits += np.int32(total > threshold)
    return int(hits)


@compiled
def collect(
    slow: Floats, fast: Floats, rules: Floats, y: int, alarms: npt.NDArray[np.int64], count: int
) -> int:
    """Append the flat places of row y's alarms and return the new count."""
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
    norm: Floats,
    taps: Floats,
    level: Floats,
    scale: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    slow: Floats,
    slow_age: Ages,
    fast: Floats,
    fast_age: Ages,
    rules: Floats,
    frame: int,
    gain: np.float32,
    alarms: npt.NDArray[np.int64],
) -> int:
    """Feed one frame to the CUSUMs of all pixels; the number of flat places put into `alarms`.

    `level` and `scale` are grids of nodes; `rules` holds size, drift and threshold of the slow
    and, in a second row, of the fast CUSUM; the mean of every eighth row is renewed with `gain`.
    """
    height, width = image.shape
    radius = taps.size - 1
    ring = np.zeros((2 * radius + 1, width), np.float32)
    padded = np.zeros(width + 2 * radius, np.float32)
    filtered = np.empty(width, np.float32)
    levels, scales = np.empty((2, level.shape[0], width), np.float32)
    spread(level, column_nodes, levels)
    spread(scale, column_nodes, scales)
    inner = padded[radius : radius + width]
    count = 0
    for i in range(height + radius):
        if i < height:
            k = node_above(row_nodes, i)
            share = share_below(row_nodes, k, i)
            whiten(image, mean, inverse_sd, levels, i, k, share, inner)
            if (i + frame) % RENEWAL_STRIDE == 0:
                renew_mean(image, levels, i, k, share, slow_age, fast_age, gain, mean)
        else:
            inner[:] = ZERO
        filter_across(padded, taps, ring, i % ring.shape[0])
        y = i - radius
        if y >= 0:
            filter_down(ring, y, taps, filtered)
            k = node_above(row_nodes, y)
            normalise(filtered, norm, scales, y, k, share_below(row_nodes, k, y))
            hits = accumulate(filtered, slow, slow_age, y, rules[0, 0], rules[0, 1], rules[0, 2])
            hits += accumulate(filtered, fast, fast_age, y, rules[1, 0], rules[1, 1], rules[1, 2])
            if hits > 0:
                count = collect(slow, fast, rules, y, alarms, count)
    return count


@compiled
def norms(
    inverse_sd: Floats, taps: Floats, top: int, bottom: int, left: int, right: int, norm: Floats
) -> None:
    """1 / sqrt(sum h^2 / v) in a window of the field: makes the matched filter's noise one."""
    height, width = inverse_sd.shape
    radius = taps.size - 1
    for y in range(top, bottom):
        for x in range(left, right):
            information = ZERO
            for yy in range(max(0, y - radius), min(height, y + radius + 1)):
                for xx in range(max(0, x - radius), min(width, x + radius + 1)):
                    tap = taps[abs(yy - y)] * taps[abs(xx - x)] * inverse_sd[yy, xx]
                    information += tap * tap
            norm[y, x] = ONE / np.sqrt(information) if information > ZERO else ZERO
