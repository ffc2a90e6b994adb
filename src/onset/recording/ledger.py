"""The ledger: an append-only record of all that happened, one checked JSON object per line."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onset.errors import RecordingFault
from onset.recording.faults import disk_sentence
from onset.recording.plain import canonical, crc32, plain


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    seq: int
    t_ns: int
    kind: str
    payload: dict[str, object]


class Ledger:
    """Appends entries; any thread may write."""

    def __init__(self, path: Path, first_seq: int = 0) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()
        self._seq = first_seq

    def write(self, kind: str, payload: object, t_ns: int, *, sync: bool = False) -> Entry:
        """Append one entry; with `sync` it is on the disk on return, not only in the cache."""
        content = plain(payload)
        if not isinstance(content, dict):
            raise TypeError(f"the payload of a ledger entry is a mapping or a record: {payload!r}")
        with self._lock:
            entry = Entry(self._seq, int(t_ns), kind, content)
            self._append(_line(entry))
            self._seq += 1
        if sync:
            os.fsync(self._file.fileno())
        return entry

    def sync(self) -> None:
        """Put on the disk what was written."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; writing afterwards is an error."""
        with self._lock:
            self._file.close()

    def _append(self, line: bytes) -> None:
        start = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) != len(line):
                raise OSError(28, "No space left on device")  # a raw file may take only a part
        except OSError as error:
            self._file.truncate(start)  # half a line would spoil the next one
            raise RecordingFault(disk_sentence(self.path, error)) from error


def read_ledger(path: Path) -> Iterator[Entry]:
    """Entries in order; a line that was torn or altered is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            entry = parse(line)
            if entry is not None:
                yield entry


def parse(line: bytes) -> Entry | None:
    """The entry of a line, or None where it is torn or fails its checksum."""
    try:
        record = json.loads(line)
        checksum = record.pop("crc32")
        if not line.endswith(b"\n") or crc32(canonical(record)) != checksum:
            return None
        return Entry(**record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _line(entry: Entry) -> bytes:
    body = canonical(
        {"seq": entry.seq, "t_ns": entry.t_ns, "kind": entry.kind, "payload": entry.payload}
    )
    return f'{body[:-1]},"crc32":{crc32(body)}}}\n'.encode("ascii")
