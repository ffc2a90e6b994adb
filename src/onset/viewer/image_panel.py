"""How the picture is shown: limits, direction, layers, region, snapshot, focus."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtGui import QFont
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from onset.viewer.canvas import Region
from onset.viewer.contrast import Limits
from onset.viewer.controls.checked_field import NumberField
from onset.viewer.histogram import Histogram
from onset.viewer.seen import Picture
from onset.viewer.sparkline import FocusLine

GAP_PX = 6
"""Above a heading."""
SHOWN_AS = "Pixel value (ADU) that is shown as {}"


class ImagePanel(QWidget):
    """Says what a person wants to see; shows what it is told."""

    limits_chosen = Signal(object)
    """Limits, or None for automatic."""
    invert_toggled = Signal(bool)
    rings_toggled = Signal(bool)
    map_toggled = Signal(bool)
    snapshot_asked = Signal()
    region_asked = Signal()
    whole_sensor_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.histogram = Histogram()
        self.auto = QCheckBox("automatic")
        self.low, self.high = (NumberField("", SHOWN_AS.format(end)) for end in ("black", "white"))
        self.invert = QCheckBox("inverted (I)")
        self.rings = QCheckBox("rings (R)")
        self.map = QCheckBox("onset map (M)")
        self.saturated = QLabel("")
        self.pixel = QLabel("\N{EN DASH}")
        self.focus = FocusLine()
        self.snapshot = QPushButton("Snapshot ...")
        self.region = QPushButton("Draw region")
        self.whole = QPushButton("Whole sensor")
        self._limits = Limits(0.0, 1.0)
        self._connect()
        self._lay_out()

    def show_picture(self, picture: Picture) -> None:
        """Histogram, limits, saturation, focus."""
        levels, limits = picture.levels, picture.limits
        self.histogram.show_levels(levels, limits)
        new = limits != self._limits or not self.low.text()
        if new and not (self.low.hasFocus() or self.high.hasFocus()):
            self.low.setText(f"{limits.low:.0f}")
            self.high.setText(f"{limits.high:.0f}")
        self._limits = limits
        words = f"{levels.saturated:,} pixels saturated (red)" if levels.saturated else ""
        if words != self.saturated.text():
            self.saturated.setText(words)
        self.focus.show_focus(picture.focus)

    def show_pixel(self, text: str) -> None:
        """What is under the pointer."""
        self.pixel.setText(text)

    def show_region(self, region: Region | None, *, can_set: bool, why_not: str) -> None:
        """Whether a region can be sent to the camera now."""
        for button in (self.region, self.whole):
            button.setEnabled(can_set)
        tip = "Drag a rectangle on the picture: the camera then reads out only this part"
        self.region.setToolTip(tip if can_set else why_not)
        self.whole.setToolTip("Read out the whole sensor again" if can_set else why_not)
        size = f" {region.width} \N{MULTIPLICATION SIGN} {region.height}" if region else ""
        self.region.setText(f"Draw region{size}")

    def show_auto(self, *, auto: bool) -> None:
        """Tick the box without telling anybody."""
        with QSignalBlocker(self.auto):
            self.auto.setChecked(auto)

    def _connect(self) -> None:
        self.auto.setChecked(True)
        self.rings.setChecked(True)
        self.auto.toggled.connect(lambda on: self.limits_chosen.emit(None if on else self._limits))
        self.histogram.limits_dragged.connect(self._manual)
        for field in (self.low, self.high):
            field.chosen.connect(lambda _: self._typed())
        self.rings.setToolTip("A ring round every spot that has turned on (R)")
        self.invert.setToolTip("Dark spots on a bright ground (I)")
        self.invert.toggled.connect(self.invert_toggled)
        self.rings.toggled.connect(self.rings_toggled)
        self.map.toggled.connect(self.map_toggled)
        self.map.setToolTip("Colour the field by the onset of the nearest spot")
        self.auto.setToolTip("Limits follow the picture, slowly enough not to flicker (A)")
        self.snapshot.clicked.connect(self.snapshot_asked)
        self.snapshot.setToolTip("Save this picture: raw (TIFF) or as shown (PNG) (Ctrl+S)")
        self.region.clicked.connect(self.region_asked)
        self.whole.clicked.connect(self.whole_sensor_asked)

    def _manual(self, limits: Limits) -> None:
        self.show_auto(auto=False)
        self.limits_chosen.emit(limits)

    def _typed(self) -> None:
        low, high = self.low.value, self.high.value
        if low is not None and high is not None and high > low:
            self._manual(Limits(low, high))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(7)
        column.addWidget(section("CONTRAST"))
        column.addWidget(self.histogram)
        column.addLayout(_row(QLabel("black"), self.low, QLabel("white"), self.high, self.auto))
        self.saturated.setObjectName("bad")
        column.addWidget(self.saturated)
        column.addWidget(section("LAYERS"))
        column.addLayout(_row(self.rings, self.map, self.invert))
        column.addSpacing(GAP_PX)
        column.addWidget(section("FOCUS"))
        column.addWidget(self.focus)
        column.addSpacing(GAP_PX)
        column.addWidget(section("PIXEL"))
        font = QFont("monospace")
        self.pixel.setFont(font)
        column.addWidget(self.pixel)
        column.addSpacing(GAP_PX)
        column.addWidget(section("CAMERA REGION AND FILES"))
        column.addLayout(_row(self.region, self.whole))
        column.addLayout(_row(self.snapshot))
        column.addStretch(1)


def section(words: str) -> QLabel:
    """A small heading."""
    label = QLabel(words)
    label.setObjectName("section")
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(7)
    for widget in widgets:
        row.addWidget(widget)
    return row
