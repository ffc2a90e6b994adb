"""Who holds a rig, and was it left safe? A lock and a small file per rig, outliving every process.

The lock is the operating system's, so a killed process gives it back; the file then still says that
nobody made the rig safe. Emulated wires live and die with their process and need neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from onset.acquisition.registry import put
from onset.errors import FileMistake, Refused
from onset.experiment.places import make_common, share, state_folder
from onset.experiment.rig import Rig, parse_rig

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOOK_S = 0.3
"""Time after which a lock that is held is held by somebody who works with the rig."""


@dataclass(frozen=True, slots=True)
class RigState:
    """What is known of a rig between two processes."""

    name: str
    file: str
    text: str
    holder: str
    pid: int
    since: str
    safe: bool

    @property
    def rig(self) -> Rig:
        """As it was when it was opened."""
        return parse_rig(self.text, Path(self.file))


class Hold:
    """A rig that this process holds."""

    def __init__(self, file: Path | None, state: RigState) -> None:
        self._file, self._state = file, state
        self.was_safe = state.safe
        """As whoever held it before left it."""
        self.say(safe=state.safe)

    def say(self, *, safe: bool) -> None:
        """Is everything known to be shut and stopped?"""
        self._state = replace(self._state, safe=safe)
        if self._file is not None:
            put(self._file, json.dumps(asdict(self._state)), mode=0o644)


@contextmanager
def held(rig: Rig, who: str) -> Iterator[Hold]:
    """Nobody else may open the rig meanwhile; `Refused` names who does."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    state = RigState(rig.name, str(rig.file), rig.text, who, os.getpid(), since, safe=True)
    file = _file(rig)
    if file is None:
        yield Hold(None, state)
        return
    with file.with_suffix(".lock").open("a+b") as lock:
        share(Path(lock.name))
        if not _lock_at_last(lock):
            raise Refused(_in_use(rig, file))
        try:
            before = _read(file)
            yield Hold(file, replace(state, safe=before is None or before.safe))
        finally:
            _unlock(lock)


def left_unsafe() -> list[RigState]:
    """Rigs that a process opened and left without having made them safe."""
    found = []
    for file in sorted(_folder().glob("*.json")):
        state = _read(file)
        if state is None or state.safe:
            continue
        with file.with_suffix(".lock").open("a+b") as lock:
            if _lock(lock):
                _unlock(lock)
                found.append(state)
    return found


def file_of(state: RigState) -> Path | None:
    """What is known of this rig, on disk; None where nothing is kept."""
    return _file(state.rig)


def state_of(pid: int) -> RigState | None:
    """The rig that this process holds."""
    states = (_read(file) for file in _folder().glob("*.json"))
    return next((state for state in states if state is not None and state.pid == pid), None)


def wires_of(rig: Rig) -> list[str]:
    """The real wires of a rig: what two rig files of one microscope have in common."""
    ports: list[str | None] = [pump.port for pump in rig.pumps.values()]
    ports += [rig.shutter.port] if rig.shutter is not None else []
    wires = {port for port in ports if port is not None and not port.startswith("sim://")}
    if rig.sample is None:
        wires.add(str((rig.file.parent / rig.camera.config).resolve()))
    return sorted(wires)


def _in_use(rig: Rig, file: Path) -> str:
    state = _read(file)
    by = f" by {state.holder} (process {state.pid}) since {state.since}" if state else ""
    return f"the rig '{rig.name}' is in use{by}; `onset status` shows it"


def _file(rig: Rig) -> Path | None:
    wires = wires_of(rig)
    if not wires:
        return None
    digest = hashlib.sha256("\n".join(wires).encode()).hexdigest()[:16]
    return _folder() / f"{digest}.json"


def _folder() -> Path:
    return make_common(state_folder() / "rigs")


def _read(file: Path) -> RigState | None:
    try:
        return RigState(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as why:
        what = f"cannot be read ({why}): look whether the shutter is closed, then remove it"
        raise FileMistake(file, "", what) from why


def _lock_at_last(file: IO[bytes]) -> bool:
    """Who only looks (`left_unsafe`) holds the lock for a moment."""
    until_s = time.monotonic() + LOOK_S
    while not _lock(file):
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


def _lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)
