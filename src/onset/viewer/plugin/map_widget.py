"""napari's widget "Onset map": the field coloured by the onset of the nearest spot, as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from onset.viewer.onset_map import onset_map_s
from onset.viewer.spots import Spots

COLUMNS = ("since_injection_s", "waiting_s", "onset_s", "t0_s")
"""Of the points' features, the first that is there."""


class MapWidget(QWidget):
    """Makes an image layer from a points layer that has onsets."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.chooser, self.make, self.words = QComboBox(), QPushButton("Make map"), QLabel("")
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        for widget in (self.chooser, self.make, self.words):
            column.addWidget(widget)
        column.addStretch(1)
        self.make.clicked.connect(self.make_map)
        self.viewer.layers.events.inserted.connect(self._offer)
        self.viewer.layers.events.removed.connect(self._offer)
        self._offer()

    def make_map(self) -> None:
        """Add the map of the chosen points."""
        layer = self.chooser.currentData()
        shape = next((one.data.shape[-2:] for one in self.viewer.layers if _is_image(one)), None)
        if layer is None or shape is None:
            self.words.setText("This needs a film and a points layer with onsets.")
            return
        column = next(name for name in COLUMNS if name in layer.features)
        spots = _spots(layer, column)
        onsets_s = onset_map_s(spots, np.isfinite(spots.onset_s), tuple(shape))
        known = onsets_s[np.isfinite(onsets_s)]
        limits = (float(known.min()), float(max(known.max(), known.min() + 1e-6)))
        self.viewer.add_image(
            onsets_s,
            name=f"onset map ({column})",
            scale=layer.scale[-2:],
            units=layer.units[-2:],
            colormap="viridis",
            contrast_limits=limits,
            blending="additive",
            opacity=0.6,
        )
        self.words.setText(f"{len(spots)} spots, {limits[0]:.1f} to {limits[1]:.1f} s")

    def _offer(self, _: Any = None) -> None:
        self.chooser.clear()
        for layer in self.viewer.layers:
            if any(name in getattr(layer, "features", {}) for name in COLUMNS):
                self.chooser.addItem(layer.name, layer)


def _is_image(layer: Any) -> bool:
    return type(layer).__name__ == "Image" and not layer.name.startswith("onset map")


def _spots(layer: Any, column: str) -> Spots:
    n = len(layer.data)
    return Spots(
        number=np.arange(n),
        y_px=np.asarray(layer.data[:, -2], float),
        x_px=np.asarray(layer.data[:, -1], float),
        turned_off=np.zeros(n, np.bool_),
        onset_s=np.asarray(layer.features[column], float),
        detected_frame=np.zeros(n, np.int64),
    )
