"""How the noise of a trajectory grows with its light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.logistic import Doubles

BESIDE = 8
"""Frames before and after each, whose light is compared with its stated error."""
ROUNDS = 2
LEAST_SHARE = 0.3
"""Of the floor: no frame is trusted by more."""
SURE_SD = 4.0


@dataclass(frozen=True, slots=True)
class TraceNoise:
    """Variance of one frame = floor + gain * mean intensity."""

    floor: float
    gain: float

    def sd(self, intensity: float) -> float:
        """Noise at a level."""
        return float(np.sqrt(max(self.floor + self.gain * intensity, 0.05 * self.floor)))


def trace_noise(intensity: Doubles, sd: Doubles) -> TraceNoise:
    """The line through stated variances against the light; both (n,), same unit.

    A stated error was computed from the noisy intensity itself: weights made of it would pull a fit
    down. And a line against the noisy intensity would be too flat, or bent where errors were
    kept from vanishing; the light of the frames around is what both are compared with
    (an instrumental variable).
    """
    variance = sd**2
    around = light_around(intensity)
    weights = np.full(intensity.size, 1.0 / intensity.size)
    noise = TraceNoise(float(weights @ variance), 0.0)
    for _ in range(ROUNDS):
        noise = _line(intensity, variance, around, weights)
        told = np.maximum(noise.floor + noise.gain * around, LEAST_SHARE * noise.floor)
        weights = told**-2.0 / np.sum(told**-2.0)
    return noise


def light_around(intensity: Doubles) -> Doubles:
    """Mean of the frames beside each, without it, (n,)."""
    total = np.concatenate([[0.0], np.cumsum(intensity)])
    here = np.arange(intensity.size)
    first, end = np.maximum(here - BESIDE, 0), np.minimum(here + BESIDE + 1, intensity.size)
    others = np.maximum(end - first - 1, 1)
    return np.asarray((total[end] - total[first] - intensity) / others, np.float64)


def _line(intensity: Doubles, variance: Doubles, around: Doubles, weights: Doubles) -> TraceNoise:
    middle, level = float(weights @ intensity), float(weights @ variance)
    off, beside = intensity - middle, around - float(weights @ around)
    together = float(weights @ (off * beside))
    alone = math.sqrt(float(weights @ off**2) * float(weights @ beside**2))
    if together < SURE_SD * alone / math.sqrt(intensity.size):
        beside, together = off, float(weights @ off**2)  # nothing switches here
    slope = float(weights @ ((variance - level) * beside))
    gain = slope / together if together > 0.0 else 0.0
    if np.ptp(variance) < 1e-6 * level or gain < 0.0:
        return TraceNoise(level, 0.0)
    return TraceNoise(max(level - gain * middle, 0.01 * level), gain)
