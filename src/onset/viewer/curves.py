"""Curves over one time axis, zero = injection; onsets over their own, the colour bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor

from onset.viewer import colours
from onset.viewer.axis import Axis
from onset.viewer.colours import onset_colours
from onset.viewer.seen import Band, Seen, Tick
from onset.viewer.spots import Bools, Floats, Spots

AXIS_WIDTH_PX = 54
MOST_POINTS = 360
"""As many as there are pixels; the mean over each."""
DIM = 0.28
"""Opacity of what lies after the replay's position."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Of the curves, and of the onsets: where their colours begin and end."""

    film: Axis
    onset: Axis
    inverted: bool


class Curves(pg.GraphicsLayoutWidget):
    """Ensemble intensity, number turned on, histogram of onsets, colour bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setBackground(colours.PANEL)
        self.ci.layout.setContentsMargins(2, 2, 8, 2)
        self.ci.layout.setVerticalSpacing(2)
        self.intensity = self._plot(0, "mean intensity (ADU)", stretch=5)
        self.turned_on = self._plot(1, "number turned on", stretch=5)
        self.onsets = self._plot(2, "onsets", stretch=4)
        self.bar = self._colour_bar(3)
        self._plots = (self.intensity, self.turned_on, self.onsets)
        self.intensity.setXLink(self.turned_on)
        for plot in (self.intensity, self.onsets):
            plot.showAxis("bottom", show=False)
        self._lines = [_Line(self.intensity), _Line(self.turned_on)]
        self._off = _Line(self.turned_on, dashed=True)
        self._columns = [pg.BarGraphItem(x=[], height=[], width=1) for _ in range(2)]
        self._columns[0].setOpacity(DIM)
        for columns in self._columns:
            self.onsets.addItem(columns)
        self._cursors = [pg.InfiniteLine(pen=pg.mkPen(colours.LINE, width=1)) for _ in self._plots]
        for plot, cursor in zip(self._plots, self._cursors, strict=True):
            cursor.setZValue(20)
            plot.addItem(cursor, ignoreBounds=True)
        self._bands: list[tuple[Any, Any]] = []
        self._ticks: tuple[Tick, ...] | None = None
        self._axes: Axes | None = None

    def show_seen(self, seen: Seen, axes: Axes, until_s: float, shown: Bools) -> None:
        """Draw everything known, the part after `until_s` (of the film) dim."""
        self._show_axes(axes, injected=seen.injected_s is not None)
        self._show_ticks(seen.ticks, axes.film.zero_s)
        self._show_intensity(seen, axes.film, until_s)
        self._show_numbers(seen, until_s)
        self._show_histogram(seen.spots, shown, axes)

    def show_cursor(self, since_s: float | None) -> None:
        """A line at the replay's position; None: no line."""
        for cursor in self._cursors:
            cursor.setVisible(since_s is not None)
            if since_s is not None:
                cursor.setPos(since_s)

    def _show_axes(self, axes: Axes, *, injected: bool) -> None:
        if axes == self._axes:
            return
        self._axes, self._ticks = axes, None
        film, onset = axes.film, axes.onset
        self.turned_on.setXRange(film.start_s, film.end_s, padding=0.01)
        self.bar.setXRange(onset.start_s, onset.end_s, padding=0.01)
        self.bar.setLimits(xMin=film.start_s, xMax=film.end_s)
        word = "since injection " if injected else ""
        _name(self.turned_on, f"time {word}(s)")
        _name(self.bar, f"onset {word}(s)")
        ramp = onset_colours(np.linspace(0, 1, 256), inverted=axes.inverted)
        self._ramp.setImage((ramp[:, None] * 255).astype(np.uint8))
        self._ramp.setRect(QRectF(0, 0, onset.end_s, 1))

    def _show_ticks(self, ticks: tuple[Tick, ...], zero_s: float) -> None:
        if ticks == self._ticks:
            return
        for plot, item in self._bands:
            plot.removeItem(item)
        self._bands = [(plot, item) for plot in self._plots for item in _bands(ticks, zero_s)]
        for plot, item in self._bands:
            plot.addItem(item, ignoreBounds=True)
        self._ticks = ticks

    def _show_intensity(self, seen: Seen, axis: Axis, until_s: float) -> None:
        read = ~np.isnan(seen.means)
        bin_s = (axis.end_s - axis.start_s) / MOST_POINTS
        x, y = binned(seen.times_s[read] - seen.zero_s, seen.means[read], bin_s)
        self._lines[0].show(x, y, until_s - seen.zero_s)

    def _show_numbers(self, seen: Seen, until_s: float) -> None:
        spots, span = seen.spots, Span(-seen.zero_s, seen.end_s - seen.zero_s)
        self._off.show_or_hide(shown=bool(spots.turned_off.any()))
        for line, which in ((self._lines[1], ~spots.turned_off), (self._off, spots.turned_off)):
            onsets_s = np.sort(spots.onset_s[which]) - seen.zero_s
            line.show_steps(onsets_s, span, until_s - seen.zero_s)

    def _show_histogram(self, spots: Spots, shown: Bools, axes: Axes) -> None:
        edges = axes.onset.bins()
        middles = (edges[:-1] + edges[1:]) / 2
        brushes = [
            pg.mkBrush(QColor.fromRgbF(*(float(part) for part in colour)))
            for colour in onset_colours(axes.onset.part(middles), inverted=axes.inverted)
        ]
        since_s = spots.onset_s - axes.onset.zero_s
        width_s = float(edges[1] - edges[0]) * 0.92
        for columns, which in zip(self._columns, (since_s, since_s[shown]), strict=True):
            heights, _ = np.histogram(which, edges)
            columns.setOpts(x=middles, height=heights, width=width_s, brushes=brushes, pen=None)

    def _plot(self, row: int, label: str, stretch: int) -> Any:
        plot = self.addPlot(row=row, col=0)
        plot.setTitle(label, color=colours.FAINT, size="9pt", justify="left")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=True, y=False)
        left = plot.getAxis("left")
        left.setWidth(AXIS_WIDTH_PX)
        _quiet(left)
        _quiet(plot.getAxis("bottom"))
        plot.showGrid(y=True, alpha=0.12)
        self.ci.layout.setRowStretchFactor(row, stretch)
        return plot

    def _colour_bar(self, row: int) -> Any:
        bar = self.addPlot(row=row, col=0)
        bar.setMenuEnabled(False)
        bar.hideButtons()
        bar.setMouseEnabled(x=False, y=False)
        bar.setXLink(self.onsets)
        bar.setYRange(0, 1, padding=0)
        bar.setMaximumHeight(54)
        left = bar.getAxis("left")
        left.setWidth(AXIS_WIDTH_PX)
        left.setStyle(showValues=False, tickLength=0)
        left.setPen(pg.mkPen(colours.PANEL))
        _quiet(bar.getAxis("bottom"))
        self._ramp = pg.ImageItem()
        bar.addItem(self._ramp)
        return bar


