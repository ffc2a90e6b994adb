"""Layouts of foreign films: TIFF, SPE 2.x (Princeton Instruments), DAX with its .inf (STORM)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import tifffile

from onset.errors import FileMistake, RecordingFault
from onset.recording.film_times import SECONDS, frames_of_onset, growing, tiff_times_s

MICROMETRES = {"µm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3}
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
    if version >= 3:
        raise FileMistake(path, "", f"is SPE {version:.1f}; only SPE 2.x is read")
    kind = int(np.frombuffer(header, "<i2", 1, 108)[0])
    if kind not in SPE_DTYPES:
        raise FileMistake(path, "", f"pixels of SPE type {kind} are not unsigned 8 or 16 bit")
    width, height = (int(np.frombuffer(header, "<u2", 1, at)[0]) for at in (42, 656))
    n = int(np.frombuffer(header, "<i4", 1, 1446)[0])
    return _mapped(path, np.dtype(SPE_DTYPES[kind]), SPE_HEADER_BYTES, (n, height, width))


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
    return _mapped(film, np.dtype("<u2" if little else ">u2"), 0, (n, height, width))


def tiff_pages(path: Path) -> Pages:
    """First series of a TIFF with gray frames; OME, ImageJ and Micro-Manager say an interval."""
    try:
        film = tifffile.TiffFile(path)
    except (tifffile.TiffFileError, OSError) as why:
        raise FileMistake(path, "", f"is not a TIFF film ({why})") from why
    series = film.series[0]
    height, width = series.shape[-2:]
    shape = (int(np.prod(series.shape[:-2])), int(height), int(width))
    interval_s, pixel_size_um = _tiff_interval_s(film), _pixel_size_um(film)
    if not series.axes.endswith("YX") or series.dtype not in (np.uint8, np.uint16):
        film.close()
        raise FileMistake(
            path,
            "",
            f"pixels are {series.dtype} in {series.axes}, not gray of 8 or 16 unsigned bit",
        )
    times_s = tiff_times_s(film, series, shape[0])
    if own := frames_of_onset(film):
        return _own_pages(film, series, own)
    if series.dataoffset is None:
        return Pages(
            shape,
            lambda position: _page(series, position),
            film.close,
            interval_s,
            times_s=times_s,
            pixel_size_um=pixel_size_um,
        )
    film.close()  # one block of plain frames, as ImageJ writes: not each has a page of its own
    dtype = series.dtype.newbyteorder(film.byteorder)
    mapped = _mapped(path, dtype, series.dataoffset, shape)
    return replace(mapped, interval_s=interval_s, times_s=times_s, pixel_size_um=pixel_size_um)


def _own_pages(
    film: tifffile.TiffFile, series: tifffile.TiffPageSeries, times_s: dict[int, float]
) -> Pages:
    """The frames of a film that onset sealed, without the page that stands for missing ones."""
    numbers = np.array(sorted(times_s), np.int64)
    height, width = series.shape[-2:]
    return Pages(
        (len(numbers), int(height), int(width)),
        lambda position: _page(series, int(numbers[position])),
        film.close,
        numbers=numbers,
        times_s=growing([times_s[number] for number in numbers.tolist()]),
        pixel_size_um=_pixel_size_um(film),
    )


def _page(series: tifffile.TiffPageSeries, position: int) -> npt.NDArray[np.generic]:
    page = series.pages[position]
    if page is None:
        raise RecordingFault(f"{series.name}: the page of frame {position} is missing")
    image: npt.NDArray[np.generic] = page.asarray()
    return image


def _mapped(
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


def _tiff_interval_s(film: tifffile.TiffFile) -> float | None:
    """Where the writer noted it; 0 means that it did not."""
    if film.ome_metadata:
        pixels = ElementTree.fromstring(film.ome_metadata).find(".//{*}Pixels")
        step = None if pixels is None else pixels.get("TimeIncrement")
        unit = "s" if pixels is None else pixels.get("TimeIncrementUnit", "s")
    elif film.imagej_metadata:
        step = film.imagej_metadata.get("finterval")
        unit = str(film.imagej_metadata.get("tunit", "s"))
    else:
        step = (film.micromanager_metadata or {}).get("Summary", {}).get("Interval_ms")
        unit = "ms"
    interval_s = float(step or 0.0) * SECONDS.get(unit, 0.0)
    return interval_s if interval_s > 0 else None


def _pixel_size_um(film: tifffile.TiffFile) -> float | None:
    """Of OME-TIFF, where pixels are square; other units than these are not guessed at."""
    if not film.ome_metadata:
        return None
    pixels = ElementTree.fromstring(film.ome_metadata).find(".//{*}Pixels")
    known = {} if pixels is None else pixels.attrib
    size, unit = known.get("PhysicalSizeX"), known.get("PhysicalSizeXUnit", "µm")
    if size is None or size != known.get("PhysicalSizeY", size) or unit not in MICROMETRES:
        return None
    return float(size) * MICROMETRES[unit] or None
