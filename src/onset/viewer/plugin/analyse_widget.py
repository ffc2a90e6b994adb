"""napari's widget "Analyse recording": places, fits and populations, off Qt's thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from onset.analysis.analysis import FOLDER, Analysis
from onset.analysis.tables import analyse
from onset.viewer.colours import onset_colours
from onset.viewer.controls.later import Later
from onset.viewer.plugin.layers import RING_PX

STAGES = ("find", "measure", "fit")


class AnalyseWidget(QWidget):
    """Analyses a folder and adds its spots as points, one feature per column of the table."""

    _progressed = Signal(str, float)

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.later = Later(self)
        self.folder, self.browse = QLineEdit(), QPushButton("...")
        self.begin, self.progress, self.words = QPushButton("Analyse"), QProgressBar(), QLabel("")
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        column.addLayout(row)
        for widget in (self.begin, self.progress, self.words):
            column.addWidget(widget)
        column.addStretch(1)
        self.folder.setPlaceholderText("recording folder")
        self.folder.setText(self._of_layers())
        self.progress.setRange(0, 100 * len(STAGES))
        self.browse.clicked.connect(self._browse)
        self.begin.clicked.connect(self.analyse)
        self._progressed.connect(self._show_progress)

    def analyse(self) -> None:
        """Begin; the result is a layer."""
        folder = Path(self.folder.text())
        self.begin.setEnabled(False)
        self.words.setText("")
        self.later.do(
            "analyse",
            lambda: analyse(folder, progress=self._progressed.emit),
            self._show,
            self._say,
        )

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """The dock was closed."""
        self.later.close()
        super().closeEvent(event)

    def _of_layers(self) -> str:
        for layer in self.viewer.layers:
            known = layer.metadata.get("onset")
            if known:
                return str(known["recording"])
        return ""

    def _show_progress(self, stage: str, part: float) -> None:
        place = STAGES.index(stage) if stage in STAGES else 0
        self.progress.setValue(round(100 * (place + part)))

    def _show(self, analysis: Analysis) -> None:
        spots = analysis.spots
        layer = self._image_layer(analysis.folder)
        scale = tuple(layer.scale[-2:]) if layer is not None else (1.0, 1.0)
        onsets = spots["waiting_s"].to_numpy(float)
        known = np.isfinite(onsets)
        last = float(np.percentile(onsets[known], 99)) if known.any() else 1.0
        part = np.clip(np.where(known, onsets, 0.0) / max(last, 1e-9), 0, 1)
        self.viewer.add_points(
            spots[["y_px", "x_px"]].to_numpy(float),
            name="analysed spots",
            scale=scale,
            units=layer.units[-2:] if layer is not None else None,
            size=RING_PX,
            face_color="transparent",
            border_color=onset_colours(part),
            border_width=0.15,
            features=spots,
        )
        found = analysis.populations
        self._say(
            f"{found['n_spots']} spots: {found['n_single']} single, {found['n_cluster']} cluster. "
            f"Tables: {analysis.folder / FOLDER}"
        )

    def _image_layer(self, folder: Path) -> Any:
        for layer in self.viewer.layers:
            known = layer.metadata.get("onset")
            if known and Path(known["recording"]) == folder:
                return layer
        return None

    def _say(self, words: str) -> None:
        self.begin.setEnabled(True)
        self.words.setText(words)

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Recording", self.folder.text())
        if name:
            self.folder.setText(name)
