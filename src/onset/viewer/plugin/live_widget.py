"""napari's widget "Live": follows a recording that grows, with count, curves and STOP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from onset.errors import OnsetError
from onset.recording.read import Recording
from onset.viewer import colours
from onset.viewer.axis import clock_text, film_axis, onset_axis
from onset.viewer.commander import Commander
from onset.viewer.controls.later import Later
from onset.viewer.controls.link import running
from onset.viewer.curves import Curves
from onset.viewer.dress import sheet
from onset.viewer.follow import Follower
from onset.viewer.headline import Headline
from onset.viewer.notices import Notices
from onset.viewer.places import recordings
from onset.viewer.plugin.layers import places, spot_settings
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen
from onset.viewer.shown import Axes, Shown
from onset.viewer.stage import timer

FRAME_MS, PANEL_MS = 66, 400
"""napari's canvas is dear: fifteen pictures a second."""


class LiveWidget(QWidget):
    """Adds the layers `camera` and `turned on` to the viewer and keeps them new."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.follower: Follower | None = None
        self.seen: Seen = NOTHING_SEEN
        self.image: Any = None
        self.points: Any = None
        self.later = Later(self)
        self.commander = Commander(self.later, self)
        self.chooser, self.follow = QComboBox(), QPushButton("Follow")
        self.clock = QLabel("")
        self.stop = QPushButton("STOP")
        self.headline, self.curves, self.notices = Headline(), Curves(), Notices()
        self._picture: Picture | None = None
        self._lay_out()
        self.offer()
        self._frame_timer = timer(self, FRAME_MS, self._frame)
        self._panel_timer = timer(self, PANEL_MS, self._panel)

    def offer(self) -> None:
        """Runs that go on first, then the newest recordings."""
        self.chooser.clear()
        live = [Path(entry.folder) for entry in running() if entry.folder]
        for folder in [*live, *(one for one in recordings([]) if one not in live)]:
            self.chooser.addItem(folder.name, str(folder))

    def show_folder(self, folder: Path) -> None:
        """Follow this recording; command its rig where it runs."""
        self.close_source()
        try:
            recording = Recording(folder)
        except OnsetError as why:
            self.notices.say(str(why))
            return
        self.follower = Follower(recording)
        self.follower.start()
        recorders = running(str(folder.resolve()))
        if recorders and not self.commander.link.is_connected:
            self.commander.attach(recorders[0])

    def close_source(self) -> None:
        """End the reading thread; the layers stay as they are."""
        if self.follower is not None:
            self.follower.close()
        self.follower, self._picture, self.seen = None, None, NOTHING_SEEN
        self.image = self.points = None

    def shut(self) -> None:
        """End timers and threads."""
        self._frame_timer.stop()
        self._panel_timer.stop()
        self.close_source()
        self.later.close()
        self.commander.close()

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """The dock was closed."""
        self.shut()
        super().closeEvent(event)

    def _frame(self) -> None:
        follower = self.follower
        if follower is None or follower.picture is None or follower.picture is self._picture:
            return
        self._picture = picture = follower.picture
        if self.image is None:
            self.image = self.viewer.add_image(picture.image, name="camera", colormap="gray")
        else:
            self.image.data = picture.image
        self.image.contrast_limits = (picture.limits.low, picture.limits.high)
        self.clock.setText(clock_text(picture.t_s, self.seen.injected_s))

    def _panel(self) -> None:
        follower = self.follower
        if follower is None or follower.seen is self.seen:
            return
        new = len(follower.seen.spots) != len(self.seen.spots)
        self.seen = seen = follower.seen
        if new:
            self._show_points(seen)
        which = np.ones(len(seen.spots), np.bool_)
        t_s = self._picture.t_s if self._picture else 0.0
        self.headline.show_spots(seen.spots, which, seen.detected_s(), t_s)
        axes = Axes(film_axis(seen), onset_axis(seen), inverted=False)
        self.curves.show_seen(Shown(seen, axes, seen.end_s, which))

    def _show_points(self, seen: Seen) -> None:
        if self.points is not None and self.points in self.viewer.layers:
            self.viewer.layers.remove(self.points)
        settings = spot_settings(seen, (1.0, 1.0))
        self.points = self.viewer.add_points(places(seen.spots), **settings)
        self.points.editable = False

    def _lay_out(self) -> None:
        self.setStyleSheet(sheet(colours.theme()))
        self.stop.setObjectName("stop")
        self.stop.setToolTip("Emergency stop: shutter closed, pumps stopped, at once")
        self.stop.clicked.connect(self.commander.stop)
        self.follow.clicked.connect(self._follow_chosen)
        self.commander.said.connect(self.notices.say)
        column = QVBoxLayout(self)
        row = QHBoxLayout()
        row.addWidget(self.chooser, 1)
        row.addWidget(self.follow)
        row.addWidget(self.stop)
        column.addLayout(row)
        column.addWidget(self.clock)
        column.addWidget(self.headline)
        column.addWidget(self.curves, 1)
        column.addWidget(self.notices)
        self.setMinimumWidth(340)

    def _follow_chosen(self) -> None:
        folder = self.chooser.currentData()
        if folder:
            self.show_folder(Path(folder))
