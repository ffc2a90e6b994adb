"""The logistic rise averaged over an exposure, its slopes, and the light it makes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Doubles = npt.NDArray[np.float64]


def mean_rise(times_s: Doubles, exposures_s: Doubles, t0_s: float, tau_s: float) -> Doubles:
    """Mean of 1 / (1 + exp((t0 - t) / tau)) over each exposure [t, t + exposure], (n,).

    `times_s` are starts of exposure. tau = 0 is a step. The integral of a logistic is a softplus:
    (tau / e) (softplus((t + e - t0) / tau) - softplus((t - t0) / tau)).
    """
    out = np.empty(np.size(times_s))
    _rises(
        np.asarray(times_s, np.float64), np.asarray(exposures_s, np.float64), t0_s,
        max(tau_s, 1e-9), out,
    )  # fmt: skip
    return out


@compiled
def _rises(times_s: Doubles, exposures_s: Doubles, t0_s: float, tau_s: float, out: Doubles) -> None:
    for i in range(out.size):
        out[i] = rise(times_s[i], exposures_s[i], t0_s, tau_s)


@compiled
def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    if x > 35.0:
        return x
    if x < -35.0:
        return math.exp(max(x, -700.0))
    return math.log1p(math.exp(x))


@compiled
def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-min(x, 700.0)))
    grown = math.exp(max(x, -700.0))
    return grown / (1.0 + grown)


@compiled
def rise(t_s: float, exposure_s: float, t0_s: float, tau_s: float) -> float:
    """Mean over one exposure; of an exposure that is nothing, the logistic itself."""
    before, after = (t_s - t0_s) / tau_s, (t_s + exposure_s - t0_s) / tau_s
    if after - before < 1e-6:
        return logistic(before)
    return (softplus(after) - softplus(before)) / (after - before)


@compiled
def rise_slopes(
    t_s: float, exposure_s: float, t0_s: float, tau_s: float
) -> tuple[float, float, float]:
    """Mean rise of one exposure, its slope in t0 (per s) and in log tau."""
    before, after = (t_s - t0_s) / tau_s, (t_s + exposure_s - t0_s) / tau_s
    low, high = logistic(before), logistic(after)
    if after - before < 1e-6:
        slope = low * (1.0 - low)
        return low, -slope / tau_s, -slope * before
    width = after - before
    mean = (softplus(after) - softplus(before)) / width
    return mean, -(high - low) / (width * tau_s), mean - (after * high - before * low) / width
