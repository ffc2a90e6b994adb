"""How long Qt's event loop is kept from turning while the window watches a film that grows."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication

from onset.recording.layout import SESSION
from onset.viewer.delays import DelayMeter
from onset.viewer.show import SWITCH_S, let_go
from onset.viewer.window import Window

TICK_MS = 1
PATIENCE_S = 30.0
SIZE = (1366, 740)


class GapMeter:
    """A timer of a millisecond: what lies between two of its ticks is a gap."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._delays = DelayMeter(window)
        self._ticks_s: list[float] = []
        self._pictures = 0
        self._last: object = None
        self._memory_mb: list[float] = []
        self._began, self._began_ns = (0.0, 0.0), 0
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Measure from now on."""
        self._began, self._began_ns = (
            (time.perf_counter(), time.thread_time()),
            time.perf_counter_ns(),
        )
        self._memory_mb.append(psutil.Process().memory_info().rss / 1e6)
        self._timer.start(TICK_MS)

    def stop(self) -> dict[str, object]:
        """What was measured."""
        self._timer.stop()
        self._memory_mb.append(psutil.Process().memory_info().rss / 1e6)
        took_s = time.perf_counter() - self._began[0]
        busy_s = time.thread_time() - self._began[1]
        gaps_ms = np.diff(self._ticks_s) * 1e3
        p50, p95, p99 = np.percentile(gaps_ms, (50, 95, 99))
        return {
            "gap_ms_p50": round(float(p50), 1),
            "gap_ms_p95": round(float(p95), 1),
            "gap_ms_p99": round(float(p99), 1),
            "gap_ms_max": round(float(gaps_ms.max()), 1),
            "gaps_above_50_ms": int(np.count_nonzero(gaps_ms > 50)),
            "seconds": round(took_s, 1),
            "pictures_per_s": round(self._pictures / took_s, 1),
            "qt_thread_busy_percent": round(100 * busy_s / took_s, 1),
            "found_to_painted": self._delays.told(self._began_ns),
            "memory_mb": [round(one) for one in self._memory_mb],
        }

    def _tick(self) -> None:
        self._ticks_s.append(time.perf_counter())
        self._delays.tick()
        picture = self._window.stage.canvas.picture
        if picture is not self._last:
            self._last, self._pictures = picture, self._pictures + 1


def main(folder: str, settle_s: str) -> None:
    """Watch until the film has ended; print one JSON document."""
    until_s = time.monotonic() + PATIENCE_S
    while not (Path(folder) / SESSION).exists() and time.monotonic() < until_s:
        time.sleep(0.05)
    sys.setswitchinterval(SWITCH_S)
    app = QApplication([])
    window = Window()
    window.resize(*SIZE)
    window.show()
    window.open_recording(Path(folder), mode="watch")
    meter = GapMeter(window)
    QTimer.singleShot(round(float(settle_s) * 1000), meter.start)
    ending = QTimer()
    # `quit` would close the window first, and with it what is to be told
    ending.timeout.connect(lambda: app.exit() if window.stage.seen.status == "complete" else None)
    ending.start(200)
    app.exec()
    print(json.dumps(meter.stop()))  # noqa: T201
    let_go(window)


if __name__ == "__main__":
    main(*sys.argv[1:])
