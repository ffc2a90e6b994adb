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
Image = npt.NDArray[Any]

CLIP = np.float32(6.0)
"""A pixel counts for the level of its block with at most this many noise sd."""
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
RENEWAL_STRIDE = 8


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
    """Sums of clipped whitened residuals about `centre` over every second row of each block."""
    for by in range(rows.size - 1):
        sums[by, :] = ZERO
        squares[by, :] = ZERO
        start = rows[by] + (rows[by] + parity) % 2
        for y in range(start, rows[by + 1], 2):
            for bx in range(columns.size - 1):
                first, last = columns[bx], columns[bx + 1]
                add_run(
                    image[y, first:last],
                    mean[y, first:last],
                    inverse_sd[y, first:last],
                    centre[by, bx],
                    sums[by, bx : bx + 1],
                    squares[by, bx : bx + 1],
                )


@compiled
def add_run(
    image: Image, mean: Floats, inverse_sd: Floats, centre: np.float32, total: Floats, power: Floats
) -> None:
    """One row of one block of `sum_blocks`."""
    linear, square = ZERO, ZERO
    for x in range(image.size):
        scaled = (np.float32(image[x]) - mean[x] - centre) * inverse_sd[x]
        scaled = min(max(scaled, -CLIP), CLIP)
        linear += scaled * inverse_sd[x]
        square += scaled * scaled
    total[0] += linear
    power[0] += square


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
def interpolate_rows(grid: Floats, centres: Floats, y: int, out: Floats) -> None:
    """Values of a grid of blocks at row y, linear between the centres, constant outside."""
    last = centres.size - 1
    below = 0
    while below < last - 1 and centres[below + 1] <= y:
        below += 1
    above = min(below + 1, last)
    share = ZERO
    if above > below:
        share = (np.float32(y) - centres[below]) / (centres[above] - centres[below])
    share = min(max(share, ZERO), ONE)
    for bx in range(out.size):
        out[bx] = grid[below, bx] * (ONE - share) + grid[above, bx] * share


@compiled
def spread_columns(values: Floats, centres: Floats, out: Floats) -> None:
    """The values of the blocks along a row for every pixel of that row."""
    width, last = out.size, centres.size - 1
    out[: int(np.ceil(centres[0]))] = values[0]
    out[int(np.ceil(centres[last])) :] = values[last]
    for bx in range(last):
        first = int(np.ceil(centres[bx]))
        end = min(int(np.ceil(centres[bx + 1])), width)
        slope = (values[bx + 1] - values[bx]) / (centres[bx + 1] - centres[bx])
        offset = values[bx] + (np.float32(first) - centres[bx]) * slope
        run = out[first:end]
        for x in range(run.size):
            run[x] = offset + np.float32(x) * slope


@compiled
def whiten(image: Image, mean: Floats, inverse_sd: Floats, level: Floats, out: Floats) -> None:
    """Residual of a row divided by its variance."""
    for x in range(image.size):
        residual = np.float32(image[x]) - mean[x] - level[x]
        out[x] = residual * inverse_sd[x] * inverse_sd[x]


@compiled
def renew_mean(
    image: Image, level: Floats, slow_age: Floats, fast_age: Floats, gain: np.float32, mean: Floats
) -> None:
    """Move the mean towards the image where nothing was suspected up to the frame before.

    Asking the ages before this frame enters them keeps the mean unbiased.
    """
    for x in range(image.size):
        quiet = np.float32(slow_age[x] + fast_age[x] == ZERO)
        mean[x] += gain * quiet * (np.float32(image[x]) - mean[x] - level[x])


@compiled
def filter_across(padded: Floats, taps: Floats, out: Floats) -> None:
    """Symmetric filter along a row; `padded` has the filter's radius of zeros at both ends."""
    radius, width = taps.size - 1, out.size
    centre = padded[radius : radius + width]
    for x in range(width):
        out[x] = taps[0] * centre[x]
    for step in range(1, radius + 1):
        left = padded[radius - step : radius - step + width]
        right = padded[radius + step : radius + step + width]
        for x in range(width):
            out[x] += taps[step] * (left[x] + right[x])


