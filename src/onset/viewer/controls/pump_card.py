"""One pump: its state, what is left, and buttons with verbs."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from onset.acquisition.messages import PrimePump, PumpView, RunPump, StopPump
from onset.experiment.quantities import RATE_UL_MIN, VOLUME_UL
from onset.viewer.controls.quantity_field import QuantityField
from onset.viewer.controls.syringe_bar import SyringeBar, pump_text

DIRECTIONS = {"infuse": "infuse", "withdraw": "withdraw"}


class PumpCard(QFrame):
    """Says what is to be commanded; shows the snapshot."""

    commanded = Signal(object, str)

    def __init__(self, name: str, capacity_ul: float | None) -> None:
        super().__init__()
        self.setObjectName("card")
        self.pump = name
        self.state = QLabel("\N{EN DASH}")
        self.holds = QLabel("")
        self.bar = SyringeBar(capacity_ul)
        self.rate = QuantityField(RATE_UL_MIN, "7.5 mL/h")
        self.volume = QuantityField(VOLUME_UL, "0.1 mL", "Volume; empty: until stopped")
        self.direction = QComboBox()
        self.prime = QPushButton("Prime")
        self.run = QPushButton("Run")
        self.stop = QPushButton("Stop")
        self._lay_out()
        self.prime.clicked.connect(self._prime)
        self.run.clicked.connect(self._run)
        self.stop.clicked.connect(self._stop)

    def show_pump(self, pump: PumpView, why_not: str) -> None:
        """The snapshot; `why_not` is empty where the pump may be moved by hand."""
        self.bar.show_pump(pump)
        _set(self.state, pump_text(pump))
        strength = f" {pump.ug_per_ml:g} \N{MICRO SIGN}g/mL" if pump.ug_per_ml is not None else ""
        _set(self.holds, f"{pump.reagent}{strength}")
        for button, tip in (
            (self.prime, "Push this volume out to waste at this rate"),
            (self.run, "Move the plunger at this rate, until the volume is delivered or Stop"),
        ):
            button.setEnabled(not why_not)
            button.setToolTip(why_not or tip)

    def _prime(self) -> None:
        rate, volume = self.rate.value, self.volume.value
        if rate is None or volume is None:
            (self.rate if rate is None else self.volume).setFocus()
            return
        words = f"prime {self.pump}: {self.volume.written} at {self.rate.written}"
        self.commanded.emit(PrimePump(self.pump, rate, volume), words)

    def _run(self) -> None:
        rate = self.rate.value
        volume = self.volume.value if self.volume.text().strip() else None
        if rate is None or (volume is None and self.volume.text().strip()):
            (self.rate if rate is None else self.volume).setFocus()
            return
        infuse = self.direction.currentText() == "infuse"
        command = RunPump(self.pump, rate, volume, "infuse" if infuse else "withdraw")
        words = f"{command.direction} with {self.pump} at {self.rate.written}"
        self.commanded.emit(command, words)

    def _stop(self) -> None:
        self.commanded.emit(StopPump(self.pump), f"stop pump {self.pump}")

    def _lay_out(self) -> None:
        self.direction.addItems(list(DIRECTIONS))
        self.direction.setToolTip("Push out or pull back")
        self.stop.setToolTip("Stop this pump now, also during a run")
        name = QLabel(self.pump)
        name.setObjectName("name")
        self.holds.setObjectName("faint")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        column.setSpacing(5)
        head = QHBoxLayout()
        head.addWidget(name)
        head.addWidget(self.holds, 1)
        head.addWidget(self.bar, 1)
        column.addLayout(head)
        column.addWidget(self.state)
        grid = QGridLayout()
        grid.setSpacing(5)
        grid.addWidget(self.rate, 0, 0)
        grid.addWidget(self.volume, 0, 1)
        grid.addWidget(self.direction, 0, 2)
        for place, button in enumerate((self.prime, self.run, self.stop)):
            grid.addWidget(button, 1, place)
        column.addLayout(grid)


def _set(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
