"""Files that a person asks for: the picture, the curves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import tifffile
from qtpy.QtWidgets import QFileDialog, QWidget

from onset.viewer.canvas import Canvas
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


def ask_snapshot_file(parent: QWidget, picture: Picture) -> Path | None:
    """Where to save it."""
    when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    first = f"snapshot_{when}_frame{picture.number}.tif"
    name, _ = QFileDialog.getSaveFileName(
        parent, "Snapshot", first, "Raw pixels (*.tif);;As shown (*.png)"
    )
    return Path(name) if name else None


def ask_curves_file(parent: QWidget, kind: str) -> Path | None:
    """Where to save the curves."""
    name, _ = QFileDialog.getSaveFileName(parent, "Export curves", f"curves.{kind}", FILTERS[kind])
    return Path(name).with_suffix(f".{kind}") if name else None
