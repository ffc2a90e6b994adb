"""What the benchmarks of recording share: a folder that is removed, the header, memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from onset.recording.session import CameraHeader


@contextmanager
def scratch_folder(scratch: Path) -> Iterator[Path]:
    """A folder in `scratch`, not there yet, and removed at the end."""
    folder = scratch / "onset-bench"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def header(shape: tuple[int, ...]) -> CameraHeader:
    """Of a camera that counts its frames."""
    height, width = shape
    return CameraHeader(shape=(height, width), dtype="uint16", exposure_ms=1.0, counter_tag="n")


def private(process: psutil.Process) -> int:
    """Memory of its own, bytes."""
    info = process.memory_info()
    return int(info.rss) - int(getattr(info, "shared", 0))


def sync(folder: Path) -> None:
    """Put all files of a folder on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
