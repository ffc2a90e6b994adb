"""The window on a recording: follows a growing one, replays a finished one, leaves nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from films import Film
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication

from onset.errors import RecordingFault
from onset.recording.layout import LIVE_SPOTS
from onset.viewer.rings import FLASH_PX
from onset.viewer.window import LiveWindow, show

PATIENCE_MS = 30_000
DEVICES = Path(__file__).parents[2] / "devices"


def shows(window, position):
    return window._picture is not None and window._picture.position == position


def bands(plot):
    return [item.getRegion() for item in plot.items if isinstance(item, pg.LinearRegionItem)]


def curve(plot):
    """Points drawn of the first curve."""
    return sum(
        len(item.getData()[0]) for item in plot.listDataItems()[:2] if item.getData()[0] is not None
    )


@pytest.fixture
def replay(film, open_window, qtbot):
    """A finished film of 200 frames, paused."""
    film.grow(200)
    film.recorder.seal("complete", expected=200)
    window = open_window(film.folder, "replay")
    window.playback.playing = False
    qtbot.waitUntil(lambda: len(window.seen.spots) == film.n_spots, timeout=PATIENCE_MS)
    return window


def test_it_follows_a_recording_that_grows(film, open_window, qtbot, tmp_path):
    film.grow(80)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: shows(window, 79), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(window.seen.spots) == film.found, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.headline.count.text() == str(film.found), timeout=PATIENCE_MS)
    drawn, found = curve(window.curves.intensity), film.found
    assert window.status_line.status.text().endswith("running")

    film.grow(120)

    qtbot.waitUntil(lambda: shows(window, 199), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.rings.count == film.n_spots > found, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.headline.count.text() == "20", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: curve(window.curves.intensity) > drawn, timeout=PATIENCE_MS)
    assert window.seen.injected_s == pytest.approx(40.5 * 0.05, abs=0.05)
    assert window.view.clock.text() == "t = +7.9 s since injection"
    assert "200 frames written" in window.status_line.frames.text()
    assert window.status_line.dropped.text() == "0 dropped"
    film.recorder.seal("aborted", "Ctrl-C")
    qtbot.waitUntil(lambda: "aborted" in window.status_line.status.text(), timeout=PATIENCE_MS)
    assert window.status_line.reason.text() == "Ctrl-C"
    picture = window.grab()
    assert picture.save(str(tmp_path / "watch.png"))


def test_pictures_are_the_films_own(replay, film, qtbot):
    replay.seek(1.0)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    np.testing.assert_array_equal(replay.view.layer.data, film._noises[20 % 8].astype(np.uint16))


def test_spots_and_count_follow_the_slider(replay, film, qtbot, tmp_path):
    for t_s in (9.9, 5.0, 1.0):
        turned_on = int(np.count_nonzero(film.onsets * 0.05 <= t_s))
        replay.time_bar.slider.setValue(round(t_s * 1000))
        qtbot.waitUntil(lambda n=turned_on: replay.rings.count == n, timeout=PATIENCE_MS)
        qtbot.waitUntil(
            lambda n=turned_on: replay.headline.count.text() == str(n), timeout=PATIENCE_MS
        )
        if t_s == 5.0:
            assert replay.grab().save(str(tmp_path / "replay.png"))
    assert turned_on == 0 < film.n_spots


def test_keys_play_pause_and_step(replay, qtbot):
    replay.activateWindow()
    qtbot.waitUntil(replay.isActiveWindow, timeout=PATIENCE_MS)
    replay.seek(1.0)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shows(replay, 21), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Space)
    assert replay.playback.playing
    qtbot.waitUntil(lambda: replay.playback.t_s > 1.2, timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Space)
    assert not replay.playback.playing


def test_a_replay_plays_to_the_end_at_its_speed(film, open_window, qtbot):
    film.grow(100)
    film.recorder.seal("complete", expected=100)
    window = open_window(film.folder, "replay", speed=20.0)
    qtbot.waitUntil(lambda: shows(window, 99), timeout=PATIENCE_MS)
    assert not window.playback.playing


def test_space_holds_the_picture_while_watching(film, open_window, qtbot):
    film.grow(30)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: shows(window, 29), timeout=PATIENCE_MS)
    window.toggle()
    film.grow(30)
    qtbot.waitUntil(lambda: window.seen.counts.written == 60, timeout=PATIENCE_MS)
    assert shows(window, 29)
    window.toggle()
    qtbot.waitUntil(lambda: shows(window, 59), timeout=PATIENCE_MS)


def test_the_newest_spots_flash_for_a_moment(film, open_window, qtbot):
    film.grow(47)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: window.seen.counts.written == 47, timeout=PATIENCE_MS)
    with (film.folder / LIVE_SPOTS).open("a") as file:
        file.write(
            '{"spot": 77, "y_px": 9.0, "x_px": 8.0, "direction": "off", "detected_frame": 46,'
        )
        file.write('"onset_frame": 44, "onset_s": 2.2, "score": 8}\n')
    found = film.found + 1
    qtbot.waitUntil(lambda: FLASH_PX in window.rings.layer.size, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: FLASH_PX not in window.rings.layer.size, timeout=PATIENCE_MS)
    assert window.rings.count == found
    assert window.rings.near(9.5, 8.5) == found - 1
    assert window.rings.near(60.0, 60.0) is None or found > 1


def test_pointing_at_a_ring_tells_number_and_onset(replay, film, qtbot):
    replay.seek(9.9)
    qtbot.waitUntil(lambda: replay.rings.count == film.n_spots, timeout=PATIENCE_MS)
    pointed = type("", (), {"position": (film.y_px[3] * 0.13, film.x_px[3] * 0.13)})()
    replay._point_at(replay.view.model, pointed)
    since_s = film.onsets[3] * 0.05 - replay.seen.zero_s
    assert replay.view.hover.text() == f"#3 on at +{since_s:.1f} s since injection"
    pointed.position = (-5.0, -5.0)
    replay._point_at(replay.view.model, pointed)
    assert replay.view.hover.isHidden()


def test_injection_and_arrival_are_bands_as_wide_as_they_are_uncertain(
    tmp_path, open_window, qtbot
):
    rig = (DEVICES / "demo.toml").read_text().replace('front = "sharp"', 'front = "laminar"')
    film = Film(tmp_path / "rec", rig_text=rig)
    with film.recorder:
        film.grow(60)
        window = open_window(film.folder, "watch")
        qtbot.waitUntil(lambda: len(bands(window.curves.onsets)) == 2, timeout=PATIENCE_MS)
    injection, arrival = sorted(bands(window.curves.onsets))
    assert injection[0] < 0 < injection[1] < 0.1
    assert 1.0 < arrival[0] < arrival[1]


def test_inverting_turns_the_grey_scale_round(replay):
    replay.invert.click()
    assert replay.view.layer.colormap.name == "gray_r"
    replay.invert.click()
    assert replay.view.layer.colormap.name == "gray"


@pytest.mark.parametrize("mode", ["watch", "replay"])
def test_the_picture_has_most_of_a_small_screen(film, open_window, qtbot, mode):
    film.grow(5)
    window = open_window(film.folder, mode)
    canvas = window.view.canvas
    assert canvas.width() * canvas.height() >= 0.6 * 1366 * 768
    assert "rec" in window.windowTitle()


def test_a_recording_without_a_frame_opens(film, open_window, qtbot):
    window = open_window(film.folder, "watch")
    film.grow(2)
    qtbot.waitUntil(lambda: shows(window, 1), timeout=PATIENCE_MS)


def test_what_cannot_be_read_is_said_in_the_window(film, open_window, qtbot):
    film.grow(5)
    window = open_window(film.folder, "watch")
    with (film.folder / LIVE_SPOTS).open("a") as file:
        file.write('{"spot": 1}\n')
    qtbot.waitUntil(lambda: "not a spot" in window.status_line.reason.text(), timeout=PATIENCE_MS)


def test_closing_ends_thread_and_timers(film, open_window, qtbot):
    film.grow(5)
    window = open_window(film.folder, "watch")
    assert any(thread.name == "onset-viewer-reader" for thread in threading.enumerate())
    window.close()
    assert not any(thread.name == "onset-viewer-reader" for thread in threading.enumerate())
    running = [timer.parent() for timer in window.findChildren(QTimer) if timer.isActive()]
    assert running == []
    window.close()


def test_show_stays_until_the_window_is_closed(film, qtbot):
    film.grow(5)
    seen = []

    def close():
        seen.extend(w for w in QApplication.topLevelWidgets() if isinstance(w, LiveWindow))
        for window in seen:
            window.close()

    QTimer.singleShot(300, close)
    assert show(film.folder, mode="watch") == 0
    assert len(seen) == 1


def test_no_recording_is_an_error_in_a_sentence(tmp_path, qtbot):
    with pytest.raises(RecordingFault, match="no recording here"):
        show(tmp_path / "nothing", mode="watch")
