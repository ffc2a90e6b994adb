"""The ledger keeps everything in order, and shows what was torn."""

import json
import threading
import zlib
from pathlib import Path

import pytest

from onset.recording.ledger import Ledger, parse, read_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_entries_come_back(path: Path) -> None:
    ledger = Ledger(path)
    ledger.write("bytes", {"sent": b"\x02RUN\x03"}, 10)
    ledger.write("note", {"text": "drop of µl"}, 20, sync=True)
    ledger.close()
    entries = list(read_ledger(path))
    assert [(e.seq, e.t_ns, e.kind) for e in entries] == [(0, 10, "bytes"), (1, 20, "note")]
    assert entries[0].payload == {"sent": "b'\\x02RUN\\x03'"}
    assert entries[1].payload == {"text": "drop of µl"}


def test_checksum_is_that_of_the_contract(path: Path) -> None:
    ledger = Ledger(path)
    ledger.write("note", {"z": 1.5, "a": [1]}, 7)
    ledger.close()
    record = json.loads(path.read_text())
    checksum = record.pop("crc32")
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    assert checksum == zlib.crc32(text.encode())
    assert set(record) == {"seq", "t_ns", "kind", "payload"}


def test_every_thread_may_write(path: Path) -> None:
    ledger = Ledger(path)

    def write() -> None:
        for i in range(50):
            ledger.write("note", {"i": i}, i)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.close()
    assert [entry.seq for entry in read_ledger(path)] == list(range(200))


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_line_is_left_out(path: Path, cut: int) -> None:
    ledger = Ledger(path)
    for i in range(3):
        ledger.write("note", {"text": "x" * 40, "i": i}, i)
    ledger.close()
    path.write_bytes(path.read_bytes()[:-cut])
    assert [entry.payload["i"] for entry in read_ledger(path)] == [0, 1]


def test_an_altered_line_is_left_out(path: Path) -> None:
    ledger = Ledger(path)
    ledger.write("mark", {"rate_ul_min": 125}, 0)
    ledger.close()
    line = path.read_bytes()
    assert parse(line) is not None
    assert parse(line.replace(b"125", b"126")) is None


def test_a_payload_is_a_mapping(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(TypeError, match="mapping"):
        ledger.write("note", "text", 0)
    ledger.close()
