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
from onset.viewer.controls.checked_field import CheckedField, NumberField
from onset.viewer.controls.quantity_field import QuantityField
from onset.viewer.controls.schema_fields import Field
from onset.viewer.controls.toml_text import Value
from onset.viewer.icons import icon

ADDER = "QToolButton { padding: 0 7px } QToolButton::menu-indicator { image: none }"


class StepForm(QFrame):
    """Says which key gets which value while it is typed; None takes it out."""

    changed = Signal(str, object)
    looked = Signal()
    """A field is understood that was not, or the other way round."""

    def __init__(self, title: str, fields: tuple[Field, ...], values: Mapping[str, object]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.title = title
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

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What stands in a field and cannot be understood."""
        fields = ((key, w) for key, w in self.widgets.items() if isinstance(w, CheckedField))
        return tuple(f"{self.title}, {key}: {w.mistake}" for key, w in fields if w.mistake)

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
            quantity = QuantityField(field.kind, str(value), field.tip)
            return self._checked(field.key, quantity, lambda _: quantity.written)
        if field.type == "choice" or isinstance(value, bool):
            return self._choice(field, value)
        if isinstance(value, int | float):
            whole = isinstance(value, int)
            number = NumberField(str(value), field.tip or field.key, whole=whole)
            return self._checked(field.key, number, int if whole else float)
        line = QLineEdit(str(value))
        line.setCursorPosition(0)
        line.setToolTip(field.tip or field.key)
        line.textEdited.connect(lambda text: self.changed.emit(field.key, text))
        return line

    def _checked(
        self, key: str, made: CheckedField, as_written: Callable[[float], Value]
    ) -> CheckedField:
        made.may_be_empty = False
        made.looked.connect(self.looked)

        def say() -> None:
            if made.value is not None:
                self.changed.emit(key, as_written(made.value))

        made.textEdited.connect(say)
        return made

    def _choice(self, field: Field, value: object) -> QComboBox:
        box = QComboBox()
        box.setToolTip(field.tip or field.key)
        choices = field.choices or ("true", "false")
        box.addItems(list(choices))
        is_truth = isinstance(value, bool)
        box.setCurrentText(str(value).lower() if is_truth else str(value))
        box.currentTextChanged.connect(
            lambda text: self.changed.emit(field.key, text == "true" if is_truth else text)
        )
        return box

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
        button.setStyleSheet(ADDER)
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
