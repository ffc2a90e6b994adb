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
SETTLED_TAU = 15.0
"""So many tau from its centre a rise has not begun, or is over."""
FARTHEST = 30.0
"""Half the square of the farthest residual, in noise sd, that is not an outlier."""
MOVING = -1


@compiled
def regimes_of(
    times: Doubles, exposures: Doubles, down: float, theta: Doubles, regimes: Ints, slopes: Doubles
) -> None:
    """Which emitters shine in each frame: bit e of `regimes` (n,), or MOVING while one switches.

    `slopes` (n, emitters, 3) of moving frames: of the share of light in t0, in log tau, the share.
    """
    sign, emitters = 1.0 - 2.0 * down, slopes.shape[1]
    for t in range(times.size):
        regime = 0
        for e in range(emitters):
            tau = math.exp(theta[3 * e + 1])
            if (times[t] + exposures[t] - theta[3 * e]) / tau < -SETTLED_TAU:
                regime += (1 << e) if down > 0.0 else 0
            elif (times[t] - theta[3 * e]) / tau > SETTLED_TAU:
                regime += 0 if down > 0.0 else (1 << e)
            else:
                regime = MOVING
                break
        regimes[t] = regime
        if regime != MOVING:
            continue
        for e in range(emitters):
            tau = math.exp(theta[3 * e + 1])
            share, slope, stretch = rise_slopes(times[t], exposures[t], theta[3 * e], tau)
            slopes[t, e, 0] = sign * slope
            slopes[t, e, 1] = sign * stretch
            slopes[t, e, 2] = down + sign * share


@compiled
def levels(
    shares: Doubles,
    floor: float,
    gain: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    means: Doubles,
    variances: Doubles,
) -> None:
    """Mean and variance of a frame in each shape, where emitter e has shares[e, 2] of its light."""
    for k in range(heights.shape[0]):
        spread, mean = 0.0, float(theta[theta.size - 1])
        for e in range(heights.shape[1]):
            lit = theta[3 * e + 2] * shares[e, 2]
            mean += heights[k, e] * lit
            spread += widths[k, e] * widths[k, e] * lit * lit / 12.0
        variances[k] = max(floor + gain * mean, LEAST_VARIANCE_SHARE * floor) + spread
        means[k] = mean


@compiled
def settled_levels(
    floor: float,
    gain: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    means: Doubles,
    variances: Doubles,
) -> None:
    """The same of every regime, (regimes, shapes)."""
    emitters = heights.shape[1]
    shares = np.zeros((emitters, 3))
    for regime in range(means.shape[0]):
        for e in range(emitters):
            shares[e, 2] = float((regime >> e) & 1)
        levels(shares, floor, gain, theta, heights, widths, means[regime], variances[regime])


@compiled
def forward_pass(
    values: Doubles,
    floor: float,
    gain: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    regimes: Ints,
    slopes: Doubles,
    settled_means: Doubles,
    settled_variances: Doubles,
    sources: Ints,
    targets: Ints,
    shapes: Ints,
    chances: Doubles,
    spacing: Ints,
    first: Doubles,
    outlier: float,
    forward: Doubles,
    density: Doubles,
    means: Doubles,
    variances: Doubles,
    scale: Doubles,
) -> float:
    """Log-likelihood; chances of the states after each frame, likelihoods of the shapes in it.

    Link j leads from state sources[j] at the start of a frame to targets[j] at its end, gives shape
    shapes[j], and has the chance chances[spacing[t], j] in frame t. `scale` (n,) gets the
    likelihood of each frame given those before it.
    """
    count, links, states = heights.shape[0], sources.size, first.size
    roots = 1.0 / np.sqrt(settled_variances)
    forward[0] = first
    total = 0.0
    for t in range(values.size):
        regime, row = regimes[t], spacing[t]
        if regime == MOVING:
            levels(slopes[t], floor, gain, theta, heights, widths, means[t], variances[t])
        # of what does not shine nobody can see whether it blinks
        different = 1 if regime == 0 else count
        for k in range(different):
            if regime == MOVING:
                mean, root = means[t, k], 1.0 / math.sqrt(variances[t, k])
            else:
                mean, root = settled_means[regime, k], roots[regime, k]
            off = (values[t] - mean) * root
            exponent = 0.5 * off * off
            density[t, k] = outlier
            if exponent < FARTHEST:
                density[t, k] += math.exp(-exponent) * root
        density[t, different:] = density[t, 0]
        for state in range(states):
            forward[t + 1, state] = 0.0
        for link in range(links):
            forward[t + 1, targets[link]] += (
                forward[t, sources[link]] * chances[row, link] * density[t, shapes[link]]
            )
        seen = 0.0
        for state in range(states):
            seen += forward[t + 1, state]
        scale[t] = seen
        for state in range(states):
            forward[t + 1, state] /= seen
        total += math.log(seen)
    return total


