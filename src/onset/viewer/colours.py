"""Colours of the window, dark and light. Viridis means onset time and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

from onset.viewer.spots import Floats


@dataclass(frozen=True, slots=True)
class Theme:
    """What the widgets are painted with."""

    name: str
    ground: str
    """Behind the picture, and the deepest parts."""
    panel: str
    raised: str
    """Buttons and fields."""
    hover: str
    edge: str
    text: str
    faint: str
    line: str
    amber: str
    red: str
    green: str
    violet: str


# fmt: off
DARK = Theme(
    "dark", ground="#15171b", panel="#22252b", raised="#333842", hover="#434956", edge="#3d424d",
    text="#e9ebee", faint="#9aa1ad", line="#c9ced6",
    amber="#ffb000", red="#ff5c57", green="#4cc38a", violet="#b58cff",
)
LIGHT = Theme(
    "light", ground="#dfe2e7", panel="#f5f6f8", raised="#ffffff", hover="#e6e9ee", edge="#c3c8d1",
    text="#1d2026", faint="#5c6470", line="#3a404a",
    amber="#a86400", red="#c8201b", green="#187a49", violet="#6a35d6",
)
# fmt: on

STOP_RED, STOP_RED_HOVER, STOP_RED_DOWN = "#d3140f", "#ec2a24", "#9c0c08"
"""The same in both themes: it must be known before it is read."""

DARK_GROUND, LIGHT_GROUND = (0.28, 1.0), (0.0, 0.8)
"""The part of viridis that stands out on a dark and on a light picture."""


class Painted:
    """The theme in use; one for the whole process, asked for at the moment of painting."""

    theme: Theme = DARK


def theme() -> Theme:
    """The theme in use."""
    return Painted.theme


def use(chosen: Theme) -> None:
    """Paint with this theme from now on."""
    Painted.theme = chosen


def onset_colours(part: Floats, *, inverted: bool = False) -> npt.NDArray[np.float32]:
    """RGBA, shape (n, 4), 0 to 1, of places on the colour scale, 0 to 1."""
    first, last = LIGHT_GROUND if inverted else DARK_GROUND
    place = first + np.asarray(part, np.float64) * (last - first)
    colours: npt.NDArray[np.float32] = _viridis().map(place, mode="float").astype(np.float32)
    return colours.reshape(-1, 4)


def _viridis() -> Any:
    return pg.colormap.get("viridis")
