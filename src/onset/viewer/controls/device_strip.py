"""The devices' state in one row that is always there; a click opens the panel with the controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from onset.acquisition.messages import PumpView, Status
from onset.viewer.controls.shutter_face import ShutterFace
from onset.viewer.controls.syringe_bar import SyringeBar, short_pump


class DeviceStrip(QWidget):
    """Shutter; per pump its state and what is left."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.shutter = ShutterFace(26)
        self.setToolTip("Open the rig's controls")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._pumps: dict[str, tuple[QLabel, SyringeBar]] = {}
        self._capacities: Mapping[str, float] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.addWidget(self.shutter)
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        row.addLayout(self._column, 1)

    def know(self, capacities_ul: Mapping[str, float]) -> None:
        """How much the syringes of the rig's file hold."""
        self._capacities = capacities_ul
        for name, (_, bar) in self._pumps.items():
            bar.capacity_ul = capacities_ul.get(name)

    def show_status(self, status: Status) -> None:
        """All devices."""
        self.shutter.show_state(status.shutter)
        if [pump.name for pump in status.pumps] != list(self._pumps):
            self._renew(status.pumps)
        for pump in status.pumps:
            words, bar = self._pumps[pump.name]
            text = f"<b>{pump.name}</b> {short_pump(pump)}"
            if words.text() != text:
                words.setText(text)
            bar.show_pump(pump)

    def mousePressEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Open the controls."""
        self.opened.emit()

    def _renew(self, pumps: tuple[PumpView, ...]) -> None:
        while self._column.count():
            widget = self._column.takeAt(0).widget()
            if widget is not None:
                widget.deleteLater()
        self._pumps = {}
        for pump in pumps:
            line = QWidget()
            row = QVBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(1)
            words, bar = QLabel(), SyringeBar(self._capacities.get(pump.name), 17)
            row.addWidget(words)
            row.addWidget(bar)
            self._pumps[pump.name] = (words, bar)
            self._column.addWidget(line)
