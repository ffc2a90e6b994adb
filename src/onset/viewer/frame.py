"""Where the parts of the window lie; nothing is connected in here."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

COLUMN_PX = 390


def split(picture: QWidget, column: QWidget) -> QSplitter:
    """The picture, and the column beside it."""
    made = QSplitter(Qt.Orientation.Horizontal)
    made.addWidget(picture)
    made.addWidget(column)
    made.setStretchFactor(0, 5)  # of what a larger screen gives, the curves get some
    made.setStretchFactor(1, 1)
    made.setChildrenCollapsible(False)
    made.setSizes([1000, COLUMN_PX])
    return made


def stacked(*pages: QWidget) -> QStackedWidget:
    """One of these is seen."""
    made = QStackedWidget()
    for page in pages:
        made.addWidget(page)
    return made


def whole(top: QWidget, centre: QWidget, below: Sequence[QWidget]) -> QWidget:
    """The bar, what matters, and what is said below it."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(top)
    column.addWidget(centre, 1)
    for part in below:
        column.addWidget(part)
    return made
