"""Rows of `frames.idx`: packed, checked, read while the file grows."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.experiment.records import Frame
from onset.recording.layout import MISSING, ROW

Rows = npt.NDArray[np.void]
_BODY = struct.Struct("<QQqqqI")
_CHECK = struct.Struct("<I")


def packed(frame: Frame, offset: int) -> bytes:
    """The 48 bytes of a frame whose pixels start at `offset`."""
    body = _BODY.pack(
        frame.number,
        offset,
        MISSING if frame.camera_ns is None else frame.camera_ns,
        MISSING if frame.core_ns is None else frame.core_ns,
        frame.host_ns,
        int(frame.flags),
    )
    return body + _CHECK.pack(zlib.crc32(body))


def no_rows() -> Rows:
    """An empty index."""
    return np.empty(0, ROW)


def read_rows(path: Path, start: int = 0) -> tuple[Rows, int]:
    """Good rows from byte `start` on, and the byte to go on from: the end of the last good row.

    A row that fails its checksum is left out; at the end of the file it may be one that is just
    being written, so it is looked at again the next time.
    """
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    rows = np.frombuffer(data, ROW, count=len(data) // ROW.itemsize)
    good = np.fromiter((_is_good(data, i) for i in range(len(rows))), bool, len(rows))
    n = int(np.flatnonzero(good)[-1]) + 1 if good.any() else 0
    return rows[:n][good[:n]], start + n * ROW.itemsize


def _is_good(data: bytes, i: int) -> bool:
    at = i * ROW.itemsize
    (checksum,) = _CHECK.unpack_from(data, at + _BODY.size)
    return bool(zlib.crc32(data[at : at + _BODY.size]) == checksum)
