"""Between camera and disk: bounded in frames and bytes; who is too fast waits, nothing is lost."""

import threading
import time

import numpy as np
import pytest

from onset.acquisition.backlog import Backlog
from onset.errors import RecordingFault
from onset.experiment.records import Frame

BYTES = 2 * 8 * 8


def a_frame(number: int) -> Frame:
    return Frame(number, np.zeros((8, 8), np.uint16), None, None, 0)


@pytest.mark.parametrize(("frames", "size"), [(3, 10**6), (100, 3 * BYTES), (100, 4 * BYTES - 1)])
def test_a_full_backlog_lets_its_filler_wait(frames, size):
    backlog = Backlog(frames, size)
    filler = threading.Thread(target=lambda: [backlog.put(a_frame(n)) for n in range(5)])
    filler.start()
    patience = time.monotonic() + 60
    while len(backlog) < 3 and time.monotonic() < patience:
        time.sleep(0.001)
    filler.join(0.02)  # time enough to put one more, were there room
    assert filler.is_alive()
    assert len(backlog) == 3
    assert backlog.used == pytest.approx(1, abs=0.3)
    taken = [backlog.take() for _ in range(5)]
    filler.join()
    assert [frame.number for frame in taken] == [0, 1, 2, 3, 4]


def test_a_frame_larger_than_all_bytes_passes_alone():
    backlog = Backlog(10, BYTES // 2)
    backlog.put(a_frame(7))
    assert backlog.take().number == 7


def test_after_the_end_the_rest_is_taken_and_then_nothing():
    backlog = Backlog()
    backlog.put(a_frame(1))
    backlog.end()
    assert backlog.take().number == 1
    assert backlog.take() is None


def test_a_taker_that_fails_is_told_to_a_filler_that_waits():
    backlog = Backlog(1)
    backlog.put(a_frame(0))
    threading.Timer(0.01, backlog.fail, [RecordingFault("the disk is full")]).start()
    with pytest.raises(RecordingFault, match="disk is full"):
        backlog.put(a_frame(1))
