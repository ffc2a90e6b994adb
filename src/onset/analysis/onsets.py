"""The 3 sigma onset of a trajectory: along its frames, and along its fitted light."""

from __future__ import annotations

import numpy as np

from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.sigmoid import Direction, SigmoidFit

THRESHOLD_SD = 3.0
QUIET_RUN = 3
"""So many frames in a row below the threshold end the walk back."""


def walk_back(
    intensity: Doubles,
    background: float,
    noise_sd: float,
    detected: int,
    direction: Direction = "on",
    amplitude: float = 0.0,
) -> int:
    """Position of the 3 sigma onset: the first of the frames above that lead to the detection.

    From `detected` back until three successive frames are below background + 3 sd (for a spot that
    turns off: above background + amplitude - 3 sd).
    """
    if direction == "on":
        changed = intensity > background + THRESHOLD_SD * noise_sd
    else:
        changed = intensity < background + amplitude - THRESHOLD_SD * noise_sd
    first, quiet = min(detected, intensity.size - 1), 0
    while first < intensity.size - 1 and not changed[first]:
        first += 1
    onset = first
    for i in range(first, -1, -1):
        quiet = 0 if changed[i] else quiet + 1
        if changed[i]:
            onset = i
        if quiet == QUIET_RUN:
            break
    return onset


def first_changed(
    fit: SigmoidFit,
    times_s: Doubles,
    exposures_s: Doubles,
    noise_sd: float,
) -> int:
    """First frame whose light, without its noise, has changed by 3 sd; -1 where none has.

    The same threshold as `walk_back`, which noise near the threshold lets stop early: a slow rise
    crosses it many times.
    """
    changed = np.abs(fit.amplitude) * mean_rise(times_s, exposures_s, fit.t0_s, fit.tau_s)
    beyond = np.flatnonzero(changed > THRESHOLD_SD * noise_sd)
    return int(beyond[0]) if beyond.size else -1
