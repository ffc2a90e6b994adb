"""What a person does with the picture: snapshot, region, rings, onset map, curves to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMenu, QWidget

from onset.viewer.canvas import Region
from onset.viewer.column import Column
from onset.viewer.commander import Commander
from onset.viewer.controls.later import Later
from onset.viewer.curves import EXPORTS
from onset.viewer.export_curves import export_curves
from onset.viewer.notices import Notices
from onset.viewer.painted import Words
from onset.viewer.saving import ask_curves_file, ask_snapshot_file, save_snapshot
from onset.viewer.stage import Stage


class PictureTools:
    """Connects the image panel and the curves' menu with the picture."""

    def __init__(
        self, window: QWidget, stage: Stage, column: Column, notices: Notices, later: Later
    ) -> None:
        self._window, self._stage, self._column = window, stage, column
        self._notices, self._later = notices, later

    def connect(self, commander: Commander) -> None:
        """Buttons and the canvas speak to the picture, and the region to the camera."""
        column, stage, image = self._column, self._stage, self._column.image
        image.limits_chosen.connect(stage.limit)
        image.invert_toggled.connect(lambda on: stage.change_wish(inverted=on))
        image.rings_toggled.connect(self._show_rings)
        image.map_toggled.connect(lambda on: setattr(stage.map, "wanted", on))
        image.snapshot_asked.connect(self.snapshot)
        image.region_asked.connect(self._draw_region)
        image.whole_sensor_asked.connect(column.rig.camera.whole.click)
        column.rig.camera.region_asked.connect(self._draw_region)
        stage.pointing.pixel_pointed.connect(image.show_pixel)
        stage.canvas.region_drawn.connect(
            lambda region: commander.set_region(region) if isinstance(region, Region) else None
        )
        stage.map.run = self._compute_map
        column.random.clicked.connect(stage.pointing.choose_random)
        column.none.clicked.connect(stage.pointing.choose_none)
        column.curves.export_asked.connect(self._export)
        menu = QMenu(column.export)
        for kind, words in EXPORTS.items():
            menu.addAction(words, lambda kind=kind: self._export(kind))
        column.export.setMenu(menu)

    def snapshot(self) -> None:
        """Save the picture that is shown now."""
        picture = self._stage.picture
        if picture is None:
            self._notices.say("There is no picture to save.", "warning")
            return

        def save(file: Path) -> None:
            save_snapshot(picture, self._stage.canvas, file)
            self._notices.say(f"Saved {file}", "done")

        ask_snapshot_file(self._window, picture, save)

    def _export(self, kind: str) -> None:
        def save(file: Path) -> None:
            export_curves(self._column.curves, file)
            self._notices.say(f"Saved {file}", "done")

        ask_curves_file(self._window, kind, save)

    def _draw_region(self) -> None:
        self._stage.canvas.draws_region = True
        self._stage.canvas.setCursor(Qt.CursorShape.CrossCursor)

    def _show_rings(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._stage.canvas.show_rings = on
        self._stage.canvas.update()

    def _compute_map(self, work: Callable[[], Words]) -> None:
        self._later.do("map", work, self._stage.map.paint, self._notices.say)
