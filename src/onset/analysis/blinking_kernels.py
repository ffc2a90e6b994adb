"""Likelihood of a trajectory whose emitters blink, and its slopes: forward and backward recursion.

Nothing here knows what the hidden states mean: they come as tables (see `blinking_model`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles, rise_slopes

Ints = npt.NDArray[np.int64]
LEAST_VARIANCE_SHARE = 0.05
OUTLIER_SHARE = 1e-5
"""Part of the frames that may lie anywhere (cosmic rays)."""
LEAST_PART = 1e-6
PLATEAU = 0.5
"""Frames in which every emitter has passed this part of its rise tell the blinking rates."""


@compiled
def recursion(  # noqa: PLR0912, PLR0915 - one loop forward, one back; calls in between cost a third
    times: Doubles,
    exposures: Doubles,
    values: Doubles,
    floor: float,
    gain: float,
    down: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    sources: Ints,
    targets: Ints,
    shapes: Ints,
    chances: Doubles,
    spacing: Ints,
    first: Doubles,
    outlier: float,
    pull: Doubles,
    matrix: Doubles,
    usage: Doubles,
    squares: Doubles,
) -> float:
    """Log-likelihood at `theta`; its slope `pull`, information `matrix` if the states were known.

    theta is (t0, log tau, amplitude) per emitter, then the background. In shape k emitter e shines
    with heights[k, e] of its light on average, spread evenly over widths[k, e] of it. Link j leads
    from state sources[j] at the start of a frame to targets[j] at its end, gives shape shapes[j],
    and has the chance chances[spacing[t], j] in frame t. `usage` gets how often each link was used
    on the plateau; `squares` the squared residuals, in units of the noise, of frames that are
    wholly in a state, and how many these are.
    """
    n, emitters, count = times.size, heights.shape[1], heights.shape[0]
    links, states, p = sources.size, first.size, theta.size
    forward = np.empty((n + 1, states))
    means, variances, density = np.empty((n, count)), np.empty((n, count)), np.empty((n, count))
    scale = np.empty(n)
    slopes = np.empty((n, emitters, 3))
    sign = 1.0 - 2.0 * down
    for state in range(states):
        forward[0, state] = first[state]
    total = 0.0
    for t in range(n):
        for e in range(emitters):
            tau = math.exp(theta[3 * e + 1])
            share, slope, stretch = rise_slopes(times[t], exposures[t], theta[3 * e], tau)
            slopes[t, e, 0] = sign * slope
            slopes[t, e, 1] = sign * stretch
            slopes[t, e, 2] = down + sign * share
        for k in range(count):
            spread = 0.0
            mean = float(theta[p - 1])
            for e in range(emitters):
                lit = theta[3 * e + 2] * slopes[t, e, 2]
                mean += heights[k, e] * lit
                spread += widths[k, e] * widths[k, e] * lit * lit / 12.0
            variance = max(floor + gain * mean, LEAST_VARIANCE_SHARE * floor) + spread
            means[t, k], variances[t, k] = mean, variance
            off = values[t] - mean
            exponent = 0.5 * off * off / variance
            density[t, k] = math.exp(-exponent) / math.sqrt(variance) if exponent < 60.0 else 0.0
            density[t, k] += outlier
        for state in range(states):
            forward[t + 1, state] = 0.0
        row = spacing[t]
        for link in range(links):
            forward[t + 1, targets[link]] += (
                forward[t, sources[link]] * chances[row, link] * density[t, shapes[link]]
            )
        scale[t] = 0.0
        for state in range(states):
            scale[t] += forward[t + 1, state]
        for state in range(states):
            forward[t + 1, state] /= scale[t]
        total += math.log(scale[t])
    pull[:] = 0.0
    matrix[:] = 0.0
    usage[:] = 0.0
    squares[:] = 0.0
    backward, before, resp = np.ones(states), np.empty(states), np.empty(count)
    way, by_variance = np.empty(p), np.empty(p)
    for t in range(n - 1, -1, -1):
        for state in range(states):
            before[state] = 0.0
        for k in range(count):
            resp[k] = 0.0
        flat = True
        for e in range(emitters):
            flat = flat and (slopes[t, e, 2] > PLATEAU)
        row, over = spacing[t], 1.0 / scale[t]
        for link in range(links):
            seen = chances[row, link] * backward[targets[link]] * over * density[t, shapes[link]]
            before[sources[link]] += seen
            seen *= forward[t, sources[link]]
            resp[shapes[link]] += seen
            if flat:
                usage[link] += seen
        for state in range(states):
            backward[state] = before[state]
        for k in range(count):
            part = resp[k] * (1.0 - outlier / density[t, k])
            if part < LEAST_PART:
                continue
            for e in range(emitters):
                amplitude, height = theta[3 * e + 2], heights[k, e]
                broad = widths[k, e] * widths[k, e] * amplitude * slopes[t, e, 2] / 6.0
                for a in range(3):
                    lit = slopes[t, e, a] if a == 2 else amplitude * slopes[t, e, a]
                    way[3 * e + a] = height * lit
                    by_variance[3 * e + a] = (gain * height + broad) * lit
            way[p - 1], by_variance[p - 1] = 1.0, gain
            inverse = 1.0 / variances[t, k]
            off = values[t] - means[t, k]
            push = part * off * inverse
            twist = 0.5 * part * (off * off * inverse - 1.0) * inverse
            if widths[k].max() == 0.0:
                squares[0] += part * off * off * inverse
                squares[1] += part
            weight, both = part * inverse, 0.5 * part * inverse * inverse
            for a in range(p):
                pull[a] += push * way[a] + twist * by_variance[a]
                for b in range(a + 1):
                    matrix[a, b] += (
                        weight * way[a] * way[b] + both * by_variance[a] * by_variance[b]
                    )
    for a in range(p):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
    return total
