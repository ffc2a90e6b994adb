"""A form for one table of a protocol, made from its schema; keys are added on asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from onset.viewer.colours import theme
from onset.viewer.controls.quantity_field import QuantityField
from onset.viewer.controls.schema_fields import Field
from onset.viewer.controls.toml_text import Value
from onset.viewer.icons import icon
from onset.viewer.numbers import read_number

ADDER = "QToolButton { padding: 0 7px } QToolButton::menu-indicator { image: none }"


class StepForm(QFrame):
    """Says which key gets which value; None takes it out."""

    changed = Signal(str, object)

    def __init__(self, title: str, fields: tuple[Field, ...], values: Mapping[str, object]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.widgets: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 7)
        column.setSpacing(3)
        head = QHBoxLayout()
        name = QLabel(title)
        name.setObjectName("name")
        head.addWidget(name, 1)
        absent = [field for field in fields if field.key not in values and field.type != "any"]
        if absent:
            head.addWidget(self._adder(absent))
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(4)
        grid.setColumnMinimumWidth(0, 88)
        known = {field.key: field for field in fields}
        row = 0
        for key, value in values.items():
            field = known.get(key) or Field(key, "any", required=False)
            if key == "do" or isinstance(value, dict | list):
                continue
            self._add_row(grid, row, field, value)
            row += 1
        column.addLayout(grid)

    def _add_row(self, grid: QGridLayout, row: int, field: Field, value: object) -> None:
        label = QLabel(field.key)
        label.setObjectName("faint")
        widget = self._widget(field, value)
        self.widgets[field.key] = widget
        grid.addWidget(label, row, 0)
        grid.addWidget(widget, row, 1)
        if not field.required:
            grid.addWidget(self._remover(field), row, 2)

    def _widget(self, field: Field, value: object) -> QWidget:
        if field.type == "quantity" and field.kind is not None:
            made = QuantityField(field.kind, str(value), field.tip)
            made.chosen.connect(lambda _: self.changed.emit(field.key, made.written))
            return made
        if field.type == "choice" or isinstance(value, bool):
            return self._choice(field, value)
        line = QLineEdit(str(value))
        line.setToolTip(field.tip)
        read = _number_like(value) if isinstance(value, int | float) else str
        line.editingFinished.connect(lambda: self._typed(field.key, line, read))
        return line

    def _choice(self, field: Field, value: object) -> QComboBox:
        box = QComboBox()
        box.setToolTip(field.tip)
        choices = field.choices or ("true", "false")
        box.addItems(list(choices))
        is_truth = isinstance(value, bool)
        box.setCurrentText(str(value).lower() if is_truth else str(value))
        box.currentTextChanged.connect(
            lambda text: self.changed.emit(field.key, text == "true" if is_truth else text)
        )
        return box

    def _typed(self, key: str, line: QLineEdit, read: Callable[[str], Value | None]) -> None:
        value = read(line.text())
        if line.isModified() and value is not None:
            line.setModified(False)
            self.changed.emit(key, value)

    def _remover(self, field: Field) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("close", theme().faint))
        button.setToolTip(f"Leave out '{field.key}'")
        button.setAutoRaise(True)
        button.setStyleSheet("padding: 1px; border: 0; background: transparent")
        button.clicked.connect(lambda: self.changed.emit(field.key, None))
        return button

    def _adder(self, absent: list[Field]) -> QToolButton:
        button = QToolButton()
        button.setText("+")
        button.setToolTip("Another key for this step: " + ", ".join(f.key for f in absent))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setStyleSheet(
            "QToolButton { padding: 0 7px } QToolButton::menu-indicator { image: none }"
        )
        menu = QMenu(button)
        for field in absent:
            menu.addAction(
                field.key, lambda field=field: self.changed.emit(field.key, first_value(field))
            )
        button.setMenu(menu)
        return button


def first_value(field: Field) -> Value:
    """What a key starts with when it is added."""
    if field.kind is not None:
        return field.kind.example
    if field.choices:
        return field.choices[0]
    if field.type == "list":
        return [0, 0, 512, 512]
    return 1 if field.type == "whole" else "..."


def _number_like(value: object) -> Callable[[str], Value | None]:
    def read(text: str) -> Value | None:
        number = read_number(text)
        if number is None:
            return None
        return int(number) if isinstance(value, int) and number.is_integer() else number

    return read
