"""The window on a recording: follows a growing one, replays a finished one, leaves nothing."""

from __future__ import annotations

import sys
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from onset.viewer.window import LiveWindow

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
_spec = spec_from_file_location("films", Path(__file__).with_name("films.py"))
films = module_from_spec(_spec)
sys.modules["films"] = films
_spec.loader.exec_module(films)


@pytest.fixture
def film(tmp_path):
    return films.Film(tmp_path / "rec")


@pytest.fixture
def open_window(qtbot):
    before = set(threading.enumerate())
    windows = []

    def open_one(folder, mode):
        window = LiveWindow(folder, mode=mode)
        windows.append(window)
        window.resize(1366, 768)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_one
    for window in windows:
        window.close()
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=5000)


def test_it_follows_a_recording_that_grows(film, open_window, qtbot):
    film.grow(50)
    window = open_window(film.folder, "watch")
    qtbot.waitUntil(lambda: len(window.seen.times_s) == 50, timeout=10_000)
    assert len(window.seen.spots) < film.n_spots
    film.grow(150)
    qtbot.waitUntil(lambda: len(window.seen.times_s) == 200, timeout=10_000)
    qtbot.waitUntil(lambda: len(window.seen.spots) == film.n_spots, timeout=10_000)
    assert window.seen.injected_s == pytest.approx(40.5 * 0.05, abs=0.05)
    film.recorder.seal("complete", expected=200)
    qtbot.waitUntil(lambda: "complete" in window.windowTitle() or window.seen.status == "complete")


def test_a_replay_shows_the_spots_of_its_time(film, open_window, qtbot, tmp_path):
    film.grow(200)
    film.recorder.seal("complete", expected=200)
    window = open_window(film.folder, "replay")
    qtbot.waitUntil(lambda: len(window.seen.spots) == film.n_spots, timeout=10_000)
    window.toggle()
    window.seek(1.0)
    qtbot.waitUntil(lambda: window._picture is not None and window._picture.position == 20)
    window.step(1)
    qtbot.waitUntil(lambda: window._picture.position == 21, timeout=5000)
    picture = window.grab()
    assert picture.save(str(tmp_path / "replay.png"))
    assert picture.width() == 1366
