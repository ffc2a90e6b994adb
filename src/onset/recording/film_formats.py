"""Raw films behind a header: SPE 2.x (Princeton Instruments), DAX with its .inf (STORM)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.errors import FileMistake

SPE_HEADER_BYTES = 4100
SPE_DTYPES = {3: "<u2", 6: "u1"}  # of the four old types; float32, int32 and int16 are refused


@dataclass(frozen=True, slots=True)
class Pages:
    """Frames of an open file."""

    shape: tuple[int, int, int]
    """Frames, height, width."""
    read: Callable[[int], npt.NDArray[np.generic]]
    close: Callable[[], None]
    interval_s: float | None = None
    numbers: npt.NDArray[np.int64] | None = None
    """The camera's count of each; None: 0, 1, 2 ..."""
    times_s: npt.NDArray[np.float64] | None = None
    """Of each frame since the first, where the file says them one by one."""
    pixel_size_um: float | None = None
    """In the sample, where the file says it."""


def spe_pages(path: Path) -> Pages:
    """WinView / WinSpec format 2.x: a header of 4100 bytes, then the frames; says no interval."""
    with path.open("rb") as file:
        header = file.read(SPE_HEADER_BYTES)
    if len(header) < SPE_HEADER_BYTES:
        raise FileMistake(path, "", "is shorter than the header of an SPE film")
    version = float(np.frombuffer(header, "<f4", 1, 1992)[0])
    if 3 <= version < 4:
        raise FileMistake(path, "", f"is SPE {version:.1f}; only SPE 2.x is read")
    if not 0 <= version < 3:
        raise FileMistake(path, "", "is no SPE film: its header says no version that there is")
    kind = int(np.frombuffer(header, "<i2", 1, 108)[0])
    if kind not in SPE_DTYPES:
        raise FileMistake(path, "", f"pixels of SPE type {kind} are not unsigned 8 or 16 bit")
    width, height = (int(np.frombuffer(header, "<u2", 1, at)[0]) for at in (42, 656))
    n = int(np.frombuffer(header, "<i4", 1, 1446)[0])
    return mapped(path, np.dtype(SPE_DTYPES[kind]), SPE_HEADER_BYTES, (n, height, width))


def dax_pages(path: Path) -> Pages:
    """Raw frames in .dax, described by the .inf beside it; says no interval."""
    described, film = path.with_suffix(".inf"), path.with_suffix(".dax")
    for file in (described, film):
        if not file.is_file():
            raise FileMistake(path, "", f"needs {file.name} beside it")
    text = described.read_text(encoding="utf-8", errors="replace")
    width, height = _numbers(described, text, "frame dimensions", r"(\d+)\s*x\s*(\d+)")
    (n,) = _numbers(described, text, "number of frames", r"(\d+)")
    little = re.search(r"little[- ]endian", text) is not None
    return mapped(film, np.dtype("<u2" if little else ">u2"), 0, (n, height, width))


def mapped(
    path: Path, dtype: np.dtype[np.generic], offset: int, shape: tuple[int, int, int]
) -> Pages:
    """Frames one after the other, mapped into memory."""
    needed, there = offset + int(np.prod(shape)) * dtype.itemsize, path.stat().st_size
    if min(shape) < 1:
        raise FileMistake(path, "", f"has no frames ({shape[0]} of {shape[1]} x {shape[2]} px)")
    if there < needed:
        raise FileMistake(path, "", f"is cut short: {there} bytes, {needed} would hold its frames")
    frames = np.memmap(path, dtype, "r", offset, shape)
    return Pages(shape, lambda position: np.array(frames[position]), lambda: None)


def _numbers(path: Path, text: str, key: str, value: str) -> list[int]:
    found = re.search(rf"{key}\s*=\s*{value}", text)
    if found is None:
        raise FileMistake(path, key, "is missing")
    return [int(number) for number in found.groups()]
