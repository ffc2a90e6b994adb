"""How the noise of a trajectory grows with its light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onset.analysis.logistic import Doubles


@dataclass(frozen=True, slots=True)
class TraceNoise:
    """Variance of one frame = floor + gain * mean intensity."""

    floor: float
    gain: float

    def sd(self, intensity: float) -> float:
        """Noise at a level."""
        return float(np.sqrt(max(self.floor + self.gain * intensity, 0.05 * self.floor)))


def trace_noise(intensity: Doubles, sd: Doubles) -> TraceNoise:
    """The line through stated variances against intensity; both (n,), same unit.

    A stated error was computed from the noisy intensity itself: weights made of it would pull a fit
    down. The line is free of that.
    """
    variance = sd**2
    weights = 1.0 / variance**2
    weights /= weights.sum()
    middle, level = float(np.sum(weights * intensity)), float(np.sum(weights * variance))
    away = intensity - middle
    spread = float(np.sum(weights * away**2))
    gain = float(np.sum(weights * away * variance)) / spread if spread > 0.0 else 0.0
    if np.ptp(variance) < 1e-6 * level or gain < 0.0:
        return TraceNoise(level, 0.0)
    return TraceNoise(max(level - gain * middle, 0.01 * level), gain)
