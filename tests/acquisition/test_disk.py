"""A run ends before the disk is full, however slowly or quickly that comes."""

import pytest

from onset.acquisition.disk import DiskWatch, Look
from onset.recording.room import AHEAD_S, LEAST_BYTES

MB = 1_000_000


def shortage(looks, n_frames=0):
    watch = DiskWatch()
    return [watch.shortage(Look(*look), n_frames) for look in looks][-1]


def test_a_disk_that_is_large_enough_is_no_shortage():
    assert shortage([(0, 0, 2000 * MB), (1, 400 * MB, 1700 * MB)]) is None


def test_little_is_enough_for_a_slow_recording():
    assert shortage([(0, 0, 21 * MB), (1, 1 * MB, 20 * MB)]) is None
    assert "nearly full: 15 MB" in shortage([(0, 0, 16 * MB), (1, 1 * MB, 15 * MB)])


def test_a_fast_recording_ends_with_seconds_to_go():
    left = AHEAD_S * 400 * MB
    assert "400 MB are written per second" in shortage([(0, 0, left), (1, 400 * MB, left - 1)])
    assert shortage([(0, 0, left), (1, 400 * MB, left + 1)]) is None


def test_other_programs_fill_the_disk_too():
    assert shortage([(0, 0, 1000 * MB), (1, 0, 700 * MB)]) is not None


def test_old_looks_are_forgotten():
    busy_then_quiet = [(0, 0, 9000 * MB), (1, 900 * MB, 900 * MB), (5, 900 * MB, 900 * MB)]
    assert shortage(busy_then_quiet) is None


@pytest.mark.parametrize("n_frames", [100, 1_000_000])
def test_there_must_be_room_to_seal(n_frames):
    assert shortage([(0, 0, LEAST_BYTES + 100 * n_frames)], n_frames) is not None
    assert shortage([(0, 0, LEAST_BYTES + 201 * n_frames)], n_frames) is None
