"""Curves over one time axis, zero = injection; onsets over their own, the colour bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QGraphicsItem, QMenu

from onset.viewer import colours
from onset.viewer.axis import Axis
from onset.viewer.colours import onset_colours
from onset.viewer.curve_bands import bands
from onset.viewer.curve_line import DIM, MOST_POINTS, CurveLine, Span, binned, hair_px
from onset.viewer.seen import Seen, Tick
from onset.viewer.shown import Axes, Shown, spots_differ
from onset.viewer.spots import Bools, Floats, Spots

AXIS_WIDTH_PX = 54
TRAJECTORIES, STRETCH = 2, 5
"""Row of the trajectories, and its share of the height."""
FEWEST, LEAST_ADU = 5, 0.1
"""The axes of numbers and of the mean intensity are at least so long."""
EXPORTS = {
    "png": "Export picture of the curves (PNG) ...",
    "svg": "Export drawing of the curves (SVG) ...",
    "csv": "Export the curves' figures (CSV) ...",
}


class Curves(pg.GraphicsLayoutWidget):
    """Ensemble intensity, number turned on, trajectories, histogram of onsets, colour bar."""

    export_asked = Signal(str)
    """png, svg or csv."""

    def __init__(self) -> None:
        super().__init__()
        self.window_s: float | None = None
        """Length of what is shown; None: from the start to the planned end."""
        self.ci.layout.setContentsMargins(2, 2, 8, 2)
        self.ci.layout.setVerticalSpacing(0)
        self.intensity = self._plot(0, "mean intensity (ADU)", stretch=5)
        self.turned_on = self._plot(1, "number turned on", stretch=5)
        self.trajectories = self._plot(2, "trajectories (ADU)", stretch=5)
        self.onsets = self._plot(3, "onsets", stretch=4)
        self.bar = self._colour_bar(4)
        self._timed = (self.intensity, self.turned_on, self.trajectories)
        self._plots = (*self._timed, self.onsets)
        self.intensity.setXLink(self.turned_on)
        self.trajectories.setXLink(self.turned_on)
        for plot in (self.intensity, self.trajectories, self.onsets):
            plot.showAxis("bottom", show=False)
        for plot in (self.turned_on, self.onsets):
            plot.setLimits(yMin=0, minYRange=FEWEST)
        self.intensity.setLimits(minYRange=LEAST_ADU)
        self._lines = [CurveLine(self.intensity), CurveLine(self.turned_on)]
        self._off = CurveLine(self.turned_on, dashed=True)
        self._traces: dict[int, CurveLine] = {}
        self._columns = [pg.BarGraphItem(x=[], height=[], width=1) for _ in range(2)]
        self._columns[0].setOpacity(DIM)
        for columns in self._columns:
            self.onsets.addItem(columns)
        self._cursors = [pg.InfiniteLine() for _ in self._plots]
        for plot, cursor in zip(self._plots, self._cursors, strict=True):
            cursor.setZValue(20)
            plot.addItem(cursor, ignoreBounds=True)
        self._bands: list[tuple[Any, Any]] = []
        self._ticks: tuple[Tick, ...] | None = None
        self._axes: Axes | None = None
        self._span = (0.0, 0.0)
        self._shown: Shown | None = None
        self._open_trajectories(opens=False)
        self.restyle()

    def show_seen(self, shown: Shown) -> None:
        """Draw everything known, the part after `until_s` (of the film) dim."""
        seen, axes, before = shown.seen, shown.axes, self._shown
        self._shown = shown
        self._show_axes(axes, injected=seen.injected_s is not None)
        self._show_ticks(seen.ticks, axes.film.zero_s)
        self._show_span(axes.film, shown.until_s - seen.zero_s)
        self._show_intensity(seen, axes.film, shown.until_s)
        self._show_traces(seen, shown)
        if before is None or spots_differ(before, shown):
            self._show_numbers(seen, shown.until_s)
            self._show_histogram(seen.spots, shown.which, axes)

    def contextMenuEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Export what is seen."""
        menu = QMenu(self)
        for kind, words in EXPORTS.items():
            menu.addAction(words, lambda kind=kind: self.export_asked.emit(kind))
        menu.addSeparator()
        menu.addAction("Show all again", self._show_all)
        menu.exec(event.globalPos())

    def restyle(self) -> None:
        """In the colours of the theme in use."""
        theme = colours.theme()
        self.setBackground(theme.panel)
        for plot in (*self._plots, self.bar):
            for side in ("left", "bottom"):
                _quiet(plot.getAxis(side))
            title = plot.titleLabel
            if title.text:
                title.setText(title.text, color=theme.faint, size="9pt", justify="left")
        self.bar.getAxis("left").setPen(pg.mkPen(theme.panel))
        for line in (*self._lines, self._off):
            line.colour(theme.line)
        for cursor in self._cursors:
            cursor.setPen(pg.mkPen(theme.line, width=hair_px()))
        self._axes = self._ticks = None
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self.show_seen(shown)

    def columns(self) -> dict[str, Floats]:
        """What is shown, as a table."""
        return self._shown.columns if self._shown is not None else {}

    def forget(self) -> None:
        """Another recording comes."""
        self._axes = self._ticks = self._shown = None
        for line in self._traces.values():
            line.remove(self.trajectories)
        self._traces = {}

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
        self.bar.setLimits(xMin=film.start_s, xMax=max(film.end_s, onset.end_s))
        self.bar.setXRange(onset.start_s, onset.end_s, padding=0.01)
        word = "since injection " if injected else ""
        self.turned_on.setTitle(f"number turned on against time {word}(s)")
        self.onsets.setTitle(f"onsets {word}(s)")
        ramp = onset_colours(np.linspace(0, 1, 256), inverted=axes.inverted)
        self._ramp.setImage((ramp[:, None] * 255).astype(np.uint8))
        self._ramp.setRect(QRectF(0, 0, onset.end_s, 1))

    def _show_ticks(self, ticks: tuple[Tick, ...], zero_s: float) -> None:
        if ticks == self._ticks:
            return
        for plot, item in self._bands:
            plot.removeItem(item)
        self._bands = [(plot, item) for plot in self._plots for item in bands(ticks, zero_s)]
        for plot, item in self._bands:
            plot.addItem(item, ignoreBounds=True)
        self._ticks = ticks

    def _show_span(self, axis: Axis, until: float) -> None:
        """All of the film, or the stretch that ends now."""
        start, end = axis.start_s, axis.end_s
        if self.window_s is not None:
            end = max(until, axis.start_s + self.window_s)
            start = end - self.window_s
        if (start, end) != self._span:
            self._span = (start, end)
            self.turned_on.setXRange(start, end, padding=0.01)

    def _show_all(self) -> None:
        self._span = (0.0, 0.0)
        for plot in self._plots:
            plot.enableAutoRange(axis="y")
        if self._shown is not None:
            self._show_span(self._shown.axes.film, self._shown.until_s)

    def _show_traces(self, seen: Seen, shown: Shown) -> None:
        wanted = {trace.number: trace for trace in seen.traces}
        for number in [one for one in self._traces if one not in wanted]:
            self._traces.pop(number).remove(self.trajectories)
        places = {int(number): i for i, number in enumerate(seen.spots.number)}
        axis = shown.axes.film
        bin_s = (axis.end_s - axis.start_s) / MOST_POINTS
        for number, trace in wanted.items():
            line = self._traces.setdefault(number, CurveLine(self.trajectories))
            place = places.get(number)
            line.colour(_onset_colour(seen, shown.axes, place))
            n = min(len(trace.values), len(seen.times_s))
            values, times = trace.values[:n], seen.times_s[:n]
            read = ~np.isnan(values)
            x, y = binned(times[read] - seen.zero_s, values[read], bin_s)
            line.show(x, y, shown.until_s - seen.zero_s)
        if self.trajectories.isVisible() != bool(wanted):
            self._open_trajectories(opens=bool(wanted))
        if wanted:
            names = ", ".join(f"#{number}" for number in wanted)
            text = f"trajectory {names} ({seen.unit})"
            if self.trajectories.titleLabel.text != text:
                self.trajectories.setTitle(text)

    def _open_trajectories(self, *, opens: bool) -> None:
        self.trajectories.setVisible(opens)
        layout = self.ci.layout
        if opens:
            layout.addItem(self.trajectories, TRAJECTORIES, 0)
        else:
            layout.removeItem(self.trajectories)  # a hidden one keeps its least height
        layout.setRowStretchFactor(TRAJECTORIES, STRETCH if opens else 0)

    def _show_intensity(self, seen: Seen, axis: Axis, until_s: float) -> None:
        read = ~np.isnan(seen.means)
        bin_s = (axis.end_s - axis.start_s) / MOST_POINTS
        x, y = binned(seen.times_s[read] - seen.zero_s, seen.means[read], bin_s)
        title = f"mean intensity ({seen.unit})"
        if self.intensity.titleLabel.text != title:
            self.intensity.setTitle(title)
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
        plot.setTitle(label, color=colours.theme().faint, size="9pt", justify="left")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=True, y=False)
        left = plot.getAxis("left")
        left.setWidth(AXIS_WIDTH_PX)
        left.setTickDensity(0.7)
        left.setStyle(maxTickLevel=0)
        plot.showGrid(y=True, alpha=0.12)
        _cache(plot)
        self.ci.layout.setRowStretchFactor(row, stretch)
        return plot

    def _colour_bar(self, row: int) -> Any:
        bar = self.addPlot(row=row, col=0)
        bar.setMenuEnabled(False)
        bar.hideButtons()
        bar.setMouseEnabled(x=False, y=False)
        bar.setXLink(self.onsets)
        bar.setYRange(0, 1, padding=0)
        bar.setMaximumHeight(36)
        left = bar.getAxis("left")
        left.setWidth(AXIS_WIDTH_PX)
        left.setStyle(showValues=False, tickLength=0)
        _cache(bar)
        self._ramp = pg.ImageItem()
        bar.addItem(self._ramp)
        return bar


def _onset_colour(seen: Seen, axes: Axes, place: int | None) -> str:
    if place is None:
        return colours.theme().line
    onset_s = seen.spots.onset_s[place : place + 1] - axes.onset.zero_s
    inverted = axes.inverted or colours.theme().name == "light"
    row = onset_colours(axes.onset.part(onset_s), inverted=inverted)[0]
    name: str = QColor.fromRgbF(*(float(part) for part in row[:3])).name()
    return name


def _cache(plot: Any) -> None:
    """Axes and titles are painted anew only when they change: figures are the slowest of all."""
    for part in (plot.getAxis("left"), plot.getAxis("bottom"), plot.titleLabel):
        part.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)


def _quiet(axis: Any) -> None:
    axis.setPen(pg.mkPen(colours.theme().edge))
    axis.setTextPen(pg.mkPen(colours.theme().faint))
