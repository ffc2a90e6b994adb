"""What becomes of each particle, whatever law or model it follows: a record of times."""

from __future__ import annotations

from dataclasses import dataclass

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
