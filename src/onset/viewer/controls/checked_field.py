"""A field that reads what is typed, and shows with a red frame and a tool tip when it cannot."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit

from onset.viewer.numbers import read_number

Read = Callable[[str], float]
"""Raises `ValueError`, which says what was expected."""


class CheckedField(QLineEdit):
    """Says a value only where it is understood."""

    chosen = Signal(float)
    """The value, when a person has typed a new one."""
    looked = Signal()
    """Whether it is understood has changed."""

    def __init__(self, read: Read, text: str, tip: str, unit: str = "") -> None:
        super().__init__(text)
        self._read, self._tip, self._unit = read, tip, unit
        self.mistake = ""
        self.may_be_empty = True
        self.setToolTip(tip)
        self.textChanged.connect(self._look)
        self.editingFinished.connect(self._choose)

    @property
    def value(self) -> float | None:
        """None where it cannot be understood."""
        try:
            return self._read(self.text())
        except ValueError:
            return None

    def show_value(self, text: str) -> None:
        """Show this unless somebody is typing."""
        if not self.hasFocus() and self.text() != text:
            self.setText(text)
            self.setModified(False)

    def _look(self) -> None:
        before, self.mistake, tip = self.mistake, "", self._tip
        if self.text().strip() or not self.may_be_empty:
            try:
                value = self._read(self.text())
                tip = f"{self._tip}\n= {value:g} {self._unit}" if self._unit else self._tip
            except ValueError as mistake:
                self.mistake = tip = str(mistake)
        self.setToolTip(tip)
        if bool(before) != bool(self.mistake):
            self.setProperty("wrong", bool(self.mistake))
            self.style().unpolish(self)
            self.style().polish(self)
        if before != self.mistake:
            self.looked.emit()

    def _choose(self) -> None:
        if self.isModified() and self.value is not None:
            self.setModified(False)
            self.chosen.emit(self.value)


class NumberField(CheckedField):
    """A plain number, with decimal point or comma."""

    def __init__(self, text: str, tip: str, *, whole: bool = False) -> None:
        super().__init__(_whole if whole else _number, text, tip)


def _number(text: str) -> float:
    number = read_number(text)
    if number is None:
        raise ValueError(f"'{text}' is not a number, such as 1.5 or 1,5")
    return number


def _whole(text: str) -> float:
    number = read_number(text)
    if number is None or not number.is_integer():
        raise ValueError(f"'{text}' is not a whole number")
    return number
