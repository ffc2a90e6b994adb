"""The camera image in a napari canvas, with a scale bar and words over it."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari._vispy.canvas import VispyCanvas
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QLabel, QWidget

from onset.viewer.contrast import Limits
from onset.viewer.seen import Picture


class PictureView:
    """A napari model and its canvas, `canvas`, which is a QWidget."""

    def __init__(self, shape: tuple[int, int], pixel_size_um: float | None) -> None:
        self.model: Any = ViewerModel(title="onset")
        self.canvas: Any = QtViewer(self.model, canvas_class=_plain_canvas)
        self.canvas.dims.hide()
        self.pixel: float = pixel_size_um or 1.0
        self.inverted = False
        self.layer: Any = self.model.add_image(
            np.zeros(shape, np.uint16),
            name="camera",
            scale=(self.pixel, self.pixel),
            units=("um" if pixel_size_um else "pixel",) * 2,
            contrast_limits=(0.0, 1.0),
            interpolation2d="nearest",
        )
        self.clock = _words(self.canvas.canvas.native, "clock_in_picture", 10)
        self.hover = _words(self.canvas.canvas.native, "hover", 46)
        self._limits: Limits | None = None
        self._fit_timer = QTimer(self.canvas)
        self._fit_timer.setSingleShot(True)
        self._fit_timer.timeout.connect(self.fit)
        bar = self.model.canvas.overlays.scale_bar
        bar.visible, bar.position, bar.font_size = True, "bottom_right", 11

    def show(self, picture: Picture) -> None:
        """Put the picture on the canvas."""
        if picture.limits != self._limits:
            self._limit(picture.limits)
        if picture.image.dtype == self.layer.data.dtype:
            np.copyto(self.layer.data, picture.image)  # a third of the time of giving a new array
            self.layer.refresh(thumbnail=False, extent=False, highlight=False)
        else:
            self.layer.data = picture.image.copy()

    def say(self, text: str) -> None:
        """Write the time into the picture."""
        _write(self.clock, text)

    def point_out(self, text: str) -> None:
        """Write what is under the pointer."""
        _write(self.hover, text)

    def invert(self, inverted: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Bright on dark, or dark on bright."""
        self.inverted = inverted
        self.layer.colormap = "gray_r" if inverted else "gray"

    def fit(self) -> None:
        """The whole field, as large as it goes."""
        self.model.reset_view(margin=0.01)

    def fit_soon(self) -> None:
        """Once the canvas has its new size."""
        self._fit_timer.start(0)

    def close(self) -> None:
        """Let the canvas go."""
        self._fit_timer.stop()
        self.canvas.close()

    def _limit(self, limits: Limits) -> None:
        span = limits.high - limits.low
        self.layer.contrast_limits_range = (limits.low - 2 * span, limits.high + 8 * span)
        self.layer.contrast_limits = (limits.low, limits.high)
        self._limits = limits


def _plain_canvas(**given: Any) -> Any:
    """Without multisampling: rings are smooth by themselves, software OpenGL is twice as fast."""
    return VispyCanvas(**(given | {"config": {"samples": 0}}))


def _words(over: QWidget, name: str, y: int) -> QLabel:
    label = QLabel("", over)
    label.setObjectName(name)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.move(10, y)
    label.hide()
    return label


def _write(label: QLabel, text: str) -> None:
    if text != label.text():
        label.setText(text)
        label.adjustSize()
        label.setVisible(bool(text))
        label.raise_()
