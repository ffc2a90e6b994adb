"""Films of other programs become recordings with their own times; recordings go out again."""

import csv
import json
import struct

import numpy as np
import ome_writers
import pytest
import tensorstore
import tifffile
from typer.testing import CliRunner

from onset.cli.app import app
from onset.errors import FileMistake
from onset.recording.export import to_csv, to_ome_zarr
from onset.recording.films import open_film
from onset.recording.imported import Told, import_film
from onset.recording.info import info
from onset.recording.read import Recording

from .conftest import a_mark, picture
from .nd2_film import write_nd2

TIMES_S = np.array([0.0, 0.1, 0.2, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
FILM = np.stack([picture(n) for n in range(10)])


def plain(path):
    tifffile.imwrite(path, FILM)


def ome(path):
    planes = {"DeltaT": (2.5 + TIMES_S).tolist(), "DeltaTUnit": ["s"] * 10}
    tifffile.imwrite(path, FILM, ome=True, metadata={"axes": "TYX", "Plane": planes})


def micro_manager(path):
    """A stack as Micro-Manager 1.4 and 2.0 write it (micro-manager.org, File Formats)."""
    summary = json.dumps({"MicroManagerVersion": "2.0", "Frames": 10, "Slices": 1, "Channels": 1})
    height, width = FILM.shape[1:]
    size = FILM[0].nbytes
    body, index, at = b"", [], 40 + len(summary)
    for t, (frame, t_s) in enumerate(zip(FILM, TIMES_S, strict=True)):
        note = json.dumps({"ElapsedTime-ms": 700.0 + 1000 * t_s}).encode() + b"\0"
        pixels_at, note_at = at + 162, at + 162 + size
        after = note_at + len(note) if t < 9 else 0
        tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1),
                (262, 3, 1, 1), (273, 4, 1, pixels_at), (277, 3, 1, 1), (278, 4, 1, height),
                (279, 4, 1, size), (282, 4, 1, 1), (283, 4, 1, 1), (296, 3, 1, 3),
                (51123, 2, len(note), note_at)]  # fmt: skip
        page = struct.pack("<H", 13) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        body += page + struct.pack("<I", after) + frame.tobytes() + note
        index.append((0, 0, t, 0, at))
        at = note_at + len(note)
    head = struct.pack("<2sHI8I", b"II", 42, 40 + len(summary), 54773648, at, 483765892,
                       at + 208, 99384722, at + 218, 2355492, len(summary))  # fmt: skip
    tail = struct.pack("<II", 3453623, 10) + b"".join(struct.pack("<5I", *row) for row in index)
    display = struct.pack("<II", 347834724, 2) + b"[]"
    comments = struct.pack("<II", 84720485, 2) + b"{}"
    path.write_bytes(head + summary.encode() + body + tail + display + comments)


def ndtiff(path):
    """An NDTiff data set in two files, its index in another order and ahead of the second file."""
    index, size = b"", FILM[0].nbytes
    for t in [1, 0, *range(2, 11)]:
        name = f"film_NDTiffStack{'_1' if t > 4 else ''}.tif"
        note = json.dumps({"ElapsedTime-ms": 700.0 + 1000 * TIMES_S[t % 10]}).encode()
        with (path.parent / name).open("ab") as file:
            at = file.seek(0, 2)
            file.write(b"" if t == 10 else FILM[t].tobytes() + note)
        axes = json.dumps({"time": t}).encode()
        index += struct.pack("<I", len(axes)) + axes + struct.pack("<I", len(name)) + name.encode()
        index += struct.pack("<8I", at, *FILM.shape[:0:-1], 1, 0, at + size, len(note), 0)
    (path.parent / "NDTiff.index").write_bytes(index)


def separate(path):
    for t, (frame, t_s) in enumerate(zip(FILM, TIMES_S, strict=True)):
        note = json.dumps({"ElapsedTime-ms": 700.0 + 1000 * t_s})
        name = f"img_channel000_position000_time{t:09}_z000.tif"
        tifffile.imwrite(path.parent / name, frame, extratags=[(51123, 2, 0, note, True)])


def nd2(path):
    write_nd2(path.with_name("film.nd2"), FILM, 1000 * TIMES_S)


