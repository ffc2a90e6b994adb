"""Whatever kills the recorder, what was readable stays readable, and recovery makes it whole."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import ome_types
import pytest
import tifffile

from onset.errors import RecordingFault
from onset.recording.layout import FRAMES, INDEX, LEDGER
from onset.recording.read import Recording
from onset.recording.recover import recover
from onset.recording.session import read_session, write_session
from onset.recording.write import Recorder

from .conftest import a_mark, picture

Record = Callable[[Iterable[int]], Path]
NUMBERS = [0, 1, 2, 5, 6]


@pytest.fixture
def killed(recorder: Recorder, record: Record, tmp_path: Path) -> Path:
    """A copy of a running recording whose process is gone."""
    folder = record(NUMBERS)
    recorder.ledger.write("mark", a_mark("inject", 0.1), 0)
    copy = tmp_path / "killed"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    session = read_session(copy)
    gone = session.writer.model_copy(update={"created_s": 1.0})
    write_session(copy, session.model_copy(update={"writer": gone}))
    return copy


def assert_whole(folder: Path, numbers: list[int]) -> None:
    recording = Recording(folder)
    assert recording.status == "killed"
    assert recording.numbers.tolist() == numbers
    assert all((recording.frame(n).image == picture(n)).all() for n in numbers)
    film = tifffile.imread(folder / FRAMES)
    assert len(film) == numbers[-1] - numbers[0] + 1
    for number in range(numbers[0], numbers[-1] + 1):
        assert (film[number - numbers[0]] == (picture(number) if number in numbers else 0)).all()
    assert ome_types.from_tiff(folder / FRAMES).images[0].pixels.size_t == len(film)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert recover(folder) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_killed_recording_becomes_whole(killed: Path) -> None:
    done = recover(killed)
    assert done[-1] == "sealed as killed with 5 frames"
    assert_whole(killed, NUMBERS)
    recording = Recording(killed)
    assert [mark.what for mark in recording.marks] == ["inject"]
    assert recording.session.counts is not None
    assert recording.session.counts.dropped == 2
    assert recording.session.counts.lost == {"camera": 2}
    assert [entry.kind for entry in recording.ledger()][-1] == "recovered"


def test_a_torn_page_is_cut(killed: Path) -> None:
    with (killed / FRAMES).open("ab") as film:
        film.write(b"II\0" * 400)
    assert "cut 1200 bytes behind the last image" in recover(killed)
    assert_whole(killed, NUMBERS)


def test_a_torn_row_is_cut_and_its_image_kept(killed: Path) -> None:
    index = killed / INDEX
    index.write_bytes(index.read_bytes()[:-20])
    done = recover(killed)
    assert "cut torn rows from the end of the frame index" in done
    assert "kept 1 images without times as last pages of the TIFF" in done
    assert_whole(killed, NUMBERS[:-1])
    with tifffile.TiffFile(killed / FRAMES) as tiff:
        assert (tiff.pages[4].asarray() == picture(6)).all()


def test_a_row_ahead_of_its_page_is_cut(killed: Path) -> None:
    film = killed / FRAMES
    film.write_bytes(film.read_bytes()[:-700])
    recover(killed)
    assert_whole(killed, NUMBERS[:-1])


def lose(path: Path, start: int, size: int) -> None:
    """Zeros, as after a power cut that left a file's length and not its content."""
    with path.open("rb+") as file:
        file.seek(start)
        file.write(bytes(size))


def test_a_row_whose_page_a_power_cut_has_lost_is_cut(killed: Path) -> None:
    layout = Recording(killed).layout
    lose(killed / FRAMES, layout.header_at(4), layout.stride)
    assert "cut torn rows from the end of the frame index" in recover(killed)
    assert_whole(killed, NUMBERS[:-1])


def test_a_lost_page_before_others_does_not_cost_them(killed: Path) -> None:
    layout = Recording(killed).layout
    lose(killed / FRAMES, layout.header_at(1), layout.stride)
    done = recover(killed)
    assert "wrote the lost tags of 1 pages, whose images may be lost too" in done
    film = tifffile.imread(killed / FRAMES)
    assert not film[1].any()
    assert (film[[0, 2, 5, 6]] == [picture(n) for n in (0, 2, 5, 6)]).all()
    assert recover(killed) == []


def test_a_spoilt_row_in_the_middle_costs_one_frame(killed: Path) -> None:
    index = killed / INDEX
    data = bytearray(index.read_bytes())
    data[48 + 3] ^= 1
    index.write_bytes(data)
    recover(killed)
    assert_whole(killed, [0, 2, 5, 6])


def test_a_torn_ledger_line_is_cut(killed: Path) -> None:
    ledger = killed / LEDGER
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'{"kind":"note","pay')
    assert "cut a torn line from the end of the ledger" in recover(killed)
    assert ledger.read_bytes().startswith(whole)
    assert_whole(killed, NUMBERS)


def test_killed_before_the_first_frame(recorder: Recorder) -> None:
    session = read_session(recorder.folder)
    gone = session.writer.model_copy(update={"created_s": 1.0})
    write_session(recorder.folder, session.model_copy(update={"writer": gone}))
    assert recover(recorder.folder) == ["sealed as killed with 0 frames"]
    assert recover(recorder.folder) == []


def test_killed_while_sealing(recorder: Recorder, killed: Path) -> None:
    recorder.seal("complete")
    (killed / FRAMES).write_bytes((recorder.folder / FRAMES).read_bytes())
    done = recover(killed)
    assert not any("without times" in line for line in done)
    assert_whole(killed, NUMBERS)


def test_a_running_recording_is_left_alone(record: Record) -> None:
    folder = record(range(2))
    with pytest.raises(RecordingFault, match="still being recorded by process"):
        recover(folder)


ENDLESS = """
import sys
from itertools import count
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import SHAPE, a_frame, a_mark
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder

camera = CameraHeader(shape=SHAPE, dtype="uint16", exposure_ms=50, counter_tag="x")
recorder = Recorder(Path(sys.argv[1]), new_session(camera, start_ns=0))
print("recording", flush=True)
for n in count():
    if n % 10 != 3:
        recorder.append(a_frame(n))
    if n % 100 == 0:
        recorder.ledger.write("mark", a_mark("note", n * 0.05), n, sync=True)
"""


def killed_at(folder: Path, after_s: float) -> int:
    """Kill a recording process with signal 9; how many frames could be read just before."""
    command = [sys.executable, "-c", ENDLESS, str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after_s)
        readable = len(Recording(folder))
        process.send_signal(signal.SIGKILL)
    return readable


def survives(folder: Path, after_s: float) -> None:
    readable = killed_at(folder, after_s)
    recording = Recording(folder)
    assert recording.status == "killed"
    assert len(recording) >= readable
    for image, number in zip(recording, recording.numbers.tolist(), strict=True):
        assert (image == picture(number)).all()
    numbers = recording.numbers.tolist()
    recover(folder)
    assert Recording(folder).numbers.tolist() == numbers
    assert recover(folder) == []
    if numbers:
        assert tifffile.imread(folder / FRAMES).size == (numbers[-1] + 1) * picture(0).size


@pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")
@pytest.mark.parametrize("seed", range(5))
def test_kill_9(tmp_path: Path, seed: int) -> None:
    survives(tmp_path / "rec", random.Random(seed).uniform(0, 0.3))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_kill_9_many_times(tmp_path: Path, seed: int) -> None:
    survives(tmp_path / "rec", random.Random(1000 + seed).uniform(0, 1.0))
