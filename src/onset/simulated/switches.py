"""What becomes of each particle, whatever law or model it follows: a record of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from onset.simulated.particles import Floats


@dataclass(frozen=True, slots=True)
class Switches:
    """When each particle switches, (CYCLES, n), seconds since the epoch; infinite: not."""

    front_s: Floats
    """When the reagent that does it had arrived."""
    centre_s: Floats
    tau_s: Floats
    blink_from_s: Floats
    """(n,)"""
    swaps_s: Floats
    """(n, events): times of single swaps, where a Monte Carlo model decides; else (n, 0)."""
    levels: Floats
    """(n, events): brightness after each swap."""
    lost_s: Floats
    """(n,): when it degrades; infinite: never."""
    lost_tau_s: Floats
    """(n,)"""


def take(choices: Sequence[Switches], which: npt.NDArray[np.intp]) -> Switches:
    """Of each particle what `choices[which]` (n,) say."""
    if len(choices) == 1:
        return choices[0]
    each = np.arange(which.size)

    def chosen(name: str) -> Floats:
        all_of = np.stack([getattr(choice, name) for choice in choices])
        if name in ("front_s", "centre_s", "tau_s"):
            return np.ascontiguousarray(all_of[which, :, each].T)
        return all_of[which, each]

    return Switches(*(chosen(item.name) for item in fields(Switches)))