class _Line:
    """A curve in two parts: until now, and dim what comes later."""

    def __init__(self, plot: Any, *, dashed: bool = False) -> None:
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        pen = pg.mkPen(colours.LINE, width=1, style=style)
        self._later, self._now = plot.plot(pen=pen), plot.plot(pen=pen)
        self._later.setOpacity(DIM)

    def show(self, x: Floats, y: Floats, until: float) -> None:
        n = int(np.searchsorted(x, until, side="right"))
        self._now.setData(x[:n], y[:n])
        self._later.setData(x[max(n - 1, 0) :], y[max(n - 1, 0) :])

    def show_or_hide(self, *, shown: bool) -> None:
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


def _name(plot: Any, text: str) -> None:
    axis = plot.getAxis("bottom")
    axis.setLabel(text, color=colours.FAINT)
    axis.resizeEvent()  # else a longer text stays where the shorter began


def _bands(ticks: tuple[Tick, ...], zero_s: float) -> list[Any]:
    items: list[Any] = []
    for tick in ticks:
        if tick.arrival:
            hatch = QColor(colours.AMBER)
            hatch.setAlpha(110)
            brush = pg.mkBrush(hatch)
            brush.setStyle(Qt.BrushStyle.BDiagPattern)
            edge = pg.mkPen(
                hatch, width=1, style=Qt.PenStyle.DashLine
            )  # a sharp front has no width
            items.append(_band(tick.arrival, zero_s, brush, edge))
        if tick.what == "inject":
            fill = QColor(colours.AMBER)
            fill.setAlpha(90)
            items.append(
                _band(tick.bound, zero_s, pg.mkBrush(fill), pg.mkPen(colours.AMBER, width=1))
            )
        elif tick.what.startswith("shutter"):
            pen = pg.mkPen(colours.VIOLET, width=1, style=Qt.PenStyle.DotLine)
            items.append(pg.InfiniteLine(tick.t_s - zero_s, pen=pen))
    return items


def _band(band: Band, zero_s: float, brush: Any, pen: Any) -> Any:
    item = pg.LinearRegionItem(
        (band.start_s - zero_s, band.end_s - zero_s),
        movable=False, brush=brush, pen=pen,
    )  # fmt: skip
    item.setZValue(-5)
    return item


def _quiet(axis: Any) -> None:
    axis.setPen(pg.mkPen(colours.EDGE))
    axis.setTextPen(pg.mkPen(colours.FAINT))
