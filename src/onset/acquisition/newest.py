"""The newest frame of a preview in a memory-mapped file; readers take no lock and may lag.

Layout, little endian: 8 bytes magic, then four uint32 (version, height, width, slots), then the
sequence number of the newest frame as uint64 (0: none yet), padded to 64 bytes. Each slot: four
uint64 (sequence, camera number, host time in ns, sequence again), then height x width uint16.
Frame n lies in slot n % slots; its sequence is written before and after it.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

MAGIC = b"ONSETNEW"
VERSION = 1
HEAD, SLOT_HEAD, SLOTS = 64, 32, 4
_SHAPE = struct.Struct("<8sIIII")
_SEQUENCE = struct.Struct("<Q")
_SEQUENCE_AT = 24
_SLOT = struct.Struct("<QQQ")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest frame, a copy."""

    sequence: int
    number: int
    host_ns: int
    image: npt.NDArray[np.uint16]


class NewestWriter:
    """Owned by the camera thread of a preview."""

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        self.path, self._shape = path, shape
        self._sequence = 0
        height, width = shape
        size = HEAD + SLOTS * (SLOT_HEAD + 2 * height * width)
        with path.open("wb") as out:
            out.write(_SHAPE.pack(MAGIC, VERSION, height, width, SLOTS))
            out.truncate(size)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)

    def show(self, image: npt.NDArray[np.uint16], number: int, host_ns: int) -> None:
        """Make this the newest frame."""
        sequence = self._sequence + 1
        at = _slot_at(sequence, self._shape)
        _SLOT.pack_into(self._map, at, sequence, number, host_ns)
        data = np.ascontiguousarray(image, dtype="<u2").tobytes()
        self._map[at + SLOT_HEAD : at + SLOT_HEAD + len(data)] = data
        _SEQUENCE.pack_into(self._map, at + 24, sequence)
        self._sequence = sequence
        _SEQUENCE.pack_into(self._map, _SEQUENCE_AT, sequence)

    def close(self) -> None:
        """No more frames; the file is removed, whoever has it open may go on looking."""
        self._map.close()
        try:
            self.path.unlink(missing_ok=True)
        except PermissionError:
            assert os.name == "nt"  # a reader has it open: it goes with the folder


class NewestReader:
    """Looks at the newest frame of a preview."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, height, width, slots = _SHAPE.unpack_from(self._map)
        if (magic, version, slots) != (MAGIC, VERSION, SLOTS):
            raise ValueError(f"{path} is not a preview of this version of onset")
        self.shape = (int(height), int(width))

    def __enter__(self) -> NewestReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def sequence(self) -> int:
        """Number of the newest frame; 0 before the first."""
        return int(_SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)[0])

    def read(self, after: int = 0) -> Newest | None:
        """The newest frame, None where there is none newer than `after`."""
        for _ in range(TRIES):
            sequence = self.sequence
            if sequence <= after:
                return None
            found = self._copy(sequence)
            if found is not None:
                return found
        return None  # the writer is faster than this reader can copy: look again

    def close(self) -> None:
        """Stop looking."""
        self._map.close()

    def _copy(self, sequence: int) -> Newest | None:
        at = _slot_at(sequence, self.shape)
        size = 2 * self.shape[0] * self.shape[1]
        begun, number, host_ns = _SLOT.unpack_from(self._map, at)
        data = self._map[at + SLOT_HEAD : at + SLOT_HEAD + size]
        (ended,) = _SEQUENCE.unpack_from(self._map, at + 24)
        still = _SEQUENCE.unpack_from(self._map, at)[0]
        if not begun == ended == still == sequence:
            return None  # overwritten meanwhile
        image = np.frombuffer(data, dtype="<u2").reshape(self.shape)
        return Newest(sequence, number, host_ns, image)


def _slot_at(sequence: int, shape: tuple[int, int]) -> int:
    return HEAD + (sequence % SLOTS) * (SLOT_HEAD + 2 * shape[0] * shape[1])
