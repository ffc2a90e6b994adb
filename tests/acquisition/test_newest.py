"""The newest frame of a preview: whole or not at all, whoever looks and whenever."""

import threading

import numpy as np
import pytest

from onset.acquisition.newest import NewestReader, NewestWriter


@pytest.fixture
def writer(tmp_path):
    writer = NewestWriter(tmp_path / "newest", (40, 60))
    yield writer
    writer.close()


def test_a_reader_sees_the_newest_frame_once(writer):
    with NewestReader(writer.path) as reader:
        assert reader.read() is None
        for number in range(7):
            writer.show(np.full((40, 60), number, np.uint16), number, 1000 * number)
        newest = reader.read()
        assert (newest.sequence, newest.number, newest.host_ns) == (7, 6, 6000)
        assert (newest.image == 6).all()
        assert reader.read(after=newest.sequence) is None


def test_no_reader_ever_sees_half_a_frame(writer):
    enough = threading.Event()

    def write():
        number = 0
        while not enough.wait(0.0005):
            writer.show(np.full((40, 60), number % 60_000, np.uint16), number, number)
            number += 1

    thread = threading.Thread(target=write)
    seen = []
    with NewestReader(writer.path) as reader:
        thread.start()
        while len(seen) < 50:
            newest = reader.read(after=seen[-1] if seen else 0)
            if newest is not None:
                assert (newest.image == newest.number % 60_000).all()
                seen.append(newest.sequence)
    enough.set()
    thread.join()
    assert seen == sorted(set(seen))


def test_another_file_is_no_preview(tmp_path):
    (tmp_path / "film").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="is not a preview"):
        NewestReader(tmp_path / "film")
