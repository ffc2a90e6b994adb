"""Arithmetic along rows of numbers, made so that a processor takes several of them at a time.

Exponential and logarithm are straight lines of products without a branch: a loop over them becomes
vector instructions, which calls of the mathematical library do not. Sums run in a fixed number of
lanes, so that their order, and every last bit, is the same on all machines.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from onset.analysis.compiled import compiled

Doubles = npt.NDArray[np.float64]
LANES = 32
SHIFT = 6755399441055744.0
"""1.5 * 2^52: what is added to it loses its fraction, and stands in the lowest bits."""
LOG2_E = 1.0 / math.log(2.0)
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
FARTHEST = 700.0


@intrinsic
def bits_of(_: Any, value: Any) -> Any:
    """The 64 bits of a double as a whole number."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(value), code


@intrinsic
def double_of(_: Any, bits: Any) -> Any:
    """The reverse."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(bits), code


@compiled
def exp_minus(x: float) -> float:
    """exp(-x) of 0 <= x <= 700 to the last bit but one."""
    shifted = SHIFT - x * LOG2_E
    whole = shifted - SHIFT
    r = (-x - whole * LN2_HIGH) - whole * LN2_LOW
    # pairs of the Taylor series, which need not wait for each other
    a = r * r
    low = (1.0 + r) + a * (1.0 / 2.0 + r * (1.0 / 6.0))
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + a * (1.0 / 720.0 + r * (1.0 / 5040.0))
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + a * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    b = a * a
    power = low + b * (middle + b * (high + b * (1.0 / 479001600.0)))
    scale: float = double_of((bits_of(shifted) + np.int64(1023)) << np.int64(52))  # type: ignore[call-arg]
    return power * scale


@compiled
def log_one_plus(u: float) -> float:
    """log(1 + u) of 0 <= u <= 1: twice the area tangent of u / (2 + u)."""
    s = u / (2.0 + u)
    q = s * s
    total = 1.0 / 33.0
    total = 1.0 / 31.0 + q * total
    total = 1.0 / 29.0 + q * total
    total = 1.0 / 27.0 + q * total
    total = 1.0 / 25.0 + q * total
    total = 1.0 / 23.0 + q * total
    total = 1.0 / 21.0 + q * total
    total = 1.0 / 19.0 + q * total
    total = 1.0 / 17.0 + q * total
    total = 1.0 / 15.0 + q * total
    total = 1.0 / 13.0 + q * total
    total = 1.0 / 11.0 + q * total
    total = 1.0 / 9.0 + q * total
    total = 1.0 / 7.0 + q * total
    total = 1.0 / 5.0 + q * total
    total = 1.0 / 3.0 + q * total
    return 2.0 * s * (1.0 + q * total)


@compiled
def rise_rows(
    times: Doubles,
    exposures: Doubles,
    t0: float,
    tau: float,
    share: Doubles,
    by_t0: Doubles,
    by_tau: Doubles,
) -> None:
    """`rise_slopes` of many exposures: mean rise, its slopes in t0 and in log tau, (n,) each."""
    over = 1.0 / tau
    for t in range(np.uint64(times.size)):
        before = (times[t] - t0) * over
        width = max(exposures[t] * over, 1e-6)
        after = before + width
        u = exp_minus(min(abs(before), FARTHEST))
        v = exp_minus(min(abs(after), FARTHEST))
        low, high = 1.0 / (1.0 + u), 1.0 / (1.0 + v)
        low = low if before >= 0.0 else u * low
        high = high if after >= 0.0 else v * high
        soft = max(after, 0.0) + log_one_plus(v) - (max(before, 0.0) + log_one_plus(u))
        mean = soft / width
        share[t] = mean
        by_t0[t] = -(high - low) / (width * tau)
        by_tau[t] = mean - (after * high - before * low) / width


@compiled
def total(row: Doubles) -> float:
    """Sum of a row."""
    lanes = np.zeros(LANES)
    whole = row.size - row.size % LANES
    for start in range(0, whole, LANES):
        part = row[start : start + LANES]
        for j in range(np.uint64(LANES)):
            lanes[j] += part[j]
    sum_ = 0.0
    for j in range(LANES):
        sum_ += lanes[j]
    for t in range(whole, row.size):
        sum_ += row[t]
    return sum_


@compiled
def dot(a: Doubles, b: Doubles) -> float:
    """Sum of the products of two rows."""
    lanes = np.zeros(LANES)
    whole = a.size - a.size % LANES
    for start in range(0, whole, LANES):
        part, other = a[start : start + LANES], b[start : start + LANES]
        for j in range(np.uint64(LANES)):
            lanes[j] += part[j] * other[j]
    sum_ = 0.0
    for j in range(LANES):
        sum_ += lanes[j]
    for t in range(whole, a.size):
        sum_ += a[t] * b[t]
    return sum_


@compiled
def dot_of_three(a: Doubles, b: Doubles, c: Doubles) -> float:
    """Sum of the products of three rows."""
    lanes = np.zeros(LANES)
    whole = a.size - a.size % LANES
    for start in range(0, whole, LANES):
        end = start + LANES
        one, two, three = a[start:end], b[start:end], c[start:end]
        for j in range(np.uint64(LANES)):
            lanes[j] += one[j] * two[j] * three[j]
    sum_ = 0.0
    for j in range(LANES):
        sum_ += lanes[j]
    for t in range(whole, a.size):
        sum_ += a[t] * b[t] * c[t]
    return sum_
