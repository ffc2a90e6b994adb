"""Emission through the filter: brighter and redder as chloride gives way to bromide."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

from onset.simulated.particles import Floats
from onset.simulated.preset import Preset

HIDDEN = 1e-6  # of the bright state: nobody will see it
USUAL_EDGE = 0.42  # of the way from the line before to the line after: 440 nm
GRADES = 101  # of a rise; below the first of them the exchange is hidden by the usual filter


def brightness(fraction: Floats, preset: Preset) -> Floats:
    """Light that passes at exchanged `fraction` (any shape, 0 to 1), relative to the bright line.

    Quantum yield and wavelength grow in proportion to the fraction.
    """
    level = _through(fraction, preset, preset.filter_nm)
    return np.where(level > HIDDEN, level, 0.0)


def dark_level(preset: Preset) -> float:
    """Brightness before any exchange."""
    return float(brightness(np.zeros(()), preset))


def seen(preset: Preset) -> Floats:
    """What passes the filter where the usual one shows 0, 1, ... 100 % of a rise (`GRADES`,).

    A rise through the usual filter tells how far the exchange has come, and that what passes
    another one. Through the usual filter it is the rise itself.
    """
    edge_nm = preset.dark_nm + USUAL_EDGE * (preset.bright_nm - preset.dark_nm)
    fractions = np.linspace(0.0, 1.0, 20_001)
    usual = _through(fractions, preset, edge_nm)
    come = np.interp(np.linspace(0.0, usual[-1], GRADES), usual, fractions)
    come[0] = 0.0
    return brightness(come, preset)


def _through(fraction: Floats, preset: Preset, edge_nm: float) -> Floats:
    """Yield times the part of a Gaussian line above the edge of a long-pass filter."""
    grown = (1.0 + (preset.yield_factor - 1.0) * fraction) / preset.yield_factor
    line_nm = preset.dark_nm + (preset.bright_nm - preset.dark_nm) * fraction
    width_nm = np.sqrt(2.0) * preset.line_sd_nm
    passed: Floats = grown * 0.5 * (1.0 + erf((line_nm - edge_nm) / width_nm))
    return passed
