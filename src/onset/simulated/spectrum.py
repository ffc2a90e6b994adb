"""Emission through the filter: brighter and redder as chloride gives way to bromide."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

from onset.simulated.particles import Floats
from onset.simulated.preset import Preset

HIDDEN = 1e-6  # of the bright state: nobody will see it


def brightness(fraction: Floats, preset: Preset) -> Floats:
    """Brightness relative to the exchanged crystal at exchanged `fraction` (any shape, 0 to 1).

    Quantum yield and wavelength grow in proportion to the fraction.
    """
    grown = (1.0 + (preset.yield_factor - 1.0) * fraction) / preset.yield_factor
    passed = _transmission(fraction, preset) / _transmission(np.ones(()), preset)
    level: Floats = grown * passed
    return np.where(level > HIDDEN, level, 0.0)


def dark_level(preset: Preset) -> float:
    """Brightness before any exchange."""
    return float(brightness(np.zeros(()), preset))


def _transmission(fraction: Floats, preset: Preset) -> Floats:
    """Part of a Gaussian line above the edge of a long-pass filter."""
    line_nm = preset.dark_nm + (preset.bright_nm - preset.dark_nm) * fraction
    passed: Floats = 0.5 * (
        1.0 + erf((line_nm - preset.filter_nm) / (np.sqrt(2.0) * preset.line_sd_nm))
    )
    return passed
