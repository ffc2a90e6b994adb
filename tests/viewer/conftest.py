"""The viewer is tested in real windows: on Linux under Xvfb (pytest-xvfb starts it)."""

from __future__ import annotations

import sys
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from onset.viewer.display import have_display

_spec = spec_from_file_location("films", Path(__file__).with_name("films.py"))
films = module_from_spec(_spec)
sys.modules["films"] = films
_spec.loader.exec_module(films)


@pytest.fixture(autouse=True)
def _display(monkeypatch, tmp_path):
    (tmp_path / "state").mkdir()
    assert have_display(), "no display: install Xvfb (Debian: apt-get install xvfb)"
    monkeypatch.setenv("NAPARI_CONFIG", "")
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def film(tmp_path):
    film = films.Film(tmp_path / "rec")
    with film.recorder:
        yield film


@pytest.fixture
def new_window(qtbot):
    from onset.viewer.window import Window

    before = own_threads()
    windows = []

    def new_one():
        window = Window()
        windows.append(window)
        window.resize(1366, 740)
        with qtbot.waitExposed(window, timeout=30_000):
            window.show()
        return window

    yield new_one
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.waitUntil(lambda: own_threads() <= before, timeout=60_000)


def own_threads():
    """Threads of Python: Qt's own, which have called into it, end with Qt."""
    threads = threading.enumerate()
    return {thread for thread in threads if not isinstance(thread, threading._DummyThread)}


@pytest.fixture
def open_window(new_window, qtbot):
    def open_one(folder, mode, **given):
        window = new_window()
        window.open_recording(folder, mode=mode, **given)
        qtbot.waitUntil(lambda: window.film is not None, timeout=30_000)
        return window

    return open_one
