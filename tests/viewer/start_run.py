"""A window in a process of its own: opens the demo rig, starts a run, waits to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from onset.shipped import shipped
from onset.viewer.window import Window


def main(protocol: str, speed: str) -> None:
    app = QApplication([])
    window = Window()
    window.commander.speed = float(speed)
    window.show()
    window.open_rig(shipped("devices", "demo.toml"))
    started = []

    def look() -> None:
        panel = window.column.protocol
        if window.mode == "set up" and panel.file != Path(protocol):
            panel.open(Path(protocol))
        elif window.mode == "set up" and window.top_bar.run.isEnabled() and not started:
            started.append(True)
            window.top_bar.run.click()
        elif window.mode == "run" and window.status.t_s > 5:
            print("running", window.status.folder, flush=True)  # noqa: T201

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    app.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
