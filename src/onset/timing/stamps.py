"""Stamps of frames as arrays, and what stands for one that is not known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING_NS = -(2**63)
"""Stands for a stamp that is not known."""


def mostly_known(stamps_ns: Ints) -> bool:
    """Whether more than half of the stamps are there."""
    return len(stamps_ns) > 0 and bool(np.mean(stamps_ns != MISSING_NS) > 0.5)


def filled(stamps_ns: Ints, host_ns: Ints) -> Ints:
    """Single missing stamps put where the host's times say."""
    known = stamps_ns != MISSING_NS
    if known.all():
        return stamps_ns
    first = int(np.flatnonzero(known)[0])
    since = (host_ns - host_ns[first]).astype(np.float64)
    values = (stamps_ns[known] - stamps_ns[first]).astype(np.float64)
    filled = np.interp(since, since[known], values)
    return np.where(known, stamps_ns, np.rint(filled).astype(np.int64) + stamps_ns[first])
