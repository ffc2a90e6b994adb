"""A front drawn out by shear and radial diffusion; its mean is the volume on the way."""

from __future__ import annotations

import math

HALVINGS = 50
LARGE = 20.0
"""From here on the scaled error function is its series, to 1e-5."""


def passed(volume: float, peclet: float) -> float:
    """Part (0..1) of a step that has arrived after `volume` dead volumes.

    First passage of a drift with dispersion, which conserves volume: F(x) = erfc((1 - x)/w)/2 +
    exp(Pe) erfc((1 + x)/w)/2 with w = 2 sqrt(x/Pe) and Pe = 48 D t/a^2 (Kreft and Zuber, Chem.
    Eng. Sci. 1978, 33, 1471: flux in, flux out; a the tubing's radius, t the mean transit time).
    """
    if volume <= 0.0:
        return 0.0
    width = 2.0 * math.sqrt(volume / peclet)
    ahead, behind = (1.0 - volume) / width, (1.0 + volume) / width
    # exp(Pe) erfc(behind) would overflow times underflow; Pe is behind^2 - ahead^2
    return (math.erfc(ahead) + math.exp(-(ahead**2)) * _scaled_erfc(behind)) / 2.0


def needed(part: float, peclet: float) -> float:
    """Dead volumes after which `part` (above 0, below 1) of a step has arrived."""
    low, high = 0.0, 2.0
    while passed(high, peclet) < part:
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if passed(middle, peclet) < part else (low, middle)
    return (low + high) / 2.0


def _scaled_erfc(z: float) -> float:
    """exp(z^2) erfc(z)."""
    if z < LARGE:
        return math.exp(z * z) * math.erfc(z)
    return (1.0 - 1.0 / (2.0 * z * z)) / (z * math.sqrt(math.pi))
