"""Files that a person asks for: the picture, the curves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import tifffile
from qtpy.QtWidgets import QWidget

from onset.viewer.canvas import Canvas
from onset.viewer.file_dialog import choose_file
from onset.viewer.seen import Picture

FILTERS = {
    "png": "Picture (*.png)", "svg": "Drawing (*.svg)", "csv": "Table (*.csv)",
}  # fmt: skip


def save_snapshot(picture: Picture, canvas: Canvas, file: Path) -> None:
    """Raw pixels as TIFF with the pixel size, or the canvas as it is seen as PNG."""
    if file.suffix.lower() in (".tif", ".tiff"):
        um = canvas.pixel_size_um
        per_cm = (1e4 / um, 1e4 / um) if um else None
        note = f"frame {picture.number}, {picture.t_s:.4f} s"
        unit = "CENTIMETER" if um else None
        tifffile.imwrite(
            file, picture.image, description=note, resolution=per_cm, resolutionunit=unit
        )
    else:
        canvas.grab().save(str(file))


def ask_snapshot_file(parent: QWidget, picture: Picture, then: Callable[[Path], object]) -> None:
    """Where to save it."""
    when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    first = Path(f"snapshot_{when}_frame{picture.number}.tif").absolute()
    pattern = "Raw pixels (*.tif);;As shown (*.png)"
    choose_file(parent, "Snapshot", first, pattern, then, "save")


def ask_curves_file(parent: QWidget, kind: str, then: Callable[[Path], object]) -> None:
    """Where to save the curves."""
    first = Path(f"curves.{kind}").absolute()
    choose_file(parent, "Export curves", first, FILTERS[kind], then, "save")
