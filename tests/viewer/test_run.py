"""A whole experiment through the window, on the simulated rig with its real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QMessageBox

from onset.acquisition import registry
from onset.recording.read import Recording
from onset.shipped import shipped

PATIENCE_MS = 100_000
HERE = Path(__file__).parent
SPEED, SLOW = 20.0, 4.0
"""The slow one leaves time for a new window to come in mid-run."""


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch, qtbot):
    """No dialog comes up, no process stays."""
    monkeypatch.setattr(QMessageBox, "exec", lambda *_: pytest.fail("a modal dialog"))
    yield
    qtbot.waitUntil(lambda: not registry.entries(), timeout=PATIENCE_MS)


@pytest.fixture
def on_the_rig(new_window, qtbot):
    """A window that previews the demo rig, with the short protocol."""
    window = new_window()
    window.commander.speed = SPEED
    assert window.start_page.rigs.item(0).text().startswith("demo")
    window.start_page.connect.click()
    qtbot.waitUntil(lambda: window.stage.picture is not None, timeout=PATIENCE_MS)
    assert window.mode == "set up"
    window.column.protocol.open(HERE / "short.toml")
    protocol = window.column.protocol
    qtbot.waitUntil(lambda: protocol.file == HERE / "short.toml", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: protocol.outcome is not None, timeout=PATIENCE_MS)
    return window


def test_a_killed_window_comes_back_in_command_and_shows_the_run_from_its_start(
    new_window, qtbot, tmp_path
):
    killed = subprocess.Popen(
        [sys.executable, HERE / "start_run.py", HERE / "short.toml", str(SLOW)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ,
    )
    line = killed.stdout.readline()
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert line.startswith("running")

    window = new_window()
    window.begin()
    qtbot.waitUntil(lambda: window.mode == "run", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(window.stage.seen.times_s) > 0, timeout=PATIENCE_MS)
    assert window.stage.seen.numbers[0] == 0
    window.top_bar.begin_note()
    qtbot.keyClicks(window.top_bar.note, "the window was killed")
    qtbot.keyClick(window.top_bar.note, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: window.status.verdict is not None, timeout=PATIENCE_MS)
    assert window.status.verdict.status == "complete"
    qtbot.waitUntil(lambda: window.stage.seen.status == "complete", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(window.stage.seen.spots) > 200, timeout=PATIENCE_MS)
    seen = window.stage.seen
    assert seen.counts.dropped == 0
    labels = [tick.label for tick in seen.ticks]
    assert "note the window was killed" in labels
    assert any(label.startswith("inject TBAB 10") for label in labels)

    stage = window.stage
    place = int(seen.spots.onset_s.argmin())
    x, y = stage.canvas.viewport.to_canvas(seen.spots.y_px[place], seen.spots.x_px[place])
    qtbot.mouseClick(stage.canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    qtbot.waitUntil(lambda: bool(stage.seen.traces), timeout=PATIENCE_MS)
    stage.seek(10.0)
    qtbot.waitUntil(lambda: abs(stage.t_s - 10.0) < 0.1, timeout=PATIENCE_MS)


def test_stop_is_one_key_and_says_what_it_did(on_the_rig, qtbot):
    window = on_the_rig
    window.column.protocol.set_value("steps", 3, "volume", "9 mL")
    run = window.top_bar.run
    qtbot.waitUntil(lambda: "9000 uL" in run.toolTip(), timeout=PATIENCE_MS)
    assert not run.isEnabled()
    window.column.protocol.set_value("steps", 3, "volume", "0.8 mL")  # 4 GB: little for a disk
    qtbot.waitUntil(window.top_bar.run.isEnabled, timeout=PATIENCE_MS)
    window.top_bar.run.click()
    qtbot.waitUntil(
        lambda: window.mode == "run" and window.status.shutter == "open", timeout=PATIENCE_MS
    )
    qtbot.waitUntil(lambda: window.status.pumps[0].state == "infusing", timeout=PATIENCE_MS)
    assert window.top_bar.stop.isVisible()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.ShiftModifier)

    def told():
        said = window.notices.sentences
        assert any("shutter closed, pump TBAB stopped" in sentence for sentence in said), said

    qtbot.waitUntil(told, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.status.verdict is not None, timeout=PATIENCE_MS)
    assert window.status.verdict.status == "aborted"
    with Recording(window.status.verdict.folder) as recording:
        assert "emergency stop" in recording.reason
    qtbot.waitUntil(
        lambda: any(
            deed.who.startswith("window") and "stop" in deed.what for deed in window.status.deeds
        ),
        timeout=PATIENCE_MS,
    )
    window.top_bar.set_up.click()
    qtbot.waitUntil(lambda: window.status.phase == "preview", timeout=PATIENCE_MS)
    window.top_bar.disconnect_button.click()
    qtbot.waitUntil(lambda: window.mode == "start", timeout=PATIENCE_MS)


def test_a_rig_that_cannot_be_opened_is_told_and_can_be_tried_again(new_window, qtbot, tmp_path):
    text = shipped("devices", "demo.toml").read_text().replace("sim://new-era", "/dev/nothing")
    (tmp_path / "broken.toml").write_text(text)
    (tmp_path / "demo.cfg").write_bytes(shipped("devices", "demo.cfg").read_bytes())
    window = new_window()
    window.open_rig(tmp_path / "broken.toml")
    trouble = window.start_page.trouble
    qtbot.waitUntil(lambda: "/dev/nothing" in trouble.text(), timeout=PATIENCE_MS)
    assert trouble.isVisible()
    assert window.start_page.connect.text() == "Try again"
