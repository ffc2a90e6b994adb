"""Rings around the spots that have turned on, coloured by onset time; the newest are larger."""

from __future__ import annotations

from typing import Any

import numpy as np

from onset.viewer.axis import Axis
from onset.viewer.colours import onset_colours
from onset.viewer.picture import PictureView
from onset.viewer.spots import NO_SPOTS, Bools, Spots

RING_PX, FLASH_PX = 9.0, 16.0
REACH_PX = 7.0
"""How near the pointer must come."""
FIRST_ROOM = 64


class Rings:
    """A napari points layer; points that are not to be seen are transparent.

    The layer has room for more points than there are spots: giving napari new points takes five
    times as long as changing those that it has. (Its own `shown` does nothing in two dimensions.)
    """

    def __init__(self, view: PictureView) -> None:
        self._view = view
        self._spots = NO_SPOTS
        self._colouring: tuple[Axis, bool] | None = None
        self._flashing: Bools = np.zeros(0, np.bool_)
        self.shown: Bools = np.zeros(0, np.bool_)
        self.layer: Any = view.model.add_points(
            np.zeros((FIRST_ROOM, 2)),
            name="turned on",
            size=RING_PX,
            face_color="transparent",
            border_color="transparent",
            border_width=0.16,
            scale=(view.pixel, view.pixel),
            units=view.layer.units,
        )
        self.layer.editable = False

    @property
    def count(self) -> int:
        """Rings to be seen."""
        return int(np.count_nonzero(self.layer.border_color[:, 3]))

    def show(self, spots: Spots, shown: Bools, flashing: Bools, axis: Axis) -> None:
        """Rings for the spots that are `shown`, larger for those `flashing`; both of shape (n,)."""
        colouring = (axis, self._view.inverted)
        new = spots is not self._spots
        if new:
            self._place(spots)
        if not np.array_equal(flashing, self._flashing):
            self.layer.size = self._padded(np.where(flashing, FLASH_PX, RING_PX), RING_PX)
        if new or colouring != self._colouring or not np.array_equal(shown, self.shown):
            self._colour(spots, shown, axis)
        self._spots, self._colouring = spots, colouring
        self.shown, self._flashing = shown, flashing

    def near(self, y_px: float, x_px: float) -> int | None:
        """Place in the columns of the shown spot that is nearest, if near enough."""
        if not self.shown.any():
            return None
        away = np.hypot(self._spots.y_px - y_px, self._spots.x_px - x_px)
        away[~self.shown] = np.inf
        nearest = int(np.argmin(away))
        return nearest if away[nearest] <= REACH_PX else None

    def _place(self, spots: Spots) -> None:
        room = len(self.layer.data)
        if len(spots) > room:
            while room < len(spots):
                room *= 2
            self.layer.data = np.zeros((room, 2))
        self.layer.data[: len(spots)] = np.column_stack((spots.y_px, spots.x_px))
        if spots.turned_off.any():
            self.layer.symbol = self._padded(np.where(spots.turned_off, "square", "disc"), "disc")

    def _colour(self, spots: Spots, shown: Bools, axis: Axis) -> None:
        part = axis.part(spots.onset_s - axis.zero_s)
        colours = onset_colours(part, inverted=self._view.inverted)
        colours[:, 3] = shown
        self.layer.border_color = self._padded(colours, 0.0)

    def _padded(self, values: Any, rest: object) -> Any:
        """One value for each point of the layer, `rest` for those that stand for no spot."""
        padded = np.full((len(self.layer.data), *values.shape[1:]), rest, values.dtype)
        padded[: len(values)] = values
        return padded
