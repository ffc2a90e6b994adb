"""napari's reader: a recording's folder, or a file in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from onset.recording.layout import FRAMES, SESSION
from onset.viewer.plugin.layers import LayerData, layers_of

Reader = Callable[[str | list[str]], list[LayerData]]


def reader_of(path: str | list[str]) -> Reader | None:
    """A function that reads, or None where this is no recording of ours."""
    return _read if all(_folder(one) is not None for one in _paths(path)) else None


def _read(path: str | list[str]) -> list[LayerData]:
    folders = [folder for one in _paths(path) if (folder := _folder(one)) is not None]
    return [layer for folder in folders for layer in layers_of(folder)]


def _paths(path: str | list[str]) -> list[str]:
    return [path] if isinstance(path, str) else list(path)


def _folder(path: str) -> Path | None:
    one = Path(path)
    folder = one.parent if one.name in (SESSION, FRAMES) else one
    return folder if (folder / SESSION).is_file() and (folder / FRAMES).is_file() else None
