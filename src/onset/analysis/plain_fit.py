"""One switch by weighted likelihood, for a trajectory that does not blink; numbers only."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles, rise_slopes

T0, LOG_TAU, AMPLITUDE, BACKGROUND = range(4)
NONE_HELD = -1
MOST_ROUNDS = 60
LEAST_GAIN = 1e-7
LEAST_VARIANCE_SHARE = 0.05


@compiled
def information(
    times: Doubles,
    exposures: Doubles,
    values: Doubles,
    floor: float,
    gain: float,
    down: float,
    theta: Doubles,
    pull: Doubles,
    matrix: Doubles,
) -> float:
    """Log-likelihood at `theta` (t0, log tau, amplitude, background); its slope, its information.

    The variance V is floor + gain * mean, so J = sum d mu d mu (1 / V + (gain / V)^2 / 2).
    `down` is 0 for a rise, 1 for a fall.
    """
    tau = math.exp(theta[LOG_TAU])
    total = 0.0
    pull[:] = 0.0
    matrix[:] = 0.0
    slopes = np.empty(4)
    for i in range(times.size):
        up, by_t0, by_tau = rise_slopes(times[i], exposures[i], theta[T0], tau)
        share = down + (1.0 - 2.0 * down) * up
        sign = 1.0 - 2.0 * down
        lit = theta[AMPLITUDE] * share
        slopes[0], slopes[1] = sign * theta[AMPLITUDE] * by_t0, sign * theta[AMPLITUDE] * by_tau
        slopes[2], slopes[3] = share, 1.0
        mean = theta[BACKGROUND] + lit
        variance = max(floor + gain * mean, LEAST_VARIANCE_SHARE * floor)
        relative = gain / variance
        off = values[i] - mean
        total -= 0.5 * (off * off / variance + math.log(variance))
        push = off / variance + 0.5 * relative * (off * off / variance - 1.0)
        weight = 1.0 / variance + 0.5 * relative * relative
        for a in range(4):
            pull[a] += push * slopes[a]
            for b in range(a + 1):
                matrix[a, b] += weight * slopes[a] * slopes[b]
    for a in range(4):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
    return total


@compiled
def climb(
    times: Doubles,
    exposures: Doubles,
    values: Doubles,
    floor: float,
    gain: float,
    down: float,
    theta: Doubles,
    log_tau_least: float,
    log_tau_most: float,
    held: int,
) -> float:
    """Fisher scoring with damping from `theta`, which is moved; the log-likelihood reached.

    The parameter `held` stays where it is; NONE_HELD: all are free.
    """
    pull, matrix = np.zeros(4), np.zeros((4, 4))
    new_pull, new_matrix = np.zeros(4), np.zeros((4, 4))
    best = information(times, exposures, values, floor, gain, down, theta, pull, matrix)
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
        reached = information(
            times, exposures, values, floor, gain, down, there, new_pull, new_matrix
        )
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
