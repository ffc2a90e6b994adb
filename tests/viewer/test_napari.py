"""onset in a plain napari: a dropped folder, spots to a file, sample data, widgets."""

from __future__ import annotations

import importlib.resources
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from npe2 import PluginManager, PluginManifest

from onset.experiment.places import state_folder
from onset.shipped import shipped
from onset.viewer.beside import Beside, Ended, Program
from onset.viewer.display import why_no_napari
from onset.viewer.plugin import sample
from onset.viewer.plugin.layers import TURNED_ON, layers_of
from onset.viewer.plugin.live_viewer import film_viewer, live_viewer
from onset.viewer.plugin.reading import reader_of
from onset.viewer.plugin.writing import write_spots

PATIENCE_MS = 60_000


@pytest.fixture
def manifest():
    file = importlib.resources.files("onset") / "napari.yaml"
    return PluginManifest.from_file(str(file))


@pytest.fixture
def viewer(manifest, qtbot):
    import napari

    plugins = PluginManager.instance()
    if "onset" not in plugins:
        plugins.register(manifest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        viewer = napari.Viewer(show=False)
        yield viewer
        viewer.close()


@pytest.fixture
def finished(film):
    film.grow(200)
    film.recorder.seal("complete", expected=200)
    return film


def test_every_command_of_the_manifest_is_there(manifest):
    manifest.validate_imports()
    assert {w.display_name for w in manifest.contributions.widgets} == {
        "Live",
        "Analyse recording",
        "Onset map",
    }


def test_a_recording_is_a_lazy_film_with_spots_and_marks(finished):
    (film, shown, kind), (spots, points, _), (marks, words, _) = layers_of(finished.folder)
    assert (kind, film.shape) == ("image", (200, 96, 128))
    assert film.chunks[0][0] == 1
    np.testing.assert_array_equal(film[20].compute(), finished._noises[4].astype(np.uint16))
    assert shown["scale"] == pytest.approx((0.05, 0.13, 0.13), rel=0.01)
    assert spots.shape == (finished.n_spots, 2)
    np.testing.assert_allclose(points["features"]["onset_s"], finished.onsets * 0.05)
    assert set(words["features"]["mark"]) == {"inject TBAB 1 \N{MICRO SIGN}g/mL"}
    assert marks[:, 0].min() == 40


def test_other_folders_are_left_to_other_readers(tmp_path, finished):
    assert reader_of(str(tmp_path)) is None
    assert reader_of(str(finished.folder)) is not None
    assert reader_of(str(finished.folder / "frames.ome.tif")) is not None


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_spots_are_written_with_their_onsets(finished, tmp_path, ending):
    _, (spots, settings, _), _ = layers_of(finished.folder)
    file = str(tmp_path / f"spots.{ending}")
    assert write_spots(file, spots, settings) == [file]
    table = pd.read_csv(file) if ending == "csv" else pd.read_parquet(file)
    np.testing.assert_allclose(table["y_px"], spots[:, 0])
    np.testing.assert_allclose(table["onset_s"], settings["features"]["onset_s"])


def test_a_folder_dropped_on_napari_opens_as_layers(viewer, finished, qtbot):
    viewer.window._qt_viewer._qt_open([str(finished.folder)], stack=False, plugin="onset")
    names = [layer.name for layer in viewer.layers]
    assert names == [finished.folder.name, "turned on", "marks"]
    assert viewer.dims.nsteps[0] == 200


def test_the_widgets_work_on_what_is_open(viewer, finished, qtbot):
    viewer.open(str(finished.folder), plugin="onset")
    _, maker = viewer.window.add_plugin_dock_widget("onset", "Onset map")
    maker.make_map()
    onset_map = viewer.layers[-1]
    assert onset_map.data.shape == (96, 128)
    y, x = round(finished.y_px[0]), round(finished.x_px[0])
    since_s = finished.onsets[0] * 0.05 - 40.5 * 0.05
    assert onset_map.data[y, x] == pytest.approx(since_s, abs=0.1)


def test_live_follows_a_recording_that_grows(viewer, film, qtbot):
    film.grow(60)
    _, live = viewer.window.add_plugin_dock_widget("onset", "Live")
    try:
        live.show_folder(film.folder)
        qtbot.waitUntil(lambda: "camera" in viewer.layers, timeout=PATIENCE_MS)
        film.grow(140)
        qtbot.waitUntil(lambda: live.headline.count.text() == "20", timeout=PATIENCE_MS)
        qtbot.waitUntil(
            lambda: len(viewer.layers["turned on"].data) == film.n_spots, timeout=PATIENCE_MS
        )
    finally:
        live.shut()


def test_watch_in_napari_shows_camera_and_spots_as_they_turn_on(film, qtbot):
    film.grow(60)
    viewer, live = live_viewer(film.folder, show=False)
    try:
        qtbot.waitUntil(lambda: "camera" in viewer.layers, timeout=PATIENCE_MS)
        film.grow(140)
        qtbot.waitUntil(lambda: live.headline.count.text() == "20", timeout=PATIENCE_MS)
        qtbot.waitUntil(
            lambda: len(viewer.layers["turned on"].data) == film.n_spots, timeout=PATIENCE_MS
        )
    finally:
        live.shut()
        viewer.close()


def test_a_replay_in_napari_shows_each_spot_from_its_onset_on(finished):
    viewer = film_viewer(finished.folder, show=False)
    try:
        points = viewer.layers[TURNED_ON]
        assert not points.shown.any()
        for frame in (0, 90, 199):
            viewer.dims.set_current_step(0, frame)
            np.testing.assert_array_equal(points.shown, finished.onsets <= frame)
    finally:
        viewer.close()


@pytest.mark.parametrize(
    "command",
    [
        ("watch", "DIR", "--napari"),
        ("replay", "DIR", "--napari"),
        ("run", "tbab_forward.toml", "--rig", "demo.toml", "--napari"),
    ],
)
def test_napari_without_a_display_is_refused_in_a_sentence(
    type_onset, monkeypatch, tmp_path, command
):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    files = {
        "DIR": tmp_path,
        "tbab_forward.toml": shipped("protocols", "tbab_forward.toml"),
        "demo.toml": shipped("devices", "demo.toml"),
    }
    done = type_onset(*(files.get(word, word) for word in command))
    assert done.returncode == 2
    assert "napari needs a display" in done.stderr
    assert not (tmp_path / "recordings").exists()


def test_napari_that_is_not_installed_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "napari", None)
    assert "pip install" in why_no_napari()


def test_a_program_beside_the_window_that_fails_is_one_sentence(qtbot, tmp_path):
    beside = Beside()
    program = "import sys; sys.exit('odd\\nno OpenGL here')"
    odd = Program("napari", tmp_path, (sys.executable, "-c", program))
    beside.start(odd)
    told = []
    qtbot.waitUntil(lambda: bool(told.extend(beside.ended()) or told), timeout=PATIENCE_MS)
    assert told == [Ended(odd, "no OpenGL here")]
    assert beside.ended() == []
    assert not beside.is_busy("napari", tmp_path)


def test_the_sample_is_a_small_simulated_recording(monkeypatch):
    monkeypatch.setattr(
        sample, "TAKING", sample.Taking(frames=60, shape=(64, 64), injected_at_s=1.0)
    )
    monkeypatch.setattr(sample, "PRESET", sample.Preset(particles=5))
    layers = sample.turning_on()
    assert layers[0][0].shape == (60, 64, 64)
    assert (state_folder() / "sample").is_dir()
