"""A recording is read the same whether it is finished, growing or killed."""

import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from onset.errors import RecordingFault
from onset.experiment.records import FrameFlag
from onset.recording.layout import FRAMES, INDEX, SESSION
from onset.recording.read import Recording
from onset.recording.session import Session, read_session, write_session
from onset.recording.write import Recorder

from .conftest import FLAGS, SHAPE, a_frame, a_mark, picture

Record = Callable[[Iterable[int]], Path]


def test_frames_by_position_and_by_number(record: Record) -> None:
    recording = Recording(record([4, 5, 8]))
    assert len(recording) == 3
    assert recording.numbers.tolist() == [4, 5, 8]
    assert (recording[2] == picture(8)).all()
    assert (recording[-3] == picture(4)).all()
    frame = recording.frame(5)
    written = a_frame(5)
    assert (frame.image == written.image).all()
    assert (frame.camera_ns, frame.core_ns, frame.host_ns) == (
        written.camera_ns,
        None,
        written.host_ns,
    )
    assert frame.flags == FLAGS
    with pytest.raises(KeyError, match="no frame 6"):
        recording.frame(6)
    with pytest.raises(IndexError):
        recording[3]


def test_images_are_views_that_outlive_the_recording(record: Record) -> None:
    with Recording(record(range(3))) as recording:
        image = recording[1]
    assert image.base is not None
    assert not image.flags.writeable
    assert (image == picture(1)).all()


def test_a_growing_recording_is_read_after_refresh(recorder: Recorder, record: Record) -> None:
    recording = Recording(record(range(2)))
    early = recording[1]
    assert recording.status == "running"
    record(range(2, 5))
    assert len(recording) == 2
    assert recording.refresh() == 3
    assert (recording[4] == picture(4)).all()
    assert (early == picture(1)).all()
    recorder.seal("complete")
    assert recording.refresh() == 0
    assert recording.status == "complete"


def test_times_are_starts_of_exposure(record: Record) -> None:
    recording = Recording(record([0, 1, 2, 5, 6, 7, 8, 9, 10]))
    assert recording.times_s == pytest.approx(recording.numbers * 0.05, abs=1e-6)
    assert recording.at(0.26) == 3
    assert recording.at(-1) == 0


def test_marks_come_back_in_frames(recorder: Recorder, record: Record) -> None:
    record(range(100))
    mark = a_mark("inject", 2.0, width_ms=10, values={"rate_ul_min": 125.0}, reagent="TBAB")
    recorder.ledger.write("note", {"text": "before"}, 0)
    recorder.ledger.write("mark", mark, mark.latest_ns)
    (placed,) = Recording(recorder.folder).marks
    assert placed.mark == mark
    assert placed.t_s == pytest.approx(2.005, abs=placed.t_halfwidth_s - 0.005)
    assert placed.frame == pytest.approx(placed.t_s / 0.05, abs=1e-3)
    assert placed.frame_halfwidth < 0.2
    assert placed.reagent is not None
    assert placed.reagent.name == "TBAB"


def test_a_process_that_is_gone_means_killed(recorder: Recorder, record: Record) -> None:
    folder = record(range(3))
    session = read_session(folder)
    gone = session.writer.model_copy(update={"created_s": 1.0})
    write_session(folder, session.model_copy(update={"writer": gone}))
    recording = Recording(folder)
    assert recording.status == "killed"
    assert recording.reason is not None
    assert "ended without sealing" in recording.reason
    assert len(recording) == 3


def test_a_row_without_its_pixels_waits(recorder: Recorder, record: Record) -> None:
    folder = record(range(3))
    film = folder / FRAMES
    whole = film.read_bytes()
    film.write_bytes(whole[:-600])
    recording = Recording(folder)
    assert len(recording) == 2
    film.write_bytes(whole)
    assert recording.refresh() == 1


def test_a_torn_row_waits(record: Record) -> None:
    folder = record(range(3))
    index = folder / INDEX
    index.write_bytes(index.read_bytes()[:-7])
    assert len(Recording(folder)) == 2


def test_what_is_not_a_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingFault, match="no recording here"):
        Recording(tmp_path)
    (tmp_path / "film.tif").touch()
    with pytest.raises(RecordingFault, match=r"film\.tif: is a file, a recording is a folder"):
        Recording(tmp_path / "film.tif")
    (tmp_path / SESSION).write_text('{"format": "onset-recording"}')
    with pytest.raises(RecordingFault, match="not a session of onset: writer Field required"):
        Recording(tmp_path)


def test_a_recording_of_a_newer_onset_is_refused(tmp_path: Path, session: Session) -> None:
    write_session(tmp_path, session.model_copy(update={"version": 99}))
    with pytest.raises(RecordingFault, match="version 99; this onset reads"):
        Recording(tmp_path)


def test_the_stack_is_indexed_like_an_array(record: Record) -> None:
    numbers = [0, 1, 2, 5, 6]
    stack = pickle.loads(pickle.dumps(Recording(record(numbers)).stack()))
    film = np.array([picture(n) for n in numbers])
    assert stack.shape == (5, *SHAPE)
    for key in (2, slice(1, 4), (slice(None), 3), (4, slice(2, 5), 1), (slice(0, 5, 2), 0, 0)):
        assert (stack[key] == film[key]).all()


def test_to_dask(record: Record) -> None:
    array = Recording(record(range(10))).to_dask(frames_per_chunk=4)
    assert array.chunks[0] == (4, 4, 2)
    assert (array[3:6].compute() == [picture(n) for n in (3, 4, 5)]).all()


def test_flags_and_rows(recorder: Recorder) -> None:
    recorder.append(a_frame(0, flags=FrameFlag.PARTLY_LIT))
    recording = Recording(recorder.folder)
    assert recording.flags.tolist() == [FrameFlag.PARTLY_LIT]
    assert recording.rows["number"].tolist() == [0]


def test_a_slice_is_a_stack_of_images(recorder, record):
    with Recording(record(range(6))) as recording:
        images = recording[1:6:2]
        assert images.shape == (3, *recording.shape)
        assert (images[1] == recording[3]).all()
        assert recording[4:2].shape == (0, *recording.shape)