def pymmcore_zarr(path):
    """As pymmcore-plus writes it through ome-writers."""
    height, width = FILM.shape[1:]
    settings = ome_writers.AcquisitionSettings(
        root_path=str(path.with_name("film.ome.zarr")),
        dtype="uint16",
        dimensions=ome_writers.dims_from_standard_axes({"t": 10, "y": height, "x": width}),
    )
    with ome_writers.create_stream(settings) as stream:
        for frame, t_s in zip(FILM, TIMES_S, strict=True):
            stream.append(frame, frame_metadata={"delta_t": 4.0 + t_s})


@pytest.mark.parametrize("write", [ome, micro_manager, ndtiff, separate, nd2, pymmcore_zarr])
def test_times_of_single_frames_are_kept(tmp_path, write):
    (tmp_path / "mm").mkdir()
    write(tmp_path / "mm" / "film.ome.tif")
    alone = [*(tmp_path / "mm").glob("*.nd2"), *(tmp_path / "mm").glob("*.zarr")]
    film = alone[0] if alone else tmp_path / "mm"
    done = CliRunner().invoke(app, ["import", str(film), "--out", str(tmp_path / "rec")])
    assert done.exit_code == 0, done.output
    with Recording(tmp_path / "rec") as recording:
        assert recording.times_s == pytest.approx(TIMES_S, abs=1e-3)
        assert (recording.stack()[:] == FILM).all()
        assert recording.status == "complete"
        assert recording.times.fit.source == "times of the imported film"


def test_an_older_zarr_has_the_interval_of_its_scale(tmp_path):
    folder = tmp_path / "old.zarr"
    metadata = {"shape": [10, 1, *FILM.shape[1:]], "dtype": "<u2", "chunks": [4, 1, 24, 32]}
    store = {"driver": "file", "path": str(folder / "0")}
    spec = {"driver": "zarr", "kvstore": store, "metadata": metadata, "create": True}
    tensorstore.open(spec).result()[:, 0].write(FILM).result()
    axes = [{"name": "t", "type": "time", "unit": "millisecond"}, *({"name": n} for n in "cyx")]
    scale = {"type": "scale", "scale": [50.0, 1, 0.1, 0.1]}
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    multiscales = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    (folder / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))
    import_film(folder, tmp_path / "rec", Told())
    with Recording(tmp_path / "rec") as recording:
        assert recording.times_s == pytest.approx(0.05 * np.arange(10))
        assert (recording.stack()[:] == FILM).all()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda z: (z / "zarr.json").write_text("{"), "no JSON"),
        (lambda z: (z / "zarr.json").write_text('{"attributes": {}}'), "not an OME-Zarr image"),
        (lambda z: (z / "0" / "zarr.json").unlink(), "cannot be read"),
    ],
)
def test_a_zarr_that_is_none_is_told(tmp_path, break_it, said):
    pymmcore_zarr(tmp_path / "x")
    break_it(tmp_path / "film.ome.zarr")
    with pytest.raises(FileMistake, match=said):
        open_film(tmp_path / "film.ome.zarr")


def test_several_channels_are_not_one_film(tmp_path):
    write_nd2(tmp_path / "two.nd2", FILM, 1000 * TIMES_S, channels=2)
    with pytest.raises(FileMistake, match="not one gray film"):
        open_film(tmp_path / "two.nd2")
    for channel in (0, 1):
        name = f"img_channel00{channel}_position000_time000000000_z000.tif"
        tifffile.imwrite(tmp_path / name, FILM[0])
    with pytest.raises(FileMistake, match="not one film"):
        open_film(tmp_path)


@pytest.mark.parametrize(("axes", "said"), [("TCYX", "T: 5, C: 2"), ("CYX", "C: 10")])
def test_channels_of_a_tiff_are_not_taken_for_frames(tmp_path, axes, said):
    shape = (5, 2, *FILM.shape[1:]) if axes == "TCYX" else FILM.shape
    path = tmp_path / "x.ome.tif"
    tifffile.imwrite(path, FILM.reshape(shape), ome=True, metadata={"axes": axes})
    with pytest.raises(FileMistake, match=said):
        open_film(path)


def test_positions_of_a_tiff_are_not_one_film(tmp_path):
    with tifffile.TiffWriter(tmp_path / "x.ome.tif", ome=True) as tiff:
        for _ in range(2):
            tiff.write(FILM, metadata={"axes": "TYX"}, photometric="minisblack")
    with pytest.raises(FileMistake, match=r"not one film but 2 \(positions\)"):
        open_film(tmp_path / "x.ome.tif")


