"""One switch by weighted likelihood, for a trajectory that does not blink; numbers only."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles
from onset.analysis.rows import dot, dot_of_three, rise_rows

T0, LOG_TAU, AMPLITUDE, BACKGROUND = range(4)
NONE_HELD = -1
MOST_ROUNDS = 60
LEAST_GAIN = 1e-7
LEAST_VARIANCE_SHARE = 0.05
SETTLED_TAU = 20.0
"""So many tau from its centre a rise has not begun, or is over: such frames are known by their
sums."""
ROWS = 8


class Seen(NamedTuple):
    """A trajectory; arrays (n,)."""

    times: Doubles
    exposures: Doubles
    values: Doubles
    floor: float
    gain: float
    down: float
    centre: float
    """Near the values, lest their squares lose digits."""
    sums: Doubles
    """(n + 1,) of all values before, from the centre ..."""
    squares: Doubles
    """... and of their squares."""
    longest: float
    """Exposure."""


def seen_as(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    floor: float,
    gain: float,
    down: float,
) -> Seen:
    """As the kernels are told it."""
    centre = float(np.median(intensity))
    off = intensity - centre
    sums, squares = (np.concatenate([[0.0], np.cumsum(v)]) for v in (off, off * off))
    longest = float(exposures_s.max())
    return Seen(times_s, exposures_s, intensity, floor, gain, down, centre, sums, squares, longest)


@compiled
def information(seen: Seen, theta: Doubles, rows: Doubles, pull: Doubles, matrix: Doubles) -> float:
    """Log-likelihood at `theta` (t0, log tau, amplitude, background); its slope, its information.

    The variance V is floor + gain * mean, so J = sum d mu d mu (1 / V + (gain / V)^2 / 2).
    `down` is 0 for a rise, 1 for a fall. `rows` (ROWS, n) is scratch.
    """
    reach = SETTLED_TAU * math.exp(theta[LOG_TAU])
    first = np.searchsorted(seen.times, theta[T0] - reach - seen.longest)
    end = np.searchsorted(seen.times, theta[T0] + reach, "right")
    pull[:], matrix[:] = 0.0, 0.0
    total = add_settled(seen, theta, 0, first, seen.down, pull, matrix)
    total += add_settled(seen, theta, end, seen.times.size, 1.0 - seen.down, pull, matrix)
    total += add_moving(seen, theta, first, end, rows, pull, matrix)
    for a in range(4):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
    return total


@compiled
def add_settled(
    seen: Seen, theta: Doubles, first: int, end: int, share: float, pull: Doubles, matrix: Doubles
) -> float:
    """Add frames in which all, or nothing, of the light shines; their log-likelihood."""
    n = float(end - first)
    mean = theta[BACKGROUND] + theta[AMPLITUDE] * share
    variance = max(seen.floor + seen.gain * mean, LEAST_VARIANCE_SHARE * seen.floor)
    beyond = mean - seen.centre
    sums, squares = seen.sums[end] - seen.sums[first], seen.squares[end] - seen.squares[first]
    off = sums - n * beyond
    square = squares - 2.0 * beyond * sums + n * beyond * beyond
    relative = seen.gain / variance
    push = off / variance + 0.5 * relative * (square / variance - n)
    weight = n * (1.0 / variance + 0.5 * relative * relative)
    pull[AMPLITUDE] += push * share
    pull[BACKGROUND] += push
    matrix[AMPLITUDE, AMPLITUDE] += weight * share * share
    matrix[BACKGROUND, AMPLITUDE] += weight * share
    matrix[BACKGROUND, BACKGROUND] += weight
    return float(-0.5 * (square / variance + n * math.log(variance)))


@compiled
def add_moving(
    seen: Seen, theta: Doubles, first: int, end: int, rows: Doubles, pull: Doubles, matrix: Doubles
) -> float:
    """Add frames in which it rises or falls; their log-likelihood."""
    n = end - first
    by_t0, by_tau, share, even = rows[0, :n], rows[1, :n], rows[2, :n], rows[3, :n]
    push, weight, likely, variances = rows[4, :n], rows[5, :n], rows[6, :n], rows[7, :n]
    times, exposures = seen.times[first:end], seen.exposures[first:end]
    values = seen.values[first:end]
    rise_rows(times, exposures, theta[T0], math.exp(theta[LOG_TAU]), share, by_t0, by_tau)
    sign, light, dark = 1.0 - 2.0 * seen.down, float(theta[AMPLITUDE]), float(theta[BACKGROUND])
    floor, gain, least = seen.floor, seen.gain, LEAST_VARIANCE_SHARE * seen.floor
    for t in range(np.uint64(share.size)):
        share[t] = seen.down + sign * share[t]
        by_t0[t] *= sign * light
        by_tau[t] *= sign * light
        even[t] = 1.0
        mean = dark + light * share[t]
        variance = max(floor + gain * mean, least)
        off, inverse = values[t] - mean, 1.0 / variance
        relative, square = gain * inverse, off * off * inverse
        push[t] = off * inverse + 0.5 * relative * (square - 1.0)
        weight[t] = inverse + 0.5 * relative * relative
        likely[t] = square
        variances[t] = variance
    total = 0.0
    for t in range(share.size):
        total -= 0.5 * (likely[t] + math.log(variances[t]))
    for a in range(4):
        pull[a] += dot(rows[a, :n], push)
        for b in range(a + 1):
            matrix[a, b] += dot_of_three(rows[a, :n], rows[b, :n], weight)
    return total


@compiled
def climb(
    seen: Seen, theta: Doubles, log_tau_least: float, log_tau_most: float, held: int
) -> float:
    """Fisher scoring with damping from `theta`, which is moved; the log-likelihood reached.

    The parameter `held` stays where it is; NONE_HELD: all are free.
    """
    rows = np.empty((ROWS, seen.times.size))
    pull, matrix = np.zeros(4), np.zeros((4, 4))
    new_pull, new_matrix = np.zeros(4), np.zeros((4, 4))
    best = information(seen, theta, rows, pull, matrix)
    damping = 1e-3
    for _ in range(MOST_ROUNDS):
        damped = matrix.copy()
        for a in range(4):
            damped[a, a] += damping * matrix[a, a] + 1e-12
        if held != NONE_HELD:
            damped[held, :] = 0.0
            damped[:, held] = 0.0
            damped[held, held] = 1.0
            pull[held] = 0.0
        step = np.linalg.solve(damped, pull)
        step[LOG_TAU] = min(max(step[LOG_TAU], -1.5), 1.5)
        there = theta + step
        there[LOG_TAU] = min(max(there[LOG_TAU], log_tau_least), log_tau_most)
        reached = information(seen, there, rows, new_pull, new_matrix)
        if reached > best:
            gained = reached - best
            theta[:], best = there, reached
            pull[:], matrix[:] = new_pull, new_matrix
            damping = max(damping * 0.2, 1e-9)
            if gained < LEAST_GAIN:
                break
        else:
            damping *= 8.0
            if damping > 1e8:
                break
    return best


def known_at(seen: Seen, theta: Doubles) -> tuple[float, Doubles]:
    """Log-likelihood and Fisher information, (4, 4), at a point."""
    pull, matrix, rows = np.zeros(4), np.zeros((4, 4)), np.empty((ROWS, seen.times.size))
    return information(seen, theta, rows, pull, matrix), matrix


def invert(information: Doubles) -> Doubles:
    """Covariance; infinite for parameters of which the data say nothing."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    try:
        inverse = np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.inf)
    bad = ~(np.diag(inverse) > 0.0)
    inverse[bad, :], inverse[:, bad] = np.inf, np.inf
    return np.asarray(inverse, np.float64)
