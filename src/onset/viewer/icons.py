"""Icons that are shipped with the package: computers at microscopes are offline."""

from __future__ import annotations

from functools import cache
from importlib import resources

from qtpy.QtCore import QByteArray, QRectF, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64)


@cache
def icon(name: str, colour: str) -> QIcon:
    """The drawing `icons/NAME.svg` in a colour, sharp at every size."""
    file = resources.files("onset.viewer").joinpath("icons", f"{name}.svg")
    drawing = file.read_text(encoding="utf-8").replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    made = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        made.addPixmap(pixmap)
    return made
