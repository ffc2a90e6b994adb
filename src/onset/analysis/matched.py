"""The matched filter's numbers: taps of a Gaussian, and what scales its sums to unit noise."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.kernels import CORE_TAPS, Floats


def taps_of(sigma_px: float) -> Floats:
    """One half of a Gaussian filter, from its middle outwards, cut where nothing more is won.

    Pixels beyond R + 1/2 hold 1 - erf((R + 1/2) / sigma) of sum h^2: less than half a percent.
    """
    steps = np.arange(max(CORE_TAPS, math.ceil(2.0 * sigma_px - 0.5) + 1))
    return np.exp(-(steps**2) / (2.0 * sigma_px**2)).astype(np.float32)


def norm_of(taps: Floats, length: int) -> Floats:
    """1 / sqrt(sum h^2) along an axis, (length,): more at its ends where the filter sticks out."""
    both = np.concatenate([taps[:0:-1], taps]) ** 2
    first = taps.size - 1 - np.arange(length)
    sums = [both[max(0, at) : at + length].sum() for at in first]
    return (1.0 / np.sqrt(sums)).astype(np.float32)
