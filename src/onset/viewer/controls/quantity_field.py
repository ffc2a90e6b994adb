"""A field for a quantity with its unit, understood in any equivalent one, shown as typed."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit

from onset.experiment.quantities import Kind
from onset.viewer.numbers import read_quantity, with_point


class QuantityField(QLineEdit):
    """`7.5 mL/h`, `7,5 mL/h`, `125 uL/min`: the same rate."""

    chosen = Signal(float)
    """The value in the unit of its kind, when a person has typed a new one."""

    def __init__(self, kind: Kind, text: str = "", tip: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self._tip = tip or f"{kind.name} with its unit, such as '{kind.example}'"
        self.setPlaceholderText(kind.example)
        self.setToolTip(self._tip)
        self.textChanged.connect(self._look)
        self.editingFinished.connect(self._choose)

    @property
    def value(self) -> float | None:
        """In the unit of its kind; None where it cannot be understood."""
        try:
            return read_quantity(self.text(), self.kind)
        except ValueError:
            return None

    @property
    def written(self) -> str:
        """As a file says it."""
        return with_point(self.text().strip())

    def show_value(self, text: str) -> None:
        """Show this unless somebody is typing."""
        if not self.hasFocus() and self.text() != text:
            self.setText(text)
            self.setModified(False)

    def _look(self) -> None:
        wrong, tip = False, self._tip
        if self.text().strip():
            try:
                value = read_quantity(self.text(), self.kind)
                tip = f"{self._tip}\n= {value:g} {self.kind.unit}"
            except ValueError as mistake:
                wrong, tip = True, str(mistake)
        self.setToolTip(tip)
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)

    def _choose(self) -> None:
        if self.isModified() and self.value is not None:
            self.setModified(False)
            self.chosen.emit(self.value)
