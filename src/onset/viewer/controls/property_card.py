"""Any property of any Micro-Manager device: which one, what it may be, and its new value."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout

from onset.acquisition.messages import PropertyValue, SetProperty, Status
from onset.acquisition.property_list import PropertyView, read_properties
from onset.viewer.controls.later import Later
from onset.viewer.numbers import read_number

TIPS = {
    "device": "Device, as Micro-Manager's configuration names it",
    "property": "Property of this device",
    "value": "New value, in the device's own units",
}


class PropertyCard(QFrame):
    """Offers what the instrument has listed; a value is chosen where only some are allowed."""

    commanded = Signal(object, str)

    def __init__(self, later: Later) -> None:
        super().__init__()
        self.setObjectName("card")
        self.device, self.name, self.value = QComboBox(), QComboBox(), QComboBox()
        self.set = QPushButton("Set")
        self.about = QLabel("")
        self._later = later
        self._why_not = "No rig is open"
        self._listed: tuple[object, ...] = ()
        self._known: tuple[PropertyView, ...] = ()
        self._lay_out()
        self.device.currentTextChanged.connect(self._offer_names)
        self.name.currentTextChanged.connect(self._offer_values)
        self.set.clicked.connect(self._send)
        self._allow()

    def show_status(self, status: Status) -> None:
        """Read the list again when something may have changed it."""
        self._why_not = "No rig is open" if status.phase in ("idle", "opening") else ""
        listed = (status.properties, len(status.deeds), status.deeds[-1:])
        file = status.properties
        if listed != self._listed:
            self._listed = listed
            if file is not None:
                self._read(file)
        self._allow()

    @property
    def view(self) -> PropertyView | None:
        """The property that is chosen."""
        place = (self.device.currentText(), self.name.currentText())
        return next((view for view in self._known if (view.device, view.name) == place), None)

    def _read(self, file: Path) -> None:
        def gone(_: str) -> None:
            """The rig was closed meanwhile: the next status says so."""

        self._later.do("properties", lambda: read_properties(file), self._know, gone)

    def _know(self, views: tuple[PropertyView, ...]) -> None:
        if views == self._known:
            return
        before, self._known = self.view, views
        device, name = self.device.currentText(), self.name.currentText()
        with QSignalBlocker(self.device), QSignalBlocker(self.name):
            _offer(self.device, tuple(dict.fromkeys(view.device for view in views)), device)
            _offer(self.name, self._names(), name)
        if before is None or before != self.view:  # what somebody types stays
            self._offer_values()

    def _names(self) -> tuple[str, ...]:
        return tuple(v.name for v in self._known if v.device == self.device.currentText())

    def _offer_names(self) -> None:
        with QSignalBlocker(self.name):
            _offer(self.name, self._names(), "")
        self._offer_values()

    def _offer_values(self) -> None:
        view = self.view
        allowed = view.allowed if view is not None else ()
        self.value.setEditable(not allowed)
        _offer(self.value, allowed, view.value if view else "")
        if view is not None and not allowed:
            self.value.setEditText(view.value)
        self.about.setText(about(view) if view is not None else "")
        self._allow()

    def _allow(self) -> None:
        why_not = self._why_not
        if not why_not and self.view is not None and self.view.read_only:
            why_not = "This property can only be read"
        self.set.setEnabled(not why_not)
        self.set.setToolTip(why_not or "Set this property; it stands under who did what")

    def _send(self) -> None:
        view, typed = self.view, self.value.currentText().strip()
        if view is None or not typed:
            return
        number = None if view.allowed else read_number(typed)
        value: PropertyValue = typed
        if number is not None:
            value = int(number) if number.is_integer() else number
        words = f"{view.device} {view.name} = {typed}"
        self.commanded.emit(SetProperty(view.device, view.name, value), words)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        title = QLabel("Property")
        title.setObjectName("name")
        column.addWidget(title)
        grid = QGridLayout()
        grid.setSpacing(5)
        boxes = {"device": self.device, "property": self.name, "value": self.value}
        for box, tip in zip(boxes.values(), TIPS.values(), strict=True):
            box.setToolTip(tip)
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        grid.addWidget(self.device, 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 2)
        grid.addWidget(self.value, 1, 0, 1, 2)
        grid.addWidget(self.set, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self.about.setObjectName("faint")
        self.about.setWordWrap(True)
        column.addWidget(self.about)


def about(view: PropertyView) -> str:
    """What a property is now, and what it may be."""
    now = f"now {view.value}" if view.value else "now empty"
    if view.read_only:
        return f"{now}; can only be read"
    if view.allowed:
        return f"{now}; one of {len(view.allowed)}"
    if view.low is not None and view.high is not None:
        return f"{now}; from {view.low:g} to {view.high:g}"
    return now


def _offer(box: QComboBox, words: tuple[str, ...], chosen: str) -> None:
    """These words, the chosen one shown if it is there."""
    with QSignalBlocker(box):
        box.clear()
        box.addItems(list(words))
        if chosen in words:
            box.setCurrentText(chosen)
