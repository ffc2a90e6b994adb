"""How long after the frame in which a spot was found its ring is painted in the window."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QObject

from onset.viewer.window import Window


class DelayMeter(QObject):
    """Stamps each ring when the paint event that drew it is over and Qt's loop turns again."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._painting = 0
        self._painted_ns: list[int] = []
        window.stage.canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Rings that are known when painting begins are on the screen when it is over."""
        if event is not None and event.type() == QEvent.Type.Paint:
            self._painting = self._window.stage.canvas.rings.count
        return super().eventFilter(watched, event)

    def tick(self) -> None:
        """Qt's loop turns."""
        new = self._painting - len(self._painted_ns)
        if new > 0:
            self._painted_ns += [time.perf_counter_ns()] * new

    def told(self, since_ns: int) -> dict[str, Any]:
        """Delays of the spots found since then; each frame's host time is that of its arrival."""
        film, spots = self._window.film, self._window.stage.seen.spots
        assert film is not None
        n = min(len(self._painted_ns), len(spots))
        rows = film.recording.rows
        found = np.searchsorted(rows["number"], spots.detected_frame[:n])
        came_ns = rows["host_ns"][found].astype(np.int64)
        late_ms = (np.array(self._painted_ns[:n]) - came_ns)[came_ns > since_ns] / 1e6
        if len(late_ms) == 0:
            return {"spots": 0}
        p50, p95 = np.percentile(late_ms, (50, 95))
        return {
            "spots": len(late_ms),
            "ms_p50": round(float(p50), 1),
            "ms_p95": round(float(p95), 1),
            "ms_max": round(float(late_ms.max()), 1),
            "later_than_100_ms": int(np.count_nonzero(late_ms > 100)),
        }
