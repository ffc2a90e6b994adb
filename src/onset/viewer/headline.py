"""The number of spots that have turned on, large."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from onset.viewer.spots import Bools, Floats, Spots

RECENT_S = 5.0


class Headline(QWidget):
    """TURNED ON 312 (+7 in 5 s)."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.count, self.recent = QLabel("TURNED ON"), QLabel("0"), QLabel("")
        self.words.setObjectName("words")
        self.count.setObjectName("count")
        self.recent.setObjectName("recent")
        self.setToolTip("Spots that have turned on (and off) up to the time of the picture")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 12, 2)
        for label, stretch in ((self.words, 0), (self.count, 0), (self.recent, 1)):
            row.addWidget(label, stretch, Qt.AlignmentFlag.AlignBaseline)

    def show_spots(self, spots: Spots, shown: Bools, appears_s: Floats, t_s: float) -> None:
        """Count the `shown` spots, and those that appeared within RECENT_S before `t_s`."""
        off = spots.turned_off & shown
        on = int(np.count_nonzero(shown)) - int(np.count_nonzero(off))
        recent = int(np.count_nonzero(shown & (appears_s > t_s - RECENT_S)))
        only_off = on == 0 and off.any()
        self.words.setText("TURNED OFF" if only_off else "TURNED ON")
        self.count.setText(f"{int(off.sum()) if only_off else on}")
        also = f"{int(off.sum())} off, " if off.any() and not only_off else ""
        self.recent.setText(f"{also}+{recent} in {RECENT_S:g} s")
