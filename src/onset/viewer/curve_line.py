"""One curve: bright until the present moment, dim after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication

from onset.viewer import colours
from onset.viewer.spots import Floats

MOST_POINTS = 360
"""As many as there are pixels; the mean over each."""
DIM = 0.28
"""Opacity of what lies after the replay's position."""


def hair_px() -> int:
    """Width of a thin line in pixels of the screen: two of them where they are small."""
    screen = QGuiApplication.primaryScreen()
    return max(round(screen.devicePixelRatio()), 1) if screen is not None else 1


class CurveLine:
    """A curve in two parts: until now, and dim what comes later."""

    def __init__(self, plot: Any, *, dashed: bool = False) -> None:
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        self._style = style
        self._colour = ""
        self._later, self._now = plot.plot(), plot.plot()
        self._later.setOpacity(DIM)
        self.colour(colours.theme().line)

    def colour(self, colour: str) -> None:
        """Draw in this colour from now on."""
        if colour != self._colour:
            self._colour = colour
            for part in (self._later, self._now):
                part.setPen(pg.mkPen(colour, width=hair_px(), style=self._style))

    def remove(self, plot: Any) -> None:
        """Take it off the plot."""
        plot.removeItem(self._later)
        plot.removeItem(self._now)

    def show(self, x: Floats, y: Floats, until: float) -> None:
        """These points, shape (n,), x sorted."""
        n = int(np.searchsorted(x, until, side="right"))
        self._now.setData(x[:n], y[:n])
        self._later.setData(x[max(n - 1, 0) :], y[max(n - 1, 0) :])

    def show_or_hide(self, *, shown: bool) -> None:
        """Both parts."""
        self._now.setVisible(shown)
        self._later.setVisible(shown)

    def show_steps(self, onsets: Floats, axis: Span, until: float) -> None:
        """One more at each of the onsets, shape (n,), sorted."""
        n = int(np.searchsorted(onsets, until, side="right"))
        self._now.setData(*_steps(onsets[:n], axis.start, max(until, axis.start), 0))
        self._later.setData(*_steps(onsets[n:], until, max(axis.end, until), n))


@dataclass(frozen=True, slots=True)
class Span:
    """Where a curve begins and ends, on its axis."""

    start: float
    end: float


def _steps(onsets: Floats, start: float, end: float, before: int) -> tuple[Floats, Floats]:
    """Corners of a staircase that begins with `before` and rises by one at each onset."""
    x = np.concatenate(([start], np.repeat(onsets, 2), [end]))
    y = before + np.repeat(np.arange(len(onsets) + 1), 2)
    return x, y.astype(np.float64)


def binned(x: Floats, y: Floats, width: float) -> tuple[Floats, Floats]:
    """Means of x and y, shape (n,), x sorted, over the bins of `width` that hold any."""
    if len(x) == 0:
        return x, y
    bins = np.floor(x / width).astype(np.int64)
    first = np.flatnonzero(np.diff(bins, prepend=bins[:1] - 1))
    count = np.diff(np.append(first, len(bins)))
    return np.add.reduceat(x, first) / count, np.add.reduceat(y, first) / count
