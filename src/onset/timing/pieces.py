"""Stretches in which a camera's clock ran on: wraps undone, jumps and new beginnings found."""

from __future__ import annotations

import numpy as np

from onset.timing.stamps import Ints

JUMP_NS = 200e6
"""A camera clock that runs ahead of the host's by more within one frame has jumped."""
LATE_NS = 500e6
"""A frame may be so much later than the one before: a wrap must explain the host's time to this."""
BESIDE = 100
"""Frames on either side of a wrap among which some are hardly late."""
WRAPS_NS = tuple(2.0**bits * unit for bits, unit in [(16, 1e6), (32, 1.0), (32, 1e3), (32, 1e6)])
"""Spans after which 16- and 32-bit stamps in ns, us or ms begin again (those above a second)."""


def pieces(camera_ns: Ints, host_ns: Ints) -> tuple[Ints, list[tuple[int, int]]]:
    """Stamps with wraps undone, and the stretches [a, b) in which the camera's clock ran on.

    A clock that steps back has wrapped (where that explains the host's time) or begun again; one
    that gains more than JUMP_NS on the host within a frame, to below all delays so far, has jumped.
    """
    camera_ns = camera_ns.copy()
    d_host = np.diff(host_ns)
    start, edges = 0, []
    gain = np.diff(camera_ns) - d_host
    for i in np.flatnonzero((gain + d_host < 0) | (gain > JUMP_NS)).tolist():
        step = int(camera_ns[i + 1] - camera_ns[i])
        if step < 0:
            wrap = _wrap(step, int(d_host[i]))
            camera_ns[i + 1 :] += wrap
            begins = wrap == 0 or not _goes_on((host_ns - camera_ns)[start:], i + 1 - start)
        else:
            lowest = (host_ns[start : i + 1] - camera_ns[start : i + 1]).min()
            begins = host_ns[i + 1] - camera_ns[i + 1] < lowest - JUMP_NS
        if begins:
            edges.append((start, i + 1))
            start = i + 1
    return camera_ns, [*edges, (start, len(camera_ns))]


def _wrap(step_ns: int, host_step_ns: int) -> int:
    """The span after which a stamp began again, where one explains what the host saw meanwhile."""
    for span in WRAPS_NS:
        if abs(step_ns + span - host_step_ns) < LATE_NS:
            return int(span)
    return 0


def _goes_on(delays_ns: Ints, at: int) -> bool:
    """Are the least delays on both sides alike? A camera that began again shifts them for good.

    Near the ends of a stretch too few frames tell: a burst there is more likely.
    """
    before, after = delays_ns[max(at - BESIDE, 0) : at], delays_ns[at : at + BESIDE]
    if min(len(before), len(after)) < BESIDE:
        return True
    return abs(int(after.min()) - int(before.min())) < JUMP_NS / 2
