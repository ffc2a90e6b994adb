"""Rows of the frame index: 48 bytes, checked, read while the file grows."""

from pathlib import Path

import numpy as np
import pytest

from onset.experiment.records import Frame, FrameFlag
from onset.recording.index import packed, read_rows
from onset.recording.layout import MISSING, ROW

IMAGE = np.zeros((2, 2), np.uint16)


def row(number: int) -> bytes:
    return packed(Frame(number, IMAGE, 5, None, 7, FrameFlag.LIT), 1000 * number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "frames.idx"
    path.write_bytes(b"".join(row(n) for n in range(3)))
    return path


def test_a_row_has_48_bytes_in_the_order_of_the_contract() -> None:
    (read,) = np.frombuffer(row(3), ROW)
    assert ROW.itemsize == 48
    assert read.tolist()[:6] == (3, 3000, 5, MISSING, 7, 1)


def test_reading_goes_on_where_it_ended(path: Path) -> None:
    rows, end = read_rows(path)
    with path.open("ab") as file:
        file.write(row(3) + row(4)[:20])
    more, end = read_rows(path, end)
    assert rows["number"].tolist() == [0, 1, 2]
    assert more["number"].tolist() == [3]
    with path.open("ab") as file:
        file.write(row(4)[20:])
    assert read_rows(path, end)[0]["number"].tolist() == [4]


def test_a_spoilt_last_row_is_not_taken(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)
    rows, end = read_rows(path)
    assert rows["number"].tolist() == [0, 1]
    assert end == 2 * ROW.itemsize


def test_a_spoilt_row_in_the_middle_is_left_out(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    assert read_rows(path)[0]["number"].tolist() == [0, 2]
