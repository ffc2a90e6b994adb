"""The rigs and protocols that come with onset: in the wheel, or beside the source."""

from __future__ import annotations

from pathlib import Path

from onset.errors import FileMistake
from onset.experiment.files import did_you_mean

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE / "shipped", _PACKAGE.parents[1])


def shipped(kind: str, name: str) -> Path:
    """Path of `devices/NAME` or `protocols/NAME`; raises `FileMistake` where there is none."""
    for place in _PLACES:
        if (place / kind / name).is_file():
            return place / kind / name
    beside = [(place / kind / name).parent for place in _PLACES]
    known = {path.name for folder in beside for path in folder.glob("*.toml")}
    hint = did_you_mean(Path(name).name, known)
    raise FileMistake(f"{kind}/{name}", "", f"does not come with onset {hint}")
