"""What the curves show, as a picture, a drawing, or a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtSvg import QSvgGenerator

from onset.viewer.curves import Curves
from onset.viewer.spots import Floats

SCALE = 2
"""Pixels of the exported picture per pixel of the screen."""


def export_curves(curves: Curves, file: Path) -> None:
    """Write PNG, SVG or CSV by the file's ending."""
    if file.suffix == ".csv":
        write_columns(curves.columns(), file)
    elif file.suffix == ".svg":
        _draw(curves, file)
    else:
        _paint(curves, file)


def _paint(curves: Curves, file: Path) -> None:
    picture = QImage(curves.size() * SCALE, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(SCALE)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    curves.render(painter)
    painter.end()
    picture.save(str(file))


def _draw(curves: Curves, file: Path) -> None:
    drawing = QSvgGenerator()
    drawing.setFileName(str(file))
    drawing.setSize(curves.size())
    drawing.setViewBox(QRect(0, 0, curves.width(), curves.height()))
    drawing.setTitle("onset: curves")
    painter = QPainter(drawing)
    curves.render(painter)
    painter.end()


def write_columns(columns: dict[str, Floats], file: Path) -> None:
    """One row per frame; empty where a value is not known."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow("" if np.isnan(value) else f"{value:.6g}" for value in row)
