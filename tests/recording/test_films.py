"""Films of other programs come out with the pixels that are in them."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from onset.errors import FileMistake
from onset.recording.films import open_film

from .conftest import picture

SPE = Path(__file__).parents[1] / "data" / "spestack_test.spe"
FILM = np.random.default_rng(0).integers(0, 65536, (6, 20, 30)).astype(np.uint16)


def write_dax(folder, film, order="big endian"):
    kind = ">u2" if order == "big endian" else "<u2"
    film.astype(kind).tofile(folder / "film.dax")
    n, height, width = film.shape
    (folder / "film.inf").write_text(
        f"binning = 1 x 1\ndata type = 16 bit integers (binary, {order})\n"
        f"frame dimensions = {width} x {height}\nnumber of frames = {n}\nLock Target = 0.0\n"
    )
    return folder / "film.dax"


def one_page_each(path):
    with tifffile.TiffWriter(path) as file:
        for frame in FILM:
            file.write(frame, contiguous=False, metadata=None)


TIFFS = {
    "ome": lambda p: tifffile.imwrite(
        p,
        FILM,
        ome=True,
        metadata={"axes": "TYX", "TimeIncrement": 100.0, "TimeIncrementUnit": "ms"},
    ),
    "imagej": lambda p: tifffile.imwrite(
        p, FILM, imagej=True, metadata={"axes": "TYX", "finterval": 0.1}
    ),
    "compressed big-endian": lambda p: tifffile.imwrite(p, FILM, compression="zlib", byteorder=">"),
    "one page each": one_page_each,
}


@pytest.mark.parametrize("kind", TIFFS)
def test_every_tiff_gives_its_frames(tmp_path, kind):
    TIFFS[kind](tmp_path / "film.tif")
    with open_film(tmp_path / "film.tif") as film:
        assert film.shape == FILM.shape
        assert film.interval_s == (0.1 if kind in ("ome", "imagej") else None)
        assert all(np.array_equal(a, b) for a, b in zip(film, FILM, strict=True))
        assert film[-1].dtype == np.uint16
        assert film[-1].dtype.isnative


def test_one_image_is_a_film_of_one_frame(tmp_path):
    tifffile.imwrite(tmp_path / "one.tif", FILM[0])
    with open_film(tmp_path / "one.tif") as film:
        assert film.shape == (1, 20, 30)
        assert np.array_equal(film[0], FILM[0])


def test_eight_bits_are_widened(tmp_path):
    tifffile.imwrite(tmp_path / "film.tif", FILM.astype(np.uint8))
    with open_film(tmp_path / "film.tif") as film:
        assert np.array_equal(film[2], FILM[2].astype(np.uint8))
        assert film[2].dtype == np.uint16


def test_the_spots_of_a_real_spe_film_turn_on():
    with open_film(SPE) as film:
        assert film.shape == (5, 128, 128)
        assert film.interval_s is None
        raw = np.fromfile(SPE, "<u2", offset=4100).reshape(film.shape)
        assert all(np.array_equal(a, b) for a, b in zip(film, raw, strict=True))
        assert film[1].max() > 2 * film[0].max()


@pytest.mark.parametrize("order", ["big endian", "little endian"])
@pytest.mark.parametrize("named", [".dax", ".inf"])
def test_a_dax_film_has_the_byte_order_of_its_inf(tmp_path, order, named):
    path = write_dax(tmp_path, FILM, order).with_suffix(named)
    with open_film(path) as film:
        assert all(np.array_equal(a, b) for a, b in zip(film, FILM, strict=True))
        assert film[0].dtype.isnative


def test_a_position_beyond_the_end_is_an_error():
    with open_film(SPE) as film, pytest.raises(IndexError, match="has 5 frames"):
        film[5]


def cut(path):
    path.write_bytes(SPE.read_bytes()[:-100])


def float_spe(path):
    data = bytearray(SPE.read_bytes())
    struct.pack_into("<h", data, 108, 0)
    path.write_bytes(data)


def new_spe(path):
    data = bytearray(SPE.read_bytes())
    struct.pack_into("<f", data, 1992, 3.0)
    path.write_bytes(data)


BAD = {
    "cut short": ("film.spe", cut, "is cut short"),
    "header only": ("film.spe", lambda p: p.write_bytes(bytes(100)), "shorter than the header"),
    "no frames": (
        "film.spe",
        lambda p: p.write_bytes(SPE.read_bytes()[:108] + b"\x03" + bytes(4000)),
        "has no frames",
    ),
    "float pixels": ("film.spe", float_spe, "not unsigned 8 or 16 bit"),
    "newer format": ("film.spe", new_spe, "only SPE 2.x"),
    "no description": ("film.dax", lambda p: p.write_bytes(bytes(8)), "needs film.inf"),
    "no size": (
        "film.inf",
        lambda p: (p.write_text("a"), p.with_suffix(".dax").touch()),
        "frame dimensions: is missing",
    ),
    "colour": (
        "film.tif",
        lambda p: tifffile.imwrite(p, np.zeros((9, 9, 3), np.uint8), photometric="rgb"),
        "not gray",
    ),
    "float tiff": ("film.tif", lambda p: tifffile.imwrite(p, FILM.astype(np.float32)), "not gray"),
    "no tiff": ("film.tif", lambda p: p.write_text("no"), "is not a TIFF film"),
    "unknown": ("film.avi", lambda p: p.write_text("no"), "not a film that onset reads"),
    "missing": ("film.tif", lambda p: None, "there is no such film"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_said(tmp_path, case):
    name, make, message = BAD[case]
    make(tmp_path / name)
    with pytest.raises(FileMistake, match=message):
        open_film(tmp_path / name)


def test_a_recording_keeps_its_gaps(record):
    with open_film(record([0, 1, 2, 5, 6])) as film:
        assert film.numbers.tolist() == [0, 1, 2, 5, 6]
        assert film.interval_s == pytest.approx(0.05, rel=1e-3)
        assert np.array_equal(film[3], picture(5))


def test_a_tiff_that_is_cut_short_is_told_in_one_sentence(tmp_path, caplog):
    whole = tmp_path / "whole.tif"
    tifffile.imwrite(whole, np.ones((40, 32, 32), np.uint16), photometric="minisblack")
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(FileMistake, match="is cut short"):
        open_film(cut)
    assert not caplog.records
