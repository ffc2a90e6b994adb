"""Concentration at the field from the parts of its changes that arrive; never below zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROUNDING = 12  # digits: a level that is nothing must be exactly nothing


def levels(volumes_ul: Sequence[float], changes: Sequence[float]) -> Floats:
    """Level of one reagent from each of `volumes_ul` (in order) on, (n,).

    A front that overtakes the tail of the one before would leave less than nothing there. It has
    pushed that tail out instead: as much is taken from what came just before, so that what went in
    comes out.
    """
    made: Floats = np.round(np.cumsum(np.asarray(changes, dtype=float)), ROUNDING)
    if made.min(initial=0.0) >= 0.0:
        return made
    owed = 0.0
    for k in range(made.size - 2, -1, -1):
        width_ul = volumes_ul[k + 1] - volumes_ul[k]
        amount = made[k] * width_ul - owed
        owed = max(-amount, 0.0)
        made[k] = amount / width_ul if amount > 0.0 else 0.0
    return made
