"""Any property of any Micro-Manager device: which one, and its new value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCompleter,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from onset.acquisition.messages import PropertyValue, SetProperty
from onset.viewer.numbers import read_number

PARTS = ("device", "property", "value")


class PropertyCard(QFrame):
    """Offers what the rig's configuration names; takes any other too."""

    commanded = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.fields = {part: QLineEdit() for part in PARTS}
        self.set = QPushButton("Set")
        self._known: Mapping[str, tuple[str, ...]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        title = QLabel("Property")
        title.setObjectName("name")
        column.addWidget(title)
        grid = QGridLayout()
        grid.setSpacing(5)
        for place, (part, field) in enumerate(self.fields.items()):
            field.setPlaceholderText(part)
            grid.addWidget(field, 0, place)
        grid.addWidget(self.set, 0, len(PARTS))
        column.addLayout(grid)
        self.fields["device"].textChanged.connect(self._offer_properties)
        self.fields["value"].returnPressed.connect(self._send)
        self.set.clicked.connect(self._send)
        self.allow("No rig is open")

    def know(self, properties: Mapping[str, tuple[str, ...]]) -> None:
        """Properties by device, as the rig's configuration names them."""
        self._known = properties
        self.fields["device"].setCompleter(_completer(tuple(properties)))

    def allow(self, why_not: str) -> None:
        """Whether a property can be set now, and why not."""
        self.set.setEnabled(not why_not)
        self.set.setToolTip(why_not or "Set this property; it stands under who did what")

    def _offer_properties(self, device: str) -> None:
        self.fields["property"].setCompleter(_completer(self._known.get(device, ())))

    def _send(self) -> None:
        device, name, typed = (self.fields[part].text().strip() for part in PARTS)
        if not (device and name and typed and self.set.isEnabled()):
            return
        number = read_number(typed)
        value: PropertyValue = typed
        if number is not None:
            value = int(number) if number.is_integer() else number
        self.commanded.emit(SetProperty(device, name, value), f"{device} {name} = {typed}")


def configured(file: Path) -> dict[str, tuple[str, ...]]:
    """Devices of a Micro-Manager configuration file with the properties that it sets."""
    found: dict[str, list[str]] = {"Core": []}
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    for line in lines:
        parts = [part.strip() for part in line.removeprefix("#py ").split(",")]
        if parts[0] in ("Device", "pyDevice") and len(parts) > 1:
            found.setdefault(parts[1], [])
        elif parts[0] == "Property" and len(parts) > 2:
            found.setdefault(parts[1], []).append(parts[2])
    return {device: tuple(dict.fromkeys(names)) for device, names in found.items()}


def _completer(words: tuple[str, ...]) -> QCompleter:
    completer = QCompleter(list(words))
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return completer
