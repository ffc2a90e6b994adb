"""What is left in each syringe of a rig, on disk: it outlives runs, aborts and kills."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onset.errors import FileMistake
from onset.experiment.places import make_common, state_folder
from onset.experiment.rig import PumpSpec, Rig

TRIES = 5


@dataclass(frozen=True, slots=True)
class Content:
    """What one syringe holds by account."""

    left_ul: float
    unsure_ul: float = 0.0
    """So much less it may be: a delivery was not seen to end."""
    since: str | None = None
    """UTC of the last entry; None: nothing was delivered since the rig file was written."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    syringe: str
    """The syringe and what it holds, as the rig said then; another one is a fresh one."""
    left_ul: float = Field(allow_inf_nan=False)
    unsure_ul: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    since: str


class _Book(BaseModel):
    model_config = ConfigDict(frozen=True)
    rig: str
    entries: dict[str, _Entry] = Field(default_factory=dict)


class SyringeAccount:
    """The syringes of one rig file; every entry is on disk, whole, before a call returns."""

    def __init__(self, rig: Rig, folder: Path | None = None) -> None:
        self._pumps: Mapping[str, PumpSpec] = rig.pumps
        self._rig_file = str(rig.file.resolve())
        digest = hashlib.sha256(self._rig_file.encode()).hexdigest()[:10]
        self.file = (folder or state_folder() / "syringes") / f"{rig.file.stem}-{digest}.json"
        self._lock = threading.Lock()

    def contents(self) -> dict[str, Content]:
        """By pump; a syringe without an entry of its own holds what the rig says."""
        with self._lock:
            book = self._read()
        return {name: self._content(book, name) for name in self._pumps}

    def content(self, pump: str) -> Content:
        """Of one pump's syringe."""
        return self.contents()[pump]

    def book(self, pump: str, out_ul: float, *, unsure_ul: float = 0.0) -> Content:
        """So much has left the syringe since the last entry (below 0: was drawn in)."""
        with self._lock:
            book = self._read()
            left_ul = self._content(book, pump).left_ul - out_ul
            return self._write(book, pump, left_ul, unsure_ul)

    def fill(self, pump: str, left_ul: float | None = None) -> Content:
        """The syringe was filled anew, as the rig says where no volume is given."""
        with self._lock:
            fresh_ul = self._pumps[pump].content_ul
            return self._write(self._read(), pump, fresh_ul if left_ul is None else left_ul, 0.0)

    def _content(self, book: _Book, pump: str) -> Content:
        spec = self._pumps[pump]
        entry = book.entries.get(_key(pump, spec))
        if entry is None or entry.syringe != _description(spec):
            return Content(spec.content_ul)
        return Content(entry.left_ul, entry.unsure_ul, entry.since)

    def _read(self) -> _Book:
        try:
            return _Book.model_validate_json(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return _Book(rig=self._rig_file)
        except (OSError, UnicodeDecodeError, ValidationError) as why:
            what = "the account of the syringes cannot be read; remove it and measure what is left"
            raise FileMistake(self.file, "", what) from why

    def _write(self, book: _Book, pump: str, left_ul: float, unsure_ul: float) -> Content:
        spec = self._pumps[pump]
        entry = _Entry(
            syringe=_description(spec),
            left_ul=round(left_ul, 4),
            unsure_ul=round(max(0.0, unsure_ul), 4),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        entries = {**book.entries, _key(pump, spec): entry}
        try:
            _replace(
                self.file, _Book(rig=self._rig_file, entries=entries).model_dump_json(indent=2)
            )
        except OSError as why:
            raise FileMistake(self.file, "", f"the account cannot be written: {why}") from why
        return Content(entry.left_ul, entry.unsure_ul, entry.since)


def _key(pump: str, spec: PumpSpec) -> str:
    """A rehearsal on emulators must not touch the account of the real syringe."""
    return f"sim://{pump}" if spec.is_simulated else pump


def _description(spec: PumpSpec) -> str:
    said = {**spec.syringe.model_dump(), **spec.holds.model_dump()}
    return json.dumps(said, sort_keys=True)


def _replace(file: Path, text: str) -> None:
    """Whole or not at all, whenever the process is killed."""
    make_common(file.parent)
    beside = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
    beside.write_text(text, encoding="utf-8")
    for _ in range(TRIES):
        try:
            beside.replace(file)
        except PermissionError:  # Windows, while somebody reads it
            time.sleep(0.02)
        else:
            return
    beside.replace(file)
