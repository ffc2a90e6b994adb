"""A recorded film comes through Micro-Manager bit by bit."""

import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pymmcore_plus.experimental.unicore import UniMMCore

from onset.errors import FileMistake
from onset.recording.films import open_film
from onset.simulated.playback import PlaybackCamera

CONFIG = Path(__file__).parents[2] / "devices" / "playback.cfg"
TURN_ON = Path(__file__).parents[1] / "data" / "spestack_test.spe"


def play(camera, n=None):
    """Frames and tags of a film."""
    slots = []

    def slot(shape, dtype):
        slots.append(np.zeros(shape, dtype))
        return slots[-1]

    tags = list(camera.start_sequence(n, slot))
    return np.array(slots), tags


def test_a_real_film_comes_out_of_the_core_bit_by_bit():
    core = UniMMCore()
    core.loadSystemConfiguration(str(CONFIG))
    core.setProperty("Camera", "Film", str(TURN_ON))
    core.setExposure(5.0)
    core.startSequenceAcquisition(10**6, 0, True)
    frames = []
    while core.isSequenceRunning() or core.getRemainingImageCount():
        if core.getRemainingImageCount():
            frames.append(core.popNextImageAndMD()[0].copy())
        else:
            time.sleep(0.0005)
    core.unloadAllDevices()
    raw = np.fromfile(TURN_ON, "<u2", offset=4100).reshape(5, 128, 128)
    assert np.array_equal(frames, raw)


@pytest.fixture
def camera(clock):
    made = PlaybackCamera()
    yield made
    made.shutdown()


def test_the_interval_is_the_films_own(camera, tmp_path):
    film = np.arange(4 * 6 * 5, dtype=np.uint16).reshape(4, 6, 5)
    file = tmp_path / "film.tif"
    tifffile.imwrite(file, film, imagej=True, metadata={"axes": "TYX", "finterval": 0.25})
    camera.set_property_value("Film", str(file))
    frames, tags = play(camera)
    assert np.array_equal(frames, film)
    assert np.diff([int(tag["CameraClock-us"]) for tag in tags]) == pytest.approx(250_000, abs=1)


def test_a_given_interval_goes_before_the_films(camera):
    camera.set_property_value("Film", str(TURN_ON))
    camera.set_property_value("Interval_ms", "10")
    _, tags = play(camera, 3)
    assert [tag["FrameCounter"] for tag in tags] == ["0", "1", "2"]
    assert np.diff([int(tag["CameraClock-us"]) for tag in tags]) == pytest.approx(10_000, abs=1)


def test_missing_numbers_stay_missing(camera, monkeypatch):
    film = open_film(TURN_ON)
    film.numbers = np.array([4, 5, 7, 8, 11])
    camera._film = film
    frames, tags = play(camera)
    assert len(frames) == 5
    assert [int(tag["FrameCounter"]) for tag in tags] == [0, 1, 3, 4, 7]
    times_us = np.array([int(tag["CameraClock-us"]) for tag in tags])
    assert times_us - times_us[0] == pytest.approx(np.array([0, 1, 3, 4, 7]) * 50_000, abs=1)


def test_without_a_film_nothing_is_played(camera):
    with pytest.raises(ValueError, match="no film is loaded"):
        camera.start_sequence(1, np.empty)


def test_a_missing_film_is_refused(camera, tmp_path):
    with pytest.raises(FileMistake, match="there is no such film"):
        camera.set_property_value("Film", str(tmp_path / "none.tif"))