@compiled
def filter_down(ring: Floats, y: int, taps: Floats, out: Floats) -> None:
    """The same filter across rows y - radius to y + radius, kept in a ring of 2 radius + 1 rows."""
    depth, width = ring.shape[0], out.size
    centre = ring[y % depth]
    for x in range(width):
        out[x] = taps[0] * centre[x]
    for step in range(1, taps.size):
        above, below = ring[(y + depth - step) % depth], ring[(y + step) % depth]
        for x in range(width):
            out[x] += taps[step] * (above[x] + below[x])


@compiled
def accumulate(
    filtered: Floats,
    norm: Floats,
    scale: Floats,
    slow: Floats,
    slow_age: Floats,
    fast: Floats,
    fast_age: Floats,
    rules: Floats,
) -> int:
    """Advance both CUSUMs of a row; the number of pixels above a threshold."""
    hits = 0
    for x in range(filtered.size):
        score = filtered[x] * norm[x] * scale[x]
        slow_sum = max(slow[x] + rules[0] * score - rules[1], ZERO)
        fast_sum = max(fast[x] + rules[3] * score - rules[4], ZERO)
        slow[x] = slow_sum
        fast[x] = fast_sum
        slow_age[x] = (slow_age[x] + ONE) * np.float32(slow_sum > ZERO)
        fast_age[x] = (fast_age[x] + ONE) * np.float32(fast_sum > ZERO)
        hits += (slow_sum > rules[2]) | (fast_sum > rules[5])
    return hits


@compiled
def collect(
    slow: Floats, fast: Floats, rules: Floats, first: int, alarms: npt.NDArray[np.int64], count: int
) -> int:
    """Append the places of a row's alarms (first + x) and return the new count."""
    for x in range(slow.size):
        if slow[x] > rules[2] or fast[x] > rules[5]:
            alarms[count] = first + x
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
    row_centres: Floats,
    column_centres: Floats,
    slow: Floats,
    slow_age: Floats,
    fast: Floats,
    fast_age: Floats,
    rules: Floats,
    frame: int,
    gain: np.float32,
    alarms: npt.NDArray[np.int64],
) -> int:
    """Feed one frame to the CUSUMs of all pixels; the number of flat places put into `alarms`.

    `level` and `scale` are grids per block; `rules` holds size, drift and threshold of the slow,
    then of the fast CUSUM; the mean of every eighth row is renewed with `gain`.
    """
    height, width = image.shape
    radius = taps.size - 1
    ring = np.zeros((2 * radius + 1, width), np.float32)
    padded = np.zeros(width + 2 * radius, np.float32)
    filtered = np.empty(width, np.float32)
    row_level, row_scale = np.empty(width, np.float32), np.empty(width, np.float32)
    blocks = np.empty(level.shape[1], np.float32)
    count = 0
    for i in range(height + radius):
        if i < height:
            interpolate_rows(level, row_centres, i, blocks)
            spread_columns(blocks, column_centres, row_level)
            whiten(image[i], mean[i], inverse_sd[i], row_level, padded[radius : radius + width])
            filter_across(padded, taps, ring[i % ring.shape[0]])
            if (i + frame) % RENEWAL_STRIDE == 0:
                renew_mean(image[i], row_level, slow_age[i], fast_age[i], gain, mean[i])
        else:
            ring[i % ring.shape[0], :] = ZERO
        y = i - radius
        if y >= 0:
            filter_down(ring, y, taps, filtered)
            interpolate_rows(scale, row_centres, y, blocks)
            spread_columns(blocks, column_centres, row_scale)
            hits = accumulate(
                filtered, norm[y], row_scale, slow[y], slow_age[y], fast[y], fast_age[y], rules
            )
            if hits > 0:
                count = collect(slow[y], fast[y], rules, y * width, alarms, count)
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
