"""Pictures of the window for the manual: a run on the demo rig, its replay, errors, a small screen.

xvfb-run -a -s "-screen 0 1920x1200x24" python docs/scripts/window_pictures.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QApplication

from onset.shipped import shipped
from onset.viewer.window import Window

IMAGES = Path(__file__).resolve().parents[1] / "images"
LARGE, SMALL = (1600, 900), (1366, 768)
PATIENCE_S = 240.0
SPEED = 2.0
CHANGES = ((0, "duration", "3 s"), (2, "duration", "16 s"), (3, "volume", "0.16 mL"))


class Tour:
    """Drives a window as a person would."""

    def __init__(self) -> None:
        self.app = QApplication([])
        self.window = Window()
        self.window.resize(*LARGE)
        self.window.show()

    def wait(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def until(self, true: Callable[[], bool], patience_s: float | None = None) -> None:
        end = time.monotonic() + (patience_s or PATIENCE_S)
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.005)
            if true():
                return
        if patience_s is None:
            raise TimeoutError(f"{self.window.status}")

    def picture(self, name: str) -> None:
        self.wait(0.7)
        self.window.grab().save(str(IMAGES / f"window-{name}.png"))
        print(name, flush=True)

    def set_up(self) -> None:
        window = self.window
        window.begin()
        self.wait(0.5)
        self.picture("start")
        window.commander.speed = SPEED
        window.open_rig(shipped("devices", "demo.toml"))
        panel = window.column.protocol
        self.until(lambda: window.stage.picture is not None and panel.file is not None)
        for step, key, value in CHANGES:
            panel.set_value("steps", step, key, value)
        panel._rebuild()
        self.wait(1.5)
        self.picture("preview")
        panel.set_value("steps", 3, "volume", "9 mL")
        panel._rebuild()
        self.wait(1.5)
        self.picture("refused")
        panel.set_value("steps", 3, "volume", CHANGES[2][2])
        panel._rebuild()
        window.column.open_tab("Rig")
        window.column.rig.open.click()
        self.wait(1.5)
        self.picture("rig")
        window.column.rig.close_button.click()
        self.wait(1.0)

    def run(self) -> None:
        window = self.window
        self.until(window.top_bar.run.isEnabled)
        window.top_bar.run.click()
        self.until(lambda: window.mode == "run" and window.status.t_s > 24)
        window.top_bar.begin_note()
        window.top_bar.note.setText("a bubble passed")
        window.top_bar._write_note()
        self.picture("run-1")
        self.until(lambda: len(window.stage.seen.spots) > 180)
        self.picture("run-2")
        self.until(lambda: window.status.t_s > 66)
        window.stage.pointing.choose_random()
        self.wait(4)
        self.picture("run-3")
        window.resize(*SMALL)
        self.wait(1)
        self.picture("small")
        window.column.open_tab("Image")
        self.picture("image")
        window.column.open_tab("Curves")
        window.resize(*LARGE)
        window.commander.stop()
        self.until(lambda: window.status.verdict is not None and not window.commander.stopping)
        self.wait(2.5)
        self.picture("stopped")

    def replay(self) -> None:
        window = self.window
        folder = window.status.verdict.folder
        window.notices.dismiss_newest()
        window.notices.dismiss_newest()
        window.notices.dismiss_newest()
        window.commander.close_rig()
        self.until(lambda: window.status.phase == "idle")
        window.open_recording(folder, mode="replay")
        self.until(lambda: window.mode == "replay" and len(window.stage.seen.spots) > 100)
        window.stage.playback.playing = False
        window.stage.seek(58.0)
        self.wait(2)
        window.stage.pointing.choose_random()
        self.wait(4)
        self.picture("replay")
        window.column.image.map.click()
        window._toggle_theme()
        self.wait(2)
        self.picture("light")
        window._toggle_theme()
        window.column.image.map.click()

    def errors(self) -> None:
        window = self.window
        window.stage.show_nothing()
        window.film = None
        window.go("start")
        window.commander.speed = 1.0
        broken = Path("broken.toml")
        text = shipped("devices", "demo.toml").read_text().replace("sim://new-era", "/dev/ttyUSB7")
        broken.write_text(text)
        Path("demo.cfg").write_bytes(shipped("devices", "demo.cfg").read_bytes())
        window.open_rig(broken)
        self.until(window.start_page.trouble.isVisible)
        self.picture("error")


def main() -> None:
    """All pictures."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["ONSET_STATE"] = str(Path(folder) / "state")
        Path("state").mkdir()
        tour = Tour()
        sys.excepthook = lambda *error: (traceback.print_exception(*error), os._exit(1))
        try:
            for part in (tour.set_up, tour.run, tour.replay, tour.errors):
                part()
        finally:
            tour.window.close()
            os.chdir("/")


if __name__ == "__main__":
    main()
