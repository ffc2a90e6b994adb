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
    known = {path.name for place in _PLACES for path in (place / kind).glob("*.toml")}
    raise FileMistake(f"{kind}/{name}", "", f"does not come with onset {did_you_mean(name, known)}")
