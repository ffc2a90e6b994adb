"""The whole acquisition on Micro-Manager's own adapter, and on recorded films."""

from pathlib import Path

import numpy as np
import pytest

import onset
from onset.shipped import shipped

DATA = Path(__file__).parents[1] / "data"


def test_every_frame_of_the_demo_camera_is_in_the_recording(carry, tmp_path):
    ended = carry(rig="mm-demo.toml", speed=1.0)
    assert (ended.status, ended.reason) == ("complete", None)
    with onset.open(tmp_path / "rec") as recording:
        assert recording.session.counts.dropped == 0
        assert recording.numbers.tolist() == list(range(len(recording)))
        assert len(recording) >= 15
        assert recording[0].any()
        assert [mark.what for mark in recording.marks if mark.what != "expose"] == [
            "shutter-open",
            "inject",
            "shutter-close",
        ]


def test_a_film_comes_out_as_it_went_in(carry, tmp_path):
    film = DATA / "spestack_test.spe"
    rig = shipped("devices", "playback.toml").read_text().replace("film.tif", film.as_posix())
    (tmp_path / "playback.cfg").write_text(shipped("devices", "playback.cfg").read_text())
    protocol = shipped("protocols", "film.toml").read_text()
    assert carry(protocol, rig, speed=1.0).status == "complete"
    pixels = np.frombuffer(film.read_bytes()[4100:], "<u2").reshape(-1, 128, 128)
    with onset.open(tmp_path / "rec") as recording:
        np.testing.assert_array_equal(np.stack(list(recording)), pixels)


@pytest.mark.parametrize("kind", ["tif", "dax"])
def test_films_of_other_kinds_too(carry, tmp_path, kind):
    pixels = np.random.default_rng(1).integers(0, 65536, (4, 32, 48), dtype=np.uint16)
    write_film(tmp_path / f"film.{kind}", pixels)
    rig = shipped("devices", "playback.toml").read_text().replace("film.tif", f"film.{kind}")
    (tmp_path / "playback.cfg").write_text(shipped("devices", "playback.cfg").read_text())
    protocol = shipped("protocols", "film.toml").read_text()
    assert carry(protocol, rig, speed=1.0).status == "complete"
    with onset.open(tmp_path / "rec") as recording:
        np.testing.assert_array_equal(np.stack(list(recording)), pixels)


def write_film(path: Path, pixels: np.ndarray) -> None:
    if path.suffix == ".tif":
        import tifffile

        tifffile.imwrite(path, pixels, photometric="minisblack")
        return
    path.write_bytes(pixels.astype(">u2").tobytes())
    path.with_suffix(".inf").write_text(
        "information file for\n"
        "frame dimensions = 48 x 32\nnumber of frames = 4\n"
        "data type = 16 bit integers (binary, big endian)\n"
    )
