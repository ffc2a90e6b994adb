"""Following gives every frame once, in order, and ends with the recording."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from onset.recording.read import Recording
from onset.recording.write import Recorder

from .conftest import a_frame, picture

Record = Callable[[Iterable[int]], Path]


def test_every_frame_while_another_thread_writes(recorder: Recorder) -> None:
    def write() -> None:
        for number in range(200):
            recorder.append(a_frame(number))
        recorder.seal("complete")

    followers = [Recording(recorder.folder).follow(poll_s=0.001) for _ in range(2)]
    writer = threading.Thread(target=write)
    writer.start()
    for follower in followers:
        with follower:
            frames = list(follower)
        assert [frame.number for frame in frames] == list(range(200))
        assert all((frame.image == picture(frame.number)).all() for frame in frames)
    writer.join()


def test_a_finished_recording_ends_at_once(recorder: Recorder, record: Record) -> None:
    folder = record(range(5))
    recorder.seal("complete")
    assert [frame.number for frame in Recording(folder).follow(start=3)] == [3, 4]


def test_close_ends_the_waiting(record: Record) -> None:
    follower = Recording(record(range(2))).follow(poll_s=60)
    assert [next(follower).number, next(follower).number] == [0, 1]
    threading.Timer(0.02, follower.close).start()
    assert list(follower) == []


def test_the_newest_frame_skips_those_between(record: Record) -> None:
    follower = Recording(record(range(5))).follow()
    newest = follower.newest()
    assert newest is not None
    assert newest.number == 4
    assert follower.newest() is None
