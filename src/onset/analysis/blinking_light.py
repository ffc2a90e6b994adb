"""What each shape shows in each frame, and how likely the frame is then; rows at a time."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking_tables import Desk, Seen, Tables
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles
from onset.analysis.rows import exp_minus, rise_rows

LEAST_VARIANCE_SHARE = 0.05
SETTLED_TAU = 15.0
"""So many tau from its centre a rise has not begun, or is over."""
FARTHEST = 60.0
"""Half the square of a residual, in noise sd, is taken for this at most."""
MOVING = -1


@compiled
def divide(seen: Seen, theta: Doubles, desk: Desk) -> int:
    """The parts of the film, by which emitters shine in them; how many there are."""
    n, emitters = seen.times.size, desk.rises.shape[1]
    cuts = np.empty((emitters, 2), np.int64)
    marks = np.zeros(2 * emitters + 2, np.int64)
    marks[1] = n
    for e in range(emitters):
        reach = SETTLED_TAU * math.exp(theta[3 * e + 1])
        begins = np.searchsorted(seen.times, theta[3 * e] - reach - seen.longest)
        ends = np.searchsorted(seen.times, theta[3 * e] + reach, "right")
        cuts[e, 0], cuts[e, 1] = begins, ends
        marks[2 * e + 2], marks[2 * e + 3] = begins, ends
        shine(seen, theta[3 * e], math.exp(theta[3 * e + 1]), e, begins, ends, desk.rises)
    marks.sort()
    parts = 0
    for i in range(marks.size - 1):
        first = marks[i]
        if first == marks[i + 1]:
            continue
        regime = 0
        for e in range(emitters):
            if first < cuts[e, 0]:
                regime += (1 << e) if seen.down > 0.0 else 0
            elif first >= cuts[e, 1]:
                regime += 0 if seen.down > 0.0 else (1 << e)
            else:
                regime = MOVING
                break
        desk.bounds[parts], desk.regimes[parts] = first, regime
        parts += 1
    desk.bounds[parts] = n
    return parts


@compiled
def shine(
    seen: Seen, t0: float, tau: float, e: int, begins: int, ends: int, rises: Doubles
) -> None:
    """Share of the light of emitter e in all frames, and its slopes."""
    rises[0, e, :begins], rises[0, e, ends:] = seen.down, 1.0 - seen.down
    rises[1:, e, :begins] = 0.0
    rises[1:, e, ends:] = 0.0
    share, by_t0 = rises[0, e, begins:ends], rises[1, e, begins:ends]
    by_tau = rises[2, e, begins:ends]
    rise_rows(seen.times[begins:ends], seen.exposures[begins:ends], t0, tau, share, by_t0, by_tau)
    if seen.down > 0.0:
        share[:] = 1.0 - share
        by_t0[:] = -by_t0
        by_tau[:] = -by_tau


@compiled
def level(seen: Seen, tables: Tables, theta: Doubles, regime: int, k: int) -> tuple[float, float]:
    """Mean and variance of a frame in shape k while nothing rises."""
    mean, spread = float(theta[theta.size - 1]), 0.0
    for e in range(tables.heights.shape[1]):
        lit = theta[3 * e + 2] * float((regime >> e) & 1)
        mean += tables.heights[k, e] * lit
        spread += tables.widths[k, e] * tables.widths[k, e] * lit * lit / 12.0
    least = LEAST_VARIANCE_SHARE * seen.floor
    return mean, max(seen.floor + seen.gain * mean, least) + spread


@compiled
def levels(
    seen: Seen,
    tables: Tables,
    theta: Doubles,
    rises: Doubles,
    first: int,
    k: int,
    mean: Doubles,
    var: Doubles,
) -> None:
    """Mean and variance in shape k of the frames from `first` on, while emitters rise."""
    mean[:], var[:] = theta[theta.size - 1], 0.0
    for e in range(tables.heights.shape[1]):
        lit = theta[3 * e + 2]
        high, wide = tables.heights[k, e] * lit, (tables.widths[k, e] * lit) ** 2 / 12.0
        share = rises[0, e, first : first + mean.size]
        for t in range(np.uint64(mean.size)):
            mean[t] += high * share[t]
        if wide > 0.0:
            for t in range(np.uint64(mean.size)):
                var[t] += wide * share[t] * share[t]
    floor, gain, least = seen.floor, seen.gain, LEAST_VARIANCE_SHARE * seen.floor
    for t in range(np.uint64(mean.size)):
        var[t] += max(floor + gain * mean[t], least)


@compiled
def densities(seen: Seen, tables: Tables, theta: Doubles, desk: Desk, parts: int) -> None:
    """Likelihood of every frame in every shape."""
    count = tables.heights.shape[0]
    for part in range(parts):
        first, end = desk.bounds[part], desk.bounds[part + 1]
        values, regime = seen.values[first:end], desk.regimes[part]
        mean, var = desk.scratch[0, first:end], desk.scratch[1, first:end]
        for k in range(count):
            out = desk.density[k, first:end]
            if regime == MOVING:
                levels(seen, tables, theta, desk.rises, first, k, mean, var)
                density_moving(values, mean, var, seen.outlier, out)
            elif regime == 0 and k > 0:
                # of what does not shine nobody can see whether it blinks
                out[:] = desk.density[0, first:end]
            else:
                here, variance = level(seen, tables, theta, regime, k)
                density_settled(values, here, variance, seen.outlier, out)


@compiled
def density_settled(
    values: Doubles, mean: float, variance: float, outlier: float, out: Doubles
) -> None:
    """Of values about one mean."""
    root = 1.0 / math.sqrt(variance)
    for t in range(np.uint64(out.size)):
        off = (values[t] - mean) * root
        out[t] = outlier + root * exp_minus(min(0.5 * off * off, FARTHEST))


@compiled
def density_moving(
    values: Doubles, mean: Doubles, variance: Doubles, outlier: float, out: Doubles
) -> None:
    """Of values each about a mean of its own."""
    for t in range(np.uint64(out.size)):
        inverse = 1.0 / variance[t]
        off = values[t] - mean[t]
        peak = math.sqrt(inverse)
        out[t] = outlier + peak * exp_minus(min(0.5 * off * off * inverse, FARTHEST))


@compiled
def flat_part(rises: Doubles, least: float) -> tuple[int, int]:
    """First and last frame, and one more, in which all emitters have this share of their light."""
    emitters, n = rises.shape[1], rises.shape[2]
    first, end = n, 0
    for t in range(n):
        bright = True
        for e in range(emitters):
            bright = bright and rises[0, e, t] > least
        if bright:
            first, end = min(first, t), t + 1
    return min(first, end), end
