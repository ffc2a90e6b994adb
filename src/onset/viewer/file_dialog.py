"""Choose a file in a dialog that blocks nothing: STOP stays within reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QWidget

Purpose = Literal["open", "save", "folder"]


def choose_file(
    parent: QWidget,
    title: str,
    start: Path,
    pattern: str,
    then: Callable[[Path], object],
    purpose: Purpose = "open",
) -> QFileDialog:
    """Show it and come back at once; `then` gets what was chosen."""
    dialog = QFileDialog(parent, title, str(start.parent), pattern)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)  # those of some systems are modal
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if purpose == "folder":
        dialog.setFileMode(QFileDialog.FileMode.Directory)
    elif purpose == "save":
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(start.name)
        dialog.setDefaultSuffix(start.suffix.lstrip("."))
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.show()
    return dialog
