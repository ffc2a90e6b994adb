"""Who is running: one small file per supervisor and instrument, which only this user can read.

The file holds the address of a local socket and the secret that opens it, so whoever can read the
file may command the rig, and nobody else.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import psutil

from onset.experiment.places import own_name, state_folder

Role: TypeAlias = Literal["supervisor", "instrument"]
READ_S = 2.0
"""Windows: nobody who reads a small file keeps it open for so long."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One running process, as it can be reached."""

    role: Role
    pid: int
    born_s: float
    """When the process was created: process ids are used again."""
    address: str
    secret: str
    rig: str = ""
    folder: str = ""
    who: str = ""
    watcher: int = 0
    """Process id of the supervisor of an instrument; 0: it is an orphan."""

    @property
    def key(self) -> bytes:
        """What both ends of the socket must know."""
        return bytes.fromhex(self.secret)


def new_address() -> str:
    """Where to listen: a Unix socket in a folder of its own, or a named pipe on Windows."""
    if sys.platform == "win32":
        return rf"\\.\pipe\onset-{secrets.token_hex(8)}"
    return str(Path(tempfile.mkdtemp(prefix="onset-")) / "socket")  # a path must be short


def new_entry(role: Role, *, rig: str = "", who: str = "") -> Entry:
    """An entry for this process."""
    born_s = psutil.Process().create_time()
    return Entry(role, os.getpid(), born_s, new_address(), secrets.token_hex(32), rig, who=who)


@contextmanager
def registered(entry: Entry) -> Iterator[None]:
    """Can be found meanwhile."""
    publish(entry)
    try:
        yield
    finally:
        withdraw(entry)


def publish(entry: Entry) -> None:
    """Write or rewrite the file of an entry, whole or not at all."""
    put(_file(entry), json.dumps(asdict(entry)))


def put(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a small file, whole or not at all; nobody else may read it unless `mode` says so."""
    draft = file.with_suffix(f".{threading.get_native_id()}")
    draft.touch(mode=mode)
    draft.write_text(text, encoding="utf-8")
    patience = time.monotonic() + READ_S
    while True:
        try:
            draft.replace(file)
            return
        except PermissionError:  # Windows: somebody is just reading it
            if time.monotonic() > patience:
                raise
            time.sleep(0.005)


def withdraw(entry: Entry) -> None:
    """Forget an entry and its socket."""
    with suppress(PermissionError):  # Windows: somebody is just reading it, and sees a dead process
        _file(entry).unlink(missing_ok=True)
    if sys.platform != "win32":
        socket = Path(entry.address)
        socket.unlink(missing_ok=True)
        with suppress(OSError):
            socket.parent.rmdir()


def entries(role: Role | None = None) -> list[Entry]:
    """Those whose processes live, oldest first; the files of others are removed."""
    found = []
    for file in _folder().glob("*.json"):
        entry = _read(file)
        if entry is None:
            continue
        if not is_alive(entry):
            withdraw(entry)
        elif role in (None, entry.role):
            found.append(entry)
    return sorted(found, key=lambda entry: entry.born_s)


def is_alive(entry: Entry) -> bool:
    """Does this very process still run?"""
    try:
        process = psutil.Process(entry.pid)
        same = abs(process.create_time() - entry.born_s) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read(file: Path) -> Entry | None:
    try:
        return Entry(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # being withdrawn, or of another version


def _file(entry: Entry) -> Path:
    return _folder() / f"{entry.role}-{entry.pid}.json"


def _folder() -> Path:
    folder = state_folder() / own_name("running")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
