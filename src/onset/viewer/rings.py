"""Rings around the spots that have turned on, coloured by onset time; the newest are larger."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from onset.viewer.axis import Axis
from onset.viewer.colours import onset_colours
from onset.viewer.spots import NO_SPOTS, Bools, Spots
from onset.viewer.viewport import Viewport

RING_PX, FLASH_PX = 4.5, 8.0
"""Radii in the picture."""
LEAST_RADIUS = 5.0
"""On the screen."""
REACH_PX = 7.0
"""How near the pointer must come."""


class Rings:
    """Which spots have a ring of which colour."""

    def __init__(self) -> None:
        self.shown: Bools = np.zeros(0, np.bool_)
        self.flashing: Bools = np.zeros(0, np.bool_)
        self._spots = NO_SPOTS
        self.scheme: tuple[Axis, bool] | None = None
        """Rings of one scheme never change their place or colour; there are only more of them."""
        self._colours: list[QColor] = []

    @property
    def count(self) -> int:
        """Rings to be seen."""
        return int(np.count_nonzero(self.shown))

    def show(
        self, spots: Spots, shown: Bools, flashing: Bools, axis: Axis, *, inverted: bool
    ) -> bool:
        """Rings for the spots that are `shown`, larger for those `flashing`; is it a change?"""
        scheme = (axis, inverted)
        new = spots is not self._spots or scheme != self.scheme
        if (
            not new
            and np.array_equal(shown, self.shown)
            and np.array_equal(flashing, self.flashing)
        ):
            return False
        if scheme != self.scheme:
            self._colours = []
        if new:
            newer_s = spots.onset_s[len(self._colours) :]
            rgba = onset_colours(axis.part(newer_s - axis.zero_s), inverted=inverted)
            self._colours += [QColor.fromRgbF(*(float(part) for part in row)) for row in rgba]
        self._spots, self.scheme = spots, scheme
        self.shown, self.flashing = shown, flashing
        return True

    def near(self, y_px: float, x_px: float) -> int | None:
        """Place in the columns of the shown spot that is nearest, if near enough."""
        if not self.shown.any():
            return None
        away = np.hypot(self._spots.y_px - y_px, self._spots.x_px - x_px)
        away[~self.shown] = np.inf
        nearest = int(np.argmin(away))
        return nearest if away[nearest] <= REACH_PX else None

    @property
    def resting(self) -> Bools:
        """All that are shown but the flashing ones."""
        return self.shown & ~self.flashing

    def paint_resting(self, painter: QPainter, view: Viewport, which: Bools) -> None:
        """Some of the rings, as they stay."""
        self._paint(painter, view, which, RING_PX, 1.6)

    def paint_flashing(self, painter: QPainter, view: Viewport) -> None:
        """The newest ones, for a moment."""
        self._paint(painter, view, self.shown & self.flashing, FLASH_PX, 3.0)

    def paint_selected(self, painter: QPainter, view: Viewport, places: tuple[int, ...]) -> None:
        """Cross hairs and numbers at the spots whose trajectories are shown."""
        if not places:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on_white = self.scheme is not None and self.scheme[1]
        painter.setPen(QPen(QColor("black" if on_white else "white"), 1.4))
        radius = max(RING_PX * view.zoom, LEAST_RADIUS) + 4
        for place in places:
            if place >= len(self._spots):
                continue
            x, y = view.to_canvas(self._spots.y_px[place], self._spots.x_px[place])
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(
                    QPointF(x + dx * radius, y + dy * radius),
                    QPointF(x + dx * (radius + 7), y + dy * (radius + 7)),
                )
            painter.drawText(QPointF(x + radius, y - radius), f"#{self._spots.number[place]}")

    def _paint(
        self, painter: QPainter, view: Viewport, which: Bools, radius_px: float, width: float
    ) -> None:
        if not which.any():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = max(radius_px * view.zoom, LEAST_RADIUS * radius_px / RING_PX)
        for place in np.flatnonzero(which):
            spots = self._spots
            x, y = view.to_canvas(float(spots.y_px[place]), float(spots.x_px[place]))
            painter.setPen(QPen(self._colours[place], width))
            box = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
            if spots.turned_off[place]:
                painter.drawRect(box)
            else:
                painter.drawEllipse(box)
