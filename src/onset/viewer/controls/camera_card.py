"""The camera: preview, exposure, binning, gain, region."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from onset.acquisition.messages import (
    Autoshutter,
    CameraView,
    Preview,
    SetBinning,
    SetExposure,
    SetGain,
    SetRoi,
    Status,
)
from onset.experiment.quantities import TIME_MS
from onset.viewer.controls.checked_field import NumberField
from onset.viewer.controls.quantity_field import QuantityField

BINNINGS = (1, 2, 4, 8)


class CameraCard(QFrame):
    """Says what is to be commanded; shows the snapshot."""

    commanded = Signal(object, str)
    region_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.preview = QPushButton("Preview")
        self.autoshutter = QCheckBox("UV with preview")
        self.exposure = QuantityField(TIME_MS, "", "Time of exposure, such as '50 ms'")
        self.binning = QComboBox()
        self.gain = NumberField("", "Gain, in the camera's own units")
        self.region = QLabel("\N{EN DASH}")
        self.draw = QPushButton("Draw region")
        self.whole = QPushButton("Whole sensor")
        self._camera: CameraView | None = None
        self._lay_out()
        self._connect()

    def show_status(self, status: Status, why_not: str) -> None:
        """The snapshot; `why_not` is empty where the camera may be set by hand."""
        previews = status.phase == "preview"
        self.preview.setText("Stop preview" if previews else "Preview")
        tips = {
            self.preview: "Show the camera without recording (P)",
            self.autoshutter: "Open the shutter with the preview and close it with it. "
            "Off: the shutter stays shut",
            self.binning: "Sum n x n pixels",
            self.draw: "Drag a rectangle on the picture: only this part is read out",
            self.whole: "Read out the whole sensor",
        }
        for widget, tip in tips.items():
            widget.setEnabled(not why_not)
            widget.setToolTip(why_not or tip)
        for field in (self.exposure, self.gain):
            field.setEnabled(not why_not)
        with QSignalBlocker(self.autoshutter):
            self.autoshutter.setChecked(status.autoshutter)
        if status.camera is not None and status.camera != self._camera:
            self._camera = status.camera
            self._show_camera(status.camera)

    def _show_camera(self, camera: CameraView) -> None:
        self.exposure.show_value(f"{camera.exposure_ms:g} ms")
        with QSignalBlocker(self.binning):
            self.binning.setCurrentText(str(camera.binning or 1))
        self.gain.show_value("" if camera.gain is None else f"{camera.gain:g}")
        self.gain.setPlaceholderText("none" if camera.gain is None else "")
        x, y, width, height = camera.roi
        times = "\N{MULTIPLICATION SIGN}"
        self.region.setText(f"{width} {times} {height} px at {x}, {y}")

    def _connect(self) -> None:
        self.preview.clicked.connect(
            lambda: self._command(Preview(self.preview.text() == "Preview"), "preview")
        )
        self.autoshutter.toggled.connect(
            lambda on: self._command(Autoshutter(on), "shutter with the preview")
        )
        self.exposure.chosen.connect(
            lambda ms: self._command(SetExposure(ms), f"expose {self.exposure.written}")
        )
        self.binning.currentTextChanged.connect(
            lambda text: self._command(SetBinning(int(text)), f"bin {text} x {text}")
        )
        self.gain.chosen.connect(lambda gain: self._command(SetGain(gain), f"gain {gain:g}"))
        self.draw.clicked.connect(self.region_asked)
        self.whole.clicked.connect(lambda: self._command(SetRoi(), "read out the whole sensor"))

    def _command(self, command: object, words: str) -> None:
        self.commanded.emit(command, words)

    def _lay_out(self) -> None:
        self.binning.addItems([str(n) for n in BINNINGS])
        name = QLabel("Camera")
        name.setObjectName("name")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        column.setSpacing(5)
        head = QHBoxLayout()
        head.addWidget(name, 1)
        head.addWidget(self.autoshutter)
        head.addWidget(self.preview)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(5)
        labelled = (("exposure", self.exposure), ("binning", self.binning), ("gain", self.gain))
        for place, (words, widget) in enumerate(labelled):
            label = QLabel(words)
            label.setObjectName("faint")
            grid.addWidget(label, 0, place)
            grid.addWidget(widget, 1, place)
        column.addLayout(grid)
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(self.region, 1)
        row.addWidget(self.draw)
        row.addWidget(self.whole)
        column.addLayout(row)
