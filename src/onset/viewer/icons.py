"""Icons that are shipped with the package: computers at microscopes are offline."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from qtpy.QtCore import QByteArray, QRectF, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtSvg import QSvgRenderer

FOLDER = Path(__file__).with_name("icons")
SIZES = (16, 24, 32, 48, 64)


def drawing(name: str) -> str:
    """The file of a drawing with its own colour, as a style sheet names it."""
    return (FOLDER / f"{name}.svg").as_posix()


@cache
def icon(name: str, colour: str) -> QIcon:
    """The drawing `icons/NAME.svg` in a colour, sharp at every size."""
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    made = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        made.addPixmap(pixmap)
    return made