@compiled
def way_of(
    shares: Doubles,
    gain: float,
    theta: Doubles,
    height: Doubles,
    width: Doubles,
    way: Doubles,
    by_variance: Doubles,
) -> None:
    """Slopes of the mean and of the variance of one shape in every parameter."""
    for e in range(height.size):
        amplitude = theta[3 * e + 2]
        broad = width[e] * width[e] * amplitude * shares[e, 2] / 6.0
        for a in range(3):
            lit = shares[e, a] if a == 2 else amplitude * shares[e, a]
            way[3 * e + a] = height[e] * lit
            by_variance[3 * e + a] = (gain * height[e] + broad) * lit
    way[theta.size - 1], by_variance[theta.size - 1] = 1.0, gain


@compiled
def add_slopes(
    part: float,
    off: float,
    square: float,
    variance: float,
    way: Doubles,
    by_variance: Doubles,
    pull: Doubles,
    matrix: Doubles,
) -> None:
    """Add frames to the slope and the information; sums over them of chance, residual, square."""
    inverse = 1.0 / variance
    push = off * inverse
    twist = 0.5 * (square * inverse - part) * inverse
    weight, both = part * inverse, 0.5 * part * inverse * inverse
    for a in range(pull.size):
        pull[a] += push * way[a] + twist * by_variance[a]
        for b in range(a + 1):
            matrix[a, b] += weight * way[a] * way[b] + both * by_variance[a] * by_variance[b]


@compiled
def backward_pass(  # noqa: PLR0912 - one loop; calls within it cost time
    values: Doubles,
    gain: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    regimes: Ints,
    slopes: Doubles,
    settled_means: Doubles,
    settled_variances: Doubles,
    sources: Ints,
    targets: Ints,
    shapes: Ints,
    chances: Doubles,
    spacing: Ints,
    outlier: float,
    forward: Doubles,
    density: Doubles,
    means: Doubles,
    variances: Doubles,
    scale: Doubles,
    pull: Doubles,
    matrix: Doubles,
    usage: Doubles,
    squares: Doubles,
) -> None:
    """Slope `pull` of the log-likelihood (Fisher's identity), information were the states known.

    `usage` gets how often each link was used on the plateau; `squares` the squared residuals, in
    units of the noise, of frames that are wholly in a state, and how many these are.
    """
    count, links, states = heights.shape[0], sources.size, forward.shape[1]
    emitters, p, kinds = heights.shape[1], theta.size, settled_means.shape[0]
    pull[:], matrix[:], usage[:], squares[:] = 0.0, 0.0, 0.0, 0.0
    backward, before, resp = np.ones(states), np.empty(states), np.empty(count)
    way, by_variance = np.empty(p), np.empty(p)
    sums = np.zeros((kinds, count, 3))
    wholly = np.empty(count, np.bool_)
    for k in range(count):
        wholly[k] = widths[k].max() == 0.0
    for t in range(values.size - 1, -1, -1):
        for state in range(states):
            before[state] = 0.0
        for k in range(count):
            resp[k] = 0.0
        regime, row, over = regimes[t], spacing[t], 1.0 / scale[t]
        flat = regime == kinds - 1
        if regime == MOVING:
            flat = True
            for e in range(emitters):
                flat = flat and (slopes[t, e, 2] > PLATEAU)
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
            if regime != MOVING:
                off = values[t] - settled_means[regime, k]
                sums[regime, k, 0] += part
                sums[regime, k, 1] += part * off
                sums[regime, k, 2] += part * off * off
                continue
            off = values[t] - means[t, k]
            if wholly[k]:
                squares[0] += part * off * off / variances[t, k]
                squares[1] += part
            way_of(slopes[t], gain, theta, heights[k], widths[k], way, by_variance)
            add_slopes(
                part, part * off, part * off * off, variances[t, k], way, by_variance, pull, matrix
            )
    add_settled(
        sums, settled_variances, gain, theta, heights, widths, wholly, pull, matrix, squares
    )


@compiled
def add_settled(
    sums: Doubles,
    variances: Doubles,
    gain: float,
    theta: Doubles,
    heights: Doubles,
    widths: Doubles,
    wholly: npt.NDArray[np.bool_],
    pull: Doubles,
    matrix: Doubles,
    squares: Doubles,
) -> None:
    """Add the frames in which nothing switches, all of a regime and shape at once.

    `sums` (regimes, shapes, 3) are those of chance, residual, squared residual.
    """
    emitters, p = heights.shape[1], theta.size
    way, by_variance, shares = np.empty(p), np.empty(p), np.zeros((emitters, 3))
    for regime in range(sums.shape[0]):
        for e in range(emitters):
            shares[e, 2] = float((regime >> e) & 1)
        for k in range(heights.shape[0]):
            part, off, square = sums[regime, k, 0], sums[regime, k, 1], sums[regime, k, 2]
            variance = variances[regime, k]
            if wholly[k]:
                squares[0] += square / variance
                squares[1] += part
            way_of(shares, gain, theta, heights[k], widths[k], way, by_variance)
            add_slopes(part, off, square, variance, way, by_variance, pull, matrix)
    for a in range(p):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
