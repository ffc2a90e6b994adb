"""The window on a recording: follows a growing one, replays a finished one, leaves nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
import tifffile
from films import Film
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from onset.analysis.camera_maps import CameraMaps, write_maps
from onset.recording.ceiling import MOST
from onset.recording.layout import CALIBRATION, LIVE_SPOTS
from onset.viewer import colours, follow
from onset.viewer.canvas import Region
from onset.viewer.contrast import Limits
from onset.viewer.export_curves import export_curves
from onset.viewer.painted import Painter, coarser
from onset.viewer.saving import save_snapshot
from onset.viewer.show import show
from onset.viewer.window import Window

PATIENCE_MS = 60_000
DEVICES = Path(__file__).parents[2] / "devices"


def shows(window, position):
    return window.stage.picture is not None and window.stage.picture.position == position


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
    window.stage.playback.playing = False
    qtbot.waitUntil(lambda: len(window.stage.seen.spots) == film.n_spots, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.stage.picture is not None, timeout=PATIENCE_MS)
    return window


def test_it_follows_a_recording_that_grows(film, open_window, qtbot, tmp_path):
    film.grow(80)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: shows(window, 79), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(window.stage.seen.spots) == film.found, timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: window.column.headline.count.text() == str(film.found), timeout=PATIENCE_MS
    )
    drawn, found = curve(window.column.curves.intensity), film.found
    qtbot.waitUntil(
        lambda: window.status_line.text("status").endswith("running"), timeout=PATIENCE_MS
    )

    film.grow(120)

    qtbot.waitUntil(lambda: shows(window, 199), timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: window.stage.canvas.rings.count == film.n_spots > found, timeout=PATIENCE_MS
    )
    qtbot.waitUntil(lambda: window.column.headline.count.text() == "20", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: curve(window.column.curves.intensity) > drawn, timeout=PATIENCE_MS)
    assert window.stage.seen.injected_s == pytest.approx(40.5 * 0.05, abs=0.05)
    assert window.stage.canvas.clock_text == "t = +7.9 s since injection"
    qtbot.waitUntil(
        lambda: "200 frames written" in window.status_line.text("frames"), timeout=PATIENCE_MS
    )
    assert window.status_line.text("dropped") == "0 dropped"
    film.recorder.seal("aborted", "Ctrl-C")
    qtbot.waitUntil(lambda: "aborted" in window.status_line.text("status"), timeout=PATIENCE_MS)
    assert window.status_line.reason.text() == "Ctrl-C"
    picture = window.grab()
    assert picture.save(str(tmp_path / "watch.png"))


def test_pictures_are_the_films_own(replay, film, qtbot):
    replay.stage.seek(1.0)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    np.testing.assert_array_equal(
        replay.stage.picture.image, film._noises[20 % 8].astype(np.uint16)
    )


def test_spots_and_count_follow_the_slider(replay, film, qtbot, tmp_path):
    for t_s in (9.9, 5.0, 1.0):
        turned_on = int(np.count_nonzero(film.onsets * 0.05 <= t_s))
        replay.stage.time_bar.slider.setValue(round(t_s * 1000))
        qtbot.waitUntil(
            lambda n=turned_on: replay.stage.canvas.rings.count == n, timeout=PATIENCE_MS
        )
        qtbot.waitUntil(
            lambda n=turned_on: replay.column.headline.count.text() == str(n), timeout=PATIENCE_MS
        )
        if t_s == 5.0:
            assert replay.grab().save(str(tmp_path / "replay.png"))
    assert turned_on == 0 < film.n_spots


def test_keys_play_pause_and_step(replay, qtbot):
    replay.activateWindow()
    qtbot.waitUntil(replay.isActiveWindow, timeout=PATIENCE_MS)
    replay.stage.seek(1.0)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shows(replay, 21), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(replay, 20), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Space)
    assert replay.stage.playback.playing
    qtbot.waitUntil(lambda: replay.stage.playback.t_s > 1.2, timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_Space)
    assert not replay.stage.playback.playing


def test_a_replay_plays_to_the_end_at_its_speed(film, open_window, qtbot):
    film.grow(100)
    film.recorder.seal("complete", expected=100)
    window = open_window(film.folder, "replay", speed=20.0)
    qtbot.waitUntil(lambda: shows(window, 99), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.stage.playback.playing, timeout=PATIENCE_MS)


def test_space_holds_the_picture_while_watching(film, open_window, qtbot):
    film.grow(30)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: shows(window, 29), timeout=PATIENCE_MS)
    window.stage.toggle()
    film.grow(30)
    qtbot.waitUntil(lambda: window.stage.seen.counts.written == 60, timeout=PATIENCE_MS)
    assert shows(window, 29)
    live = window.stage.time_bar.live
    qtbot.waitUntil(live.isVisible, timeout=PATIENCE_MS)
    qtbot.mouseClick(live, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shows(window, 59), timeout=PATIENCE_MS)


def test_the_newest_spots_flash_for_a_moment(film, open_window, qtbot):
    film.grow(47)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: window.stage.seen.counts.written == 47, timeout=PATIENCE_MS)
    with (film.folder / LIVE_SPOTS).open("a") as file:
        file.write(
            '{"spot": 77, "y_px": 9.0, "x_px": 8.0, "direction": "off", "detected_frame": 46,'
        )
        file.write('"onset_frame": 44, "onset_s": 2.2, "score": 8}\n')
    found = film.found + 1
    rings = window.stage.canvas.rings
    qtbot.waitUntil(lambda: bool(rings.flashing.any()), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not rings.flashing.any(), timeout=PATIENCE_MS)
    assert window.stage.canvas.rings.count == found
    assert window.stage.canvas.rings.near(9.5, 8.5) == found - 1


def test_a_ring_does_not_wait_for_the_next_look(film, open_window, qtbot, monkeypatch):
    monkeypatch.setattr(follow, "LOOK_S", 1e9)
    film.grow(60)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: len(window.stage.seen.times_s) == 60, timeout=PATIENCE_MS)
    film.grow(140)
    qtbot.waitUntil(lambda: window.stage.canvas.rings.count == film.n_spots, timeout=PATIENCE_MS)
    assert len(window.stage.seen.times_s) == 60


def test_pointing_at_a_ring_tells_number_onset_and_intensity(replay, film, qtbot):
    replay.stage.seek(9.9)
    canvas = replay.stage.canvas
    qtbot.waitUntil(lambda: shows(replay, 198), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: canvas.rings.count == film.n_spots, timeout=PATIENCE_MS)
    canvas.hovered.emit((film.y_px[3], film.x_px[3]))
    since_s = film.onsets[3] * 0.05 - replay.stage.seen.zero_s
    words = canvas.hover_text
    assert words.startswith(f"#3 on at +{since_s:.1f} s since injection, ")
    assert int(words.split(", ", 1)[1].removesuffix(" ADU now").replace(",", "")) > 1000
    canvas.hovered.emit(None)
    assert canvas.hover_text == ""


def test_intensities_of_a_calibrated_camera_are_in_electrons(tmp_path, open_window, qtbot):
    rig = (DEVICES / "demo.toml").read_text()
    rig = rig.replace("[camera]", '[camera]\ncalibration = "camera.tif"', 1)
    film = Film(tmp_path / "calibrated", rig_text=rig)
    flat = np.ones(film.shape, np.float32)
    maps = CameraMaps(100 * flat, 2 * flat, flat, np.zeros(film.shape, bool))
    with film.recorder:
        write_maps(maps, film.folder / CALIBRATION)
        film.grow(60)
        film.recorder.seal("complete", expected=60)
    window = open_window(film.folder, "replay")
    window.stage.playback.playing = False
    curves = window.column.curves
    name = "mean_intensity_electrons"
    qtbot.waitUntil(lambda: name in curves.columns(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not np.isnan(curves.columns()[name]).any(), timeout=PATIENCE_MS)
    first = film._noises[0].astype(np.uint16)
    assert curves.columns()[name][0] == pytest.approx((first.mean() - 100) / 2, abs=0.01)
    assert "(e\N{SUPERSCRIPT MINUS})" in curves.intensity.titleLabel.text
    stage = window.stage
    stage.seek(0.0)
    qtbot.waitUntil(lambda: shows(window, 0), timeout=PATIENCE_MS)
    stage.canvas.hovered.emit((10.0, 20.0))
    electrons = (int(first[10, 20]) - 100) / 2
    words = f"{first[10, 20]} ADU = {electrons:.0f} e\N{SUPERSCRIPT MINUS}"
    assert words in stage.canvas.hover_text


def test_a_click_on_a_ring_shows_its_trajectory(replay, film, qtbot):
    replay.stage.seek(9.9)
    canvas = replay.stage.canvas
    qtbot.waitUntil(lambda: canvas.rings.count == film.n_spots, timeout=PATIENCE_MS)
    x, y = canvas.viewport.to_canvas(film.y_px[7], film.x_px[7])
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert replay.stage.pointing.chosen == (7,)

    def is_read():
        traces = replay.stage.seen.traces
        return bool(traces) and not np.isnan(traces[0].values).any()

    qtbot.waitUntil(is_read, timeout=PATIENCE_MS)
    values, onset = replay.stage.seen.traces[0].values, int(film.onsets[7])
    assert values[onset:].mean() > 1500 > 500 > abs(values[:onset].mean())
    qtbot.waitUntil(replay.column.curves.trajectories.isVisible, timeout=PATIENCE_MS)
    replay.stage.go_to_spot(3)
    assert replay.stage.pointing.chosen == (3,)
    qtbot.waitUntil(lambda: shows(replay, int(film.onsets[3])), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(replay.stage.shown[3]), timeout=PATIENCE_MS)
    replay.stage.pointing.choose_none()
    qtbot.waitUntil(lambda: not replay.column.curves.trajectories.isVisible(), timeout=PATIENCE_MS)


def test_what_went_well_goes_with_its_film(replay):
    replay.notices.say("Saved picture.png", "done")
    replay.notices.say("The disk is full", "error")
    replay.top_bar.home.click()
    assert replay.mode == "start"
    assert replay.notices.sentences == ("The disk is full",)


def test_brackets_jump_from_mark_to_mark(replay, film, qtbot):
    replay.activateWindow()
    qtbot.waitUntil(replay.isActiveWindow, timeout=PATIENCE_MS)
    replay.stage.seek(0.0)
    qtbot.keyClick(replay, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: shows(replay, 40), timeout=PATIENCE_MS)
    replay.stage.seek(9.0)
    qtbot.waitUntil(lambda: not shows(replay, 40), timeout=PATIENCE_MS)
    qtbot.keyClick(replay, Qt.Key.Key_BracketLeft)
    qtbot.waitUntil(lambda: shows(replay, 40), timeout=PATIENCE_MS)


def test_curves_are_exported_as_they_are_seen(replay, film, qtbot, tmp_path):
    curves = replay.column.curves
    qtbot.waitUntil(lambda: "mean_intensity_adu" in curves.columns(), timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: not np.isnan(curves.columns()["mean_intensity_adu"]).any(), timeout=PATIENCE_MS
    )
    for kind in ("png", "svg", "csv"):
        export_curves(curves, tmp_path / f"curves.{kind}")
    table = np.genfromtxt(tmp_path / "curves.csv", delimiter=",", names=True)
    assert len(table) == 200
    assert table["number_turned_on"][-1] == film.n_spots
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "curves.svg").read_text()


def test_limits_can_be_set_by_hand_and_given_back(replay, qtbot):
    image = replay.column.image
    image.limits_chosen.emit(Limits(100.0, 900.0))
    qtbot.waitUntil(lambda: replay.stage.picture.limits.high == 900.0, timeout=PATIENCE_MS)
    image.limits_chosen.emit(None)
    qtbot.waitUntil(lambda: replay.stage.picture.limits.high != 900.0, timeout=PATIENCE_MS)


def test_the_onset_map_colours_the_field(replay, film, qtbot):
    replay.stage.seek(9.9)
    qtbot.waitUntil(lambda: replay.stage.canvas.rings.count == film.n_spots, timeout=PATIENCE_MS)
    replay.column.image.map.click()
    qtbot.waitUntil(lambda: replay.stage.canvas.overlay is not None, timeout=PATIENCE_MS)
    replay.column.image.map.click()
    qtbot.waitUntil(lambda: replay.stage.canvas.overlay is None, timeout=PATIENCE_MS)


def test_no_dialog_keeps_stop_from_its_key(replay, qtbot):
    qtbot.waitUntil(lambda: replay.stage.picture is not None, timeout=PATIENCE_MS)
    replay.column.image.snapshot.click()
    dialogs = replay.findChildren(QFileDialog)
    assert [dialog.isModal() for dialog in dialogs] == [False]
    assert QApplication.activeModalWidget() is None
    dialogs[0].close()


def test_a_region_is_drawn_on_the_picture(replay, qtbot):
    qtbot.waitUntil(lambda: replay.stage.picture is not None, timeout=PATIENCE_MS)
    canvas, view = replay.stage.canvas, replay.stage.canvas.viewport
    drawn = []
    canvas.region_drawn.connect(drawn.append)
    canvas.draws_region = True
    corners = [(19.5, 9.5), (59.5, 79.5)]
    start, end = (QPoint(*map(round, view.to_canvas(y, x))) for y, x in corners)
    button = Qt.MouseButton.LeftButton
    qtbot.mousePress(canvas, button, pos=start)
    qtbot.mouseMove(canvas, pos=start + QPoint(5, 5))
    qtbot.mouseMove(canvas, pos=end)
    qtbot.mouseRelease(canvas, button, pos=end)
    assert drawn == [Region(10, 20, 70, 40)]


def test_a_snapshot_keeps_the_raw_pixels(replay, qtbot, tmp_path):
    qtbot.waitUntil(lambda: replay.stage.picture is not None, timeout=PATIENCE_MS)
    picture = replay.stage.picture
    save_snapshot(picture, replay.stage.canvas, tmp_path / "snap.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "snap.tif"), picture.image)


def test_injection_and_arrival_are_bands_as_wide_as_they_are_uncertain(
    tmp_path, open_window, qtbot
):
    rig = (DEVICES / "demo.toml").read_text().replace('front = "sharp"', 'front = "laminar"')
    film = Film(tmp_path / "rec", rig_text=rig)
    with film.recorder:
        film.grow(60)
        window = open_window(film.folder, "watch")
        qtbot.waitUntil(lambda: len(bands(window.column.curves.onsets)) == 2, timeout=PATIENCE_MS)
    injection, arrival = sorted(bands(window.column.curves.onsets))
    assert injection[0] < 0 < injection[1] < 0.1
    assert 1.0 < arrival[0] < arrival[1]


def test_inverting_turns_the_grey_scale_round(replay, qtbot):
    """The picture and its limits may change meanwhile: each is held against its own pixels."""

    def is_painted(*, inverted):
        shown = replay.stage.picture
        pixels = coarser(shown.image, shown.coarse)
        expected = Painter().paint(pixels, shown.limits, MOST, inverted=inverted)
        return np.array_equal(shown.painted, expected)

    qtbot.waitUntil(lambda: replay.stage.picture is not None, timeout=PATIENCE_MS)
    assert is_painted(inverted=False)
    replay.column.image.invert.click()
    qtbot.waitUntil(lambda: is_painted(inverted=True), timeout=PATIENCE_MS)


@pytest.mark.parametrize("mode", ["watch", "replay"])
def test_the_picture_has_most_of_a_small_screen(film, open_window, qtbot, mode):
    film.grow(5)
    window = open_window(film.folder, mode)
    canvas = window.stage.canvas
    qtbot.waitUntil(lambda: shows(window, 4 if mode == "watch" else 0), timeout=PATIENCE_MS)
    assert canvas.width() * canvas.height() >= 0.6 * 1366 * 740
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
    assert any("not a spot" in sentence for sentence in window.notices.sentences)


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
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, Window)]
        seen.extend(window for window in windows if window.isVisible())
        for window in seen:
            window.close()

    closing = QTimer()
    closing.timeout.connect(close)
    closing.start(300)
    assert show(film.folder, mode="watch") == 0
    closing.stop()
    assert len(seen) == 1


def test_no_recording_is_a_sentence_that_stays_until_it_is_read(tmp_path, new_window, qtbot):
    window = new_window()
    window.open_recording(tmp_path / "nothing")
    qtbot.waitUntil(lambda: len(window.notices.sentences) == 1, timeout=PATIENCE_MS)
    assert "no recording here" in window.notices.sentences[0]
    window.notices.dismiss_newest()
    assert window.notices.sentences == ()


def test_a_recording_can_be_dropped_on_the_window(film, new_window, qtbot):
    film.grow(20)
    film.recorder.seal("complete", expected=20)
    window = new_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(film.folder))])
    place, none = QPointF(100, 100), Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    window.dropEvent(QDropEvent(place, copy, data, Qt.MouseButton.LeftButton, none))
    qtbot.waitUntil(lambda: window.film is not None, timeout=PATIENCE_MS)
    assert window.mode == "replay"


def test_light_and_dark_and_the_layout_are_kept(film, new_window, qtbot):
    window = new_window()
    assert colours.theme() is colours.DARK
    window.top_bar.light.click()
    assert colours.theme() is colours.LIGHT
    window.split.setSizes([700, 600])
    window.close()
    assert new_window().memory.theme == "light"
    assert colours.theme() is colours.LIGHT
