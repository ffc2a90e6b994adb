"""The rig: camera, shutter, pumps, and who did what; one card each."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from onset.acquisition.messages import Deed, MoveShutter, NameField, Status
from onset.viewer.axis import minutes
from onset.viewer.controls.camera_card import CameraCard
from onset.viewer.controls.later import Later
from onset.viewer.controls.property_card import PropertyCard
from onset.viewer.controls.pump_card import PumpCard
from onset.viewer.controls.shutter_face import ShutterFace

RUNNING = ("running", "ending")
SHOWN_DEEDS = 8


class RigPanel(QScrollArea):
    """Says what is to be commanded; shows the snapshot."""

    commanded = Signal(object, str)

    def __init__(self, later: Later) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.camera = CameraCard()
        self.shutter = ShutterFace(36)
        self.open, self.close_button = QPushButton("Open UV"), QPushButton("Close UV")
        self.field = QLineEdit()
        self.any_property = PropertyCard(later)
        self.pumps: dict[str, PumpCard] = {}
        self.deeds = QLabel("")
        self._capacities: Mapping[str, float] = {}
        self._shown_deeds: tuple[Deed, ...] | None = None
        self._column = self._lay_out()
        self._connect()

    def know(self, capacities_ul: Mapping[str, float]) -> None:
        """How much the syringes of the rig's file hold."""
        self._capacities = capacities_ul
        for name, card in self.pumps.items():
            card.bar.capacity_ul = capacities_ul.get(name)

    def show_status(self, status: Status) -> None:
        """All cards."""
        why_not = why_not_by_hand(status)
        self.camera.show_status(status, why_not)
        self.any_property.show_status(status)
        self._show_shutter(status)
        names = [pump.name for pump in status.pumps]
        if names != list(self.pumps):
            self._renew_pumps(names)
        for pump in status.pumps:
            self.pumps[pump.name].show_pump(pump, why_not)
        if status.deeds != self._shown_deeds:
            self._shown_deeds = status.deeds
            self.deeds.setText(deeds_text(status.deeds))

    def _show_shutter(self, status: Status) -> None:
        self.shutter.show_state(status.shutter)
        there = status.shutter != ""
        for button, tip in ((self.open, "Let the UV through"), (self.close_button, "Shut it off")):
            button.setEnabled(there)
            button.setToolTip(tip if there else "This rig has no shutter, or no rig is open")
        self.field.setEnabled(not why_not_by_hand(status))
        if status.dose is not None and not self.field.hasFocus():
            self.field.setText(status.dose.field)

    def _renew_pumps(self, names: list[str]) -> None:
        for card in self.pumps.values():
            self._column.removeWidget(card)
            card.deleteLater()
        self.pumps = {}
        for place, name in enumerate(names):
            card = self.pumps[name] = PumpCard(name, self._capacities.get(name))
            card.commanded.connect(self.commanded)
            self._column.insertWidget(2 + place, card)

    def _connect(self) -> None:
        self.camera.commanded.connect(self.commanded)
        self.any_property.commanded.connect(self.commanded)
        self.open.clicked.connect(
            lambda: self.commanded.emit(MoveShutter(opens=True), "open the shutter")
        )
        self.close_button.clicked.connect(
            lambda: self.commanded.emit(MoveShutter(opens=False), "close the shutter")
        )
        self.field.returnPressed.connect(self._name_field)

    def _name_field(self) -> None:
        name = self.field.text().strip()
        if name:
            self.field.clearFocus()
            self.commanded.emit(NameField(name), f"field of view {name}")

    def _lay_out(self) -> QVBoxLayout:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(7)
        column.addWidget(self.camera)
        column.addWidget(self._shutter_card())
        column.addWidget(self.any_property)
        column.addStretch(1)
        title = QLabel("WHO DID WHAT")
        title.setObjectName("section")
        column.addWidget(title)
        self.deeds.setWordWrap(True)
        self.deeds.setObjectName("faint")
        column.addWidget(self.deeds)
        self.setWidget(inside)
        return column

    def _shutter_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 7, 10, 8)
        row = QHBoxLayout()
        row.addWidget(self.shutter, 1)
        row.addWidget(self.open)
        row.addWidget(self.close_button)
        column.addLayout(row)
        row = QHBoxLayout()
        words = QLabel("field of view")
        words.setObjectName("faint")
        self.field.setToolTip("The UV dose is counted for the field of this name (Enter)")
        self.field.setPlaceholderText("A1")
        row.addWidget(words)
        row.addWidget(self.field, 1)
        column.addLayout(row)
        return card


def why_not_by_hand(status: Status) -> str:
    """Why camera and pumps cannot be used by hand now; empty where they can."""
    if status.phase in RUNNING:
        return "Not during a run: the protocol has it"
    if status.phase == "opening":
        return "The rig is being opened"
    if status.phase == "idle":
        return "No rig is open"
    return ""


def deeds_text(deeds: tuple[Deed, ...]) -> str:
    """The newest first: when, who, what."""
    lines = []
    for deed in reversed(deeds[-SHOWN_DEEDS:]):
        when = minutes(deed.t_s) if deed.t_s is not None else deed.utc[11:19]
        lines.append(f"{when}  {deed.who}: {deed.what}")
    return "\n".join(lines)
