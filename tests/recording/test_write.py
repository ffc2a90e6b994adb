"""The recorder: frames are on the disk at once; faults are sentences; sealing makes an OME-TIFF."""

import errno
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import ome_types
import pytest
import tifffile
from napari_builtins.io import napari_get_reader

from onset.errors import RecordingFault
from onset.experiment.records import FrameFlag
from onset.recording.layout import FRAMES, RESERVE
from onset.recording.ledger import read_ledger
from onset.recording.read import Recording
from onset.recording.session import Session
from onset.recording.write import Recorder

from .conftest import a_frame, picture

Record = Callable[[Iterable[int]], Path]


def test_a_sealed_film_is_an_ome_tiff(recorder: Recorder, record: Record) -> None:
    folder = record(range(20))
    recorder.seal("complete")
    with tifffile.TiffFile(folder / FRAMES) as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == "TYX"
        assert (tiff.asarray() == [picture(n) for n in range(20)]).all()
    pixels = ome_types.from_tiff(folder / FRAMES).images[0].pixels
    assert pixels.physical_size_x == 0.16
    assert [plane.delta_t for plane in pixels.planes] == pytest.approx(np.arange(20) * 0.05)
    assert pixels.planes[0].exposure_time == 0.05


def test_gaps_stay_gaps(recorder: Recorder, record: Record) -> None:
    numbers = [2, 3, 6, 7, 9]
    folder = record(numbers)
    session = recorder.seal("complete", expected=8)
    film = tifffile.imread(folder / FRAMES)
    assert len(film) == 8
    for plane, number in enumerate(range(2, 10)):
        assert (film[plane] == (picture(number) if number in numbers else 0)).all()
    assert session.counts is not None
    assert (session.counts.written, session.counts.dropped) == (5, 3)
    ledger = [entry for entry in read_ledger(folder / "ledger.jsonl") if entry.kind == "frame-gap"]
    assert [(gap.payload["after"], gap.payload["missing"]) for gap in ledger] == [(3, 2), (7, 1)]


def test_naparis_own_reader_shows_gaps_as_planes_of_zeros(recorder, record) -> None:
    """What napari does with the film when it is dropped on it, without onset's plugin."""
    film = str(record([2, 3, 6]) / FRAMES)
    recorder.seal("complete")
    ((planes, *_),) = napari_get_reader(film)(film)
    assert (planes == [picture(n) if n in (2, 3, 6) else 0 * picture(n) for n in range(2, 7)]).all()


def test_append_says_how_many_are_missing(recorder: Recorder) -> None:
    assert [recorder.append(a_frame(n)) for n in (5, 6, 9)] == [0, 0, 2]


def test_without_a_counter_drops_are_unknown(recorder: Recorder) -> None:
    for n in range(3):
        recorder.append(a_frame(n, flags=FrameFlag(0)))
    session = recorder.seal("complete")
    assert session.counts is not None
    assert session.counts.dropped is None


def test_a_count_that_begins_again_is_kept_in_order(recorder: Recorder, record: Record) -> None:
    folder = record([100, 101, 0, 1])
    recorder.seal("complete")
    expected = [picture(n) for n in (100, 101, 0, 1)]
    assert (tifffile.imread(folder / FRAMES) == expected).all()


def test_an_empty_recording_can_be_sealed(recorder: Recorder) -> None:
    recorder.seal("aborted", "stopped before the first frame")
    recording = Recording(recorder.folder)
    assert (recording.status, len(recording)) == ("aborted", 0)
    assert recording.reason == "stopped before the first frame"


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path, session: Session) -> None:
    (tmp_path / "note.txt").touch()
    with pytest.raises(RecordingFault, match="not empty"):
        Recorder(tmp_path, session)


def test_a_sealed_recording_takes_nothing_more(recorder: Recorder, record: Record) -> None:
    record([0])
    recorder.seal("complete")
    with pytest.raises(RecordingFault, match="already sealed as complete"):
        recorder.append(a_frame(1))
    assert recorder.seal("failed").status == "complete"


def test_a_frame_of_another_size_is_refused(recorder: Recorder) -> None:
    with pytest.raises(RecordingFault, match=r"frame 0 is \(3, 3\) px"):
        recorder.append(replace(a_frame(0), image=np.zeros((3, 3), np.uint16)))


def test_an_error_in_the_block_is_the_reason(tmp_path: Path, session: Session) -> None:
    def fails() -> None:
        with Recorder(tmp_path / "rec", session) as recorder:
            recorder.append(a_frame(0))
            raise ZeroDivisionError("the pump is on fire")

    with pytest.raises(ZeroDivisionError):
        fails()
    recording = Recording(tmp_path / "rec")
    assert (recording.status, len(recording)) == ("failed", 1)
    assert recording.reason == "ZeroDivisionError: the pump is on fire"


def test_nothing_is_left_behind(recorder: Recorder, record: Record) -> None:
    folder = record(range(3))
    recorder.seal("complete")
    files = {path.name for path in folder.iterdir()}
    assert files == {"frames.ome.tif", "frames.idx", "ledger.jsonl", "session.json"}
    assert RESERVE not in files


def refuse(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_refuses_at_the_last_makes_it_failed(recorder, record, monkeypatch) -> None:
    folder = record(range(3))
    monkeypatch.setattr(recorder.ledger, "sync", refuse)
    session = recorder.seal("complete")
    assert session.status == Recording(folder).status == "failed"
    assert "ledger.jsonl: cannot be written: the disk reports an input/output error" in str(
        session.reason
    )


def test_a_page_that_cannot_be_cut_is_linked_nowhere(recorder, record, monkeypatch) -> None:
    """As on Windows, where a reader's map keeps the file from being cut."""
    folder = record(range(3))
    with monkeypatch.context() as broken:
        broken.setattr("onset.recording.write.write_page", refuse)
        broken.setattr("onset.recording.write.unseal_film", refuse)
        with pytest.raises(RecordingFault, match="the 3 frames until then are readable"):
            recorder.append(a_frame(3))
    assert recorder.seal("failed").status == "failed"
    assert (tifffile.imread(folder / FRAMES) == [picture(n) for n in range(3)]).all()


def test_sealing_needs_no_more_room_than_it_kept(recorder: Recorder, record: Record) -> None:
    folder = record(range(3))
    reserve = (folder / RESERVE).stat().st_ino
    recorder.seal("failed", "the disk is full")
    assert (folder / "session.json").stat().st_ino == reserve
    assert Recording(folder).reason == "the disk is full"


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import a_frame
from onset.errors import RecordingFault
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder

resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000))
camera = CameraHeader(shape=(200, 256), dtype="uint16", exposure_ms=50, counter_tag="x")
recorder = Recorder(Path(sys.argv[1]), new_session(camera, start_ns=0))
try:
    for n in range(1000):
        recorder.append(a_frame(n, (200, 256)))
except RecordingFault as fault:
    print(fault)
    recorder.seal("failed", str(fault))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file-size limits here")
def test_at_the_file_size_limit_all_frames_until_then_are_readable(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "rec"), str(Path(__file__).parent)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "has reached the size limit" in ended.stdout
    recording = Recording(tmp_path / "rec")
    assert recording.status == "failed"
    assert recording.reason is not None
    assert f"the {len(recording)} frames until then are readable" in recording.reason
    assert len(recording) == 5_000_000 // (200 * 256 * 2 + 512)
    last = len(recording) - 1
    assert (recording[last] == picture(last, (200, 256))).all()
    with tifffile.TiffFile(tmp_path / "rec" / FRAMES) as tiff:
        assert len(tiff.pages) == len(recording)