def test_what_a_film_does_not_say_is_told(tmp_path):
    plain(tmp_path / "film.tif")
    told = Told(0.1, 0.35, 0.16, "TBAC", 2.0, "off")
    import_film(tmp_path / "film.tif", tmp_path / "rec", told)
    with Recording(tmp_path / "rec") as recording:
        said = info(recording)
        assert recording.protocol.direction == "off"
        assert recording.session.camera.pixel_size_um == 0.16
    (mark,) = said["marks"]
    assert mark["frame"] == pytest.approx(3.5, abs=0.02)
    assert mark["reagent"] == {"name": "TBAC", "ug_per_ml": 2.0}
    assert mark["frame_halfwidth"] >= 0.5
    assert said["frames"]["dropped"] is None


def test_a_sealed_film_alone_keeps_its_gaps(tmp_path, record, recorder):
    """The page of zeros that stands for missing frames does not become a frame."""
    film = record([3, 4, 7, 8]) / "frames.ome.tif"
    recorder.seal("complete")
    import_film(film, tmp_path / "again", Told())
    with Recording(tmp_path / "again") as again:
        assert again.numbers.tolist() == [0, 1, 4, 5]
        assert again.times_s == pytest.approx([0.0, 0.05, 0.2, 0.25], abs=1e-3)
        assert (again.stack()[:] == [picture(n) for n in (3, 4, 7, 8)]).all()
        assert again.session.camera.pixel_size_um == 0.16
        assert info(again)["clock"]["halfwidth_ms"] is None


def test_a_film_without_times_needs_an_interval(tmp_path):
    plain(tmp_path / "film.tif")
    with pytest.raises(FileMistake, match="add --interval"):
        import_film(tmp_path / "film.tif", tmp_path / "rec", Told())
    assert not (tmp_path / "rec").exists()


def test_the_commands(tmp_path):
    plain(tmp_path / "film.tif")
    rec = str(tmp_path / "rec")
    given = ["import", str(tmp_path / "film.tif"), "--out", rec, "--interval", "100 ms"]
    done = CliRunner().invoke(app, [*given, "--injected-at", "0.3 s"])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["export", rec, "--to", "csv", "--out", str(tmp_path / "t")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "t" / "marks.csv").read_text().count("inject") == 1


def test_tables_have_a_row_per_frame_and_mark(record, recorder, tmp_path):
    folder = record(range(5))
    recorder.ledger.write("mark", a_mark("inject", 0.1, reagent="TBAB", ug_per_ml=1.0), 0)
    with Recording(folder) as recording:
        frames, marks = to_csv(recording, tmp_path / "out.csv")
    with frames.open() as file:
        assert [row["number"] for row in csv.DictReader(file)] == list("01234")
    with marks.open() as file:
        (row,) = csv.DictReader(file)
    assert (row["what"], row["reagent"], row["ug_per_ml"]) == ("inject", "TBAB", "1.0")


def test_an_ome_zarr_has_gaps_where_frames_are_missing(record, recorder, tmp_path):
    folder = record([3, 4, 7])
    recorder.seal("complete")
    with Recording(folder) as recording:
        written = to_ome_zarr(recording, tmp_path / "film.ome.zarr")
        with pytest.raises(FileMistake, match="there already"):
            to_ome_zarr(recording, tmp_path / "film.ome.zarr")
    assert [path.name for path in written[1:]] == ["frames.csv", "marks.csv"]
    where = next((tmp_path / "film.ome.zarr").rglob("0/zarr.json")).parent
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(where)}}
    film = tensorstore.open(spec).result().read().result()
    expected = [picture(n) if n in (3, 4, 7) else 0 * picture(n) for n in range(3, 8)]
    assert (film == expected).all()
    import_film(tmp_path / "film.ome.zarr", tmp_path / "again", Told(interval_s=0.05))
    with Recording(tmp_path / "again") as again:
        assert (again.stack()[:] == expected).all()
    kept = json.loads((tmp_path / "film.ome.zarr" / "zarr.json").read_text())
    frames = kept["attributes"]["ome_writers"]["frame_metadata"]
    assert [(f["storage_index"], f["delta_t"]) for f in frames] == [
        ([0], 0.0), ([1], pytest.approx(0.05, abs=1e-3)), ([4], pytest.approx(0.2, abs=1e-3)),
    ]  # fmt: skip
    assert frames[0]["exposure_time"] == 0.05
