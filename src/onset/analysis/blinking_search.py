"""From a start to the best switch seen through blinking; compiled, for Python would take longer."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking_chain import go_forward, weigh_edges
from onset.analysis.blinking_light import densities, divide
from onset.analysis.blinking_rates import fit_rates, set_chances
from onset.analysis.blinking_slopes import slopes
from onset.analysis.blinking_tables import Desk, Seen, Tables
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles

MOST_ROUNDS = 25
LEAST_GAIN = 1e-3
LONGEST_STEP = 1.0
"""Of log tau, and of t0 in units of tau, per round."""
SENSELESS = 1e100
"""A step as long as this is none; compiled code is not asked what is infinite."""
LEARNING_DAMPING = 0.1
LEARNT = 3e-3
"""Rounds of learning that change the log-likelihood by less are the last."""
NONE_HELD = -1


@compiled
def evaluate(seen: Seen, tables: Tables, theta: Doubles, desk: Desk) -> float:
    """Log-likelihood at the chances on the desk."""
    parts = divide(seen, theta, desk)
    densities(seen, tables, theta, desk, parts)
    weigh_edges(seen, tables, desk)
    return go_forward(tables, desk)


@compiled
def evaluate_slopes(seen: Seen, tables: Tables, theta: Doubles, desk: Desk) -> float:
    """The same, and all that `slopes` leaves on the desk."""
    parts = divide(seen, theta, desk)
    densities(seen, tables, theta, desk, parts)
    weigh_edges(seen, tables, desk)
    reached = go_forward(tables, desk)
    slopes(seen, tables, theta, desk, parts)
    return reached


@compiled
def learn(
    seen: Seen,
    tables: Tables,
    desk: Desk,
    theta: Doubles,
    rates: Doubles,
    before: Doubles,
    rounds: int,
) -> float:
    """Move `theta` and `rates` in turn until little changes; the log-likelihood at last but one."""
    reached = -SENSELESS
    for _ in range(rounds):
        set_chances(seen, tables, rates, desk)
        so_far, reached = reached, evaluate_slopes(seen, tables, theta, desk)
        theta += step_from(seen, desk.pull, desk.matrix, theta, LEARNING_DAMPING, NONE_HELD)
        fit_rates(seen, tables, desk.usage, before, rates)
        if abs(reached - so_far) < LEARNT:
            break
    return reached


@compiled
def climb(
    seen: Seen, tables: Tables, desk: Desk, theta: Doubles, rates: Doubles, held: int
) -> float:
    """Damped scoring of `theta`, which is moved, until nothing is gained; the log-likelihood."""
    set_chances(seen, tables, rates, desk)
    best = evaluate_slopes(seen, tables, theta, desk)
    pull, matrix = desk.pull.copy(), desk.matrix.copy()
    damping = 1e-3
    for _ in range(MOST_ROUNDS):
        there = theta + step_from(seen, pull, matrix, theta, damping, held)
        reached = evaluate_slopes(seen, tables, there, desk)
        if reached > best:
            gained = reached - best
            theta[:], best = there, reached
            pull[:], matrix[:] = desk.pull, desk.matrix
            damping = max(damping * 0.2, 1e-6)
            if gained < LEAST_GAIN:
                break
        else:
            damping *= 10.0
            if damping > 1e5:
                break
    return best


@compiled
def step_from(
    seen: Seen, pull: Doubles, matrix: Doubles, theta: Doubles, damping: float, held: int
) -> Doubles:
    """Of scoring, bounded: tau between a fraction of a frame and the film, amplitude positive."""
    p = theta.size
    damped, slope, most = matrix.copy(), pull.copy(), 0.0
    for a in range(p):
        most = max(most, matrix[a, a])
    for a in range(p):
        damped[a, a] += damping * matrix[a, a] + 1e-12 * most + 1e-300
    if held != NONE_HELD:
        damped[held, :], damped[:, held] = 0.0, 0.0
        damped[held, held], slope[held] = 1.0, 0.0
    step = np.linalg.solve(damped, slope)
    for a in range(p):
        step[a] = step[a] if abs(step[a]) < SENSELESS else 0.0
    span_s = seen.times[-1] - seen.times[0]
    shortest, longest = math.log(0.02 * seen.interval), math.log(2.0 * span_s)
    for e in range((p - 1) // 3):
        t0, tau, light = 3 * e, 3 * e + 1, 3 * e + 2
        reach = LONGEST_STEP * max(math.exp(theta[tau]), seen.interval)
        step[t0] = min(max(step[t0], -reach), reach)
        step[tau] = min(max(step[tau], -LONGEST_STEP), LONGEST_STEP)
        step[tau] = min(max(theta[tau] + step[tau], shortest), longest) - theta[tau]
        step[light] = max(step[light], -0.5 * theta[light])
    return step  # type: ignore[return-value]
