"""Colours of the window. Viridis means onset time and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

from onset.viewer.spots import Floats

GROUND, PANEL, EDGE = "#1b1e23", "#262930", "#3d424d"
TEXT, FAINT, LINE = "#e6e8eb", "#9aa1ad", "#c9ced6"
AMBER, RED, GREEN, VIOLET = "#ffb000", "#ff5c57", "#4cc38a", "#b58cff"

DARK_GROUND, LIGHT_GROUND = (0.28, 1.0), (0.0, 0.8)
"""The part of viridis that stands out on a dark and on a light picture."""


def onset_colours(part: Floats, *, inverted: bool = False) -> npt.NDArray[np.float32]:
    """RGBA, shape (n, 4), 0 to 1, of places on the colour scale, 0 to 1."""
    first, last = LIGHT_GROUND if inverted else DARK_GROUND
    place = first + np.asarray(part, np.float64) * (last - first)
    colours: npt.NDArray[np.float32] = _viridis().map(place, mode="float").astype(np.float32)
    return colours.reshape(-1, 4)


def _viridis() -> Any:
    return pg.colormap.get("viridis")
