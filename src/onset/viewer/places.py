"""Rigs, protocols and recordings that can be chosen, the likeliest first."""

from __future__ import annotations

from pathlib import Path

from onset.errors import FileMistake
from onset.recording.layout import SESSION
from onset.shipped import shipped

MOST_RECORDINGS = 12


def rig_files(recent: list[Path]) -> list[Path]:
    """The demo first, then recent ones, then those in `devices/`."""
    return _unique([*_shipped("devices", "demo"), *recent, *_toml(Path("devices")),
                    *_shipped("devices", "mm-demo")])  # fmt: skip


def protocol_files(recent: list[Path]) -> list[Path]:
    """Recent ones, those in `protocols/`, those that come with onset."""
    names = ("tbab_forward", "tbac_back", "reversible", "uv_control", "dead_volume", "film")
    return _unique([*recent, *_toml(Path("protocols")), *_shipped("protocols", *names)])


def recordings(recent: list[Path]) -> list[Path]:
    """Recent ones, then the newest in `recordings/`."""
    here = Path("recordings")
    found = [one.parent for one in here.glob(f"*/{SESSION}")] if here.is_dir() else []
    found.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    return _unique([*recent, *found])[:MOST_RECORDINGS]


def _toml(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder.is_dir() else []


def _shipped(kind: str, *names: str) -> list[Path]:
    found = []
    for name in names:
        try:
            found.append(shipped(kind, f"{name}.toml"))
        except FileMistake:
            continue  # an installation without it
    return found


def _unique(paths: list[Path]) -> list[Path]:
    seen: dict[Path, Path] = {}
    for path in paths:
        seen.setdefault(path.resolve(), path.resolve())
    return list(seen)
