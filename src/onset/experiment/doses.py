"""UV that each field of view of a rig has seen, on disk: it outlives runs and programs."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from onset.errors import FileMistake
from onset.experiment.places import make_common, state_folder
from onset.experiment.rig import Rig


class DoseAccount:
    """Open times by the name of the field; a simulated sample is new each time and has none."""

    def __init__(self, rig: Rig) -> None:
        digest = hashlib.sha256(str(rig.file.resolve()).encode()).hexdigest()[:10]
        file = state_folder() / "doses" / f"{rig.file.stem}-{digest}.json"
        self._file: Path | None = None if rig.is_simulated else file

    def open_s(self, field: str) -> float:
        """How long light has fallen on it; 0 for a field that nobody named."""
        return self._read().get(field, 0.0) if field else 0.0

    def add(self, field: str, open_s: float) -> None:
        """So much longer."""
        if self._file is None or not field:
            return
        known = self._read()
        known[field] = round(known.get(field, 0.0) + open_s, 3)
        make_common(self._file.parent)
        beside = self._file.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(known, indent=2), encoding="utf-8")
        beside.replace(self._file)

    def _read(self) -> dict[str, float]:
        if self._file is None:
            return {}
        try:
            found: dict[str, float] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as why:
            raise FileMistake(
                self._file, "", f"the account of the UV cannot be read: {why}"
            ) from why
        return found
