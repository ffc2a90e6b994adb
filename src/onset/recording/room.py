"""How much of the disk a run leaves free, so that it ends in order before the disk is full."""

from __future__ import annotations

AHEAD_S = 4.0
"""A run ends this long before the disk would be full ..."""
LEAST_BYTES = 16_000_000
"""... and with at least this left."""


def kept_free_bytes(bytes_per_s: float) -> float:
    """Of a disk that fills at this rate."""
    return max(LEAST_BYTES, AHEAD_S * bytes_per_s)
