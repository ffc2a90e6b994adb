"""Marks behind the curves: as wide as they are uncertain."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from onset.viewer import colours
from onset.viewer.curve_line import hair_px
from onset.viewer.seen import Band, Tick


def bands(ticks: tuple[Tick, ...], zero_s: float) -> list[Any]:
    """Injection amber, arrival hatched, shutter dotted; a bound's width is drawn."""
    items: list[Any] = []
    amber = colours.theme().amber
    for tick in ticks:
        if tick.arrival:
            hatch = QColor(colours.theme().amber)
            hatch.setAlpha(110)
            brush = pg.mkBrush(hatch)
            brush.setStyle(Qt.BrushStyle.BDiagPattern)
            edge = pg.mkPen(
                hatch, width=hair_px(), style=Qt.PenStyle.DashLine
            )  # a sharp front has no width
            items.append(_band(tick.arrival, zero_s, brush, edge))
        if tick.what == "inject":
            fill = QColor(colours.theme().amber)
            fill.setAlpha(90)
            items.append(
                _band(tick.bound, zero_s, pg.mkBrush(fill), pg.mkPen(amber, width=hair_px()))
            )
        elif tick.what.startswith("shutter"):
            pen = pg.mkPen(colours.theme().violet, width=hair_px(), style=Qt.PenStyle.DotLine)
            items.append(pg.InfiniteLine(tick.t_s - zero_s, pen=pen))
    return items


def _band(band: Band, zero_s: float, brush: Any, pen: Any) -> Any:
    item = pg.LinearRegionItem(
        (band.start_s - zero_s, band.end_s - zero_s),
        movable=False, brush=brush, pen=pen,
    )  # fmt: skip
    item.setZValue(-5)
    return item
