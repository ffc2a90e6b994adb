"""A field for a quantity with its unit, understood in any equivalent one, shown as typed."""

from __future__ import annotations

from onset.experiment.quantities import Kind
from onset.viewer.controls.checked_field import CheckedField
from onset.viewer.numbers import read_quantity, with_point


class QuantityField(CheckedField):
    """`7.5 mL/h`, `7,5 mL/h`, `125 uL/min`: the same rate."""

    def __init__(self, kind: Kind, text: str = "", tip: str = "") -> None:
        tip = tip or f"{kind.name} with its unit, such as '{kind.example}'"
        super().__init__(lambda typed: read_quantity(typed, kind), text, tip, kind.unit)
        self.setPlaceholderText(kind.example)

    @property
    def written(self) -> str:
        """As a file says it."""
        return with_point(self.text().strip())
