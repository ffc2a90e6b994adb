"""TIFF films: plain, ImageJ, OME (onset's own too), Micro-Manager."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import tifffile

from onset.errors import FileMistake, RecordingFault
from onset.recording.film_formats import Pages, mapped
from onset.recording.film_times import SECONDS, frames_of_onset, growing, tiff_times_s

logging.getLogger("tifffile").setLevel(logging.CRITICAL)
"""What is wrong with a film is said once, by what is raised here."""
MICROMETRES = {"µm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3}


def tiff_pages(path: Path) -> Pages:
    """First series of a TIFF with gray frames; OME, ImageJ and Micro-Manager say an interval."""
    try:
        film = tifffile.TiffFile(path)
    except (tifffile.TiffFileError, OSError) as why:
        raise FileMistake(path, "", f"is not a TIFF film ({why})") from why
    series = film.series[0]
    height, width = series.shape[-2:]
    shape = (int(np.prod(series.shape[:-2])), int(height), int(width))
    interval_s, pixel_size_um = _interval_s(film), _pixel_size_um(film)
    if (wrong := _wrong_with(film)) is not None:
        film.close()
        raise FileMistake(path, "", wrong)
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
    whole = mapped(path, dtype, series.dataoffset, shape)
    return replace(whole, interval_s=interval_s, times_s=times_s, pixel_size_um=pixel_size_um)


def _wrong_with(film: tifffile.TiffFile) -> str | None:
    """Why it is no film of gray frames one after the other, if it is none."""
    series = film.series[0]
    if not series.axes.endswith("YX") or series.dtype not in (np.uint8, np.uint16):
        return f"pixels are {series.dtype} in {series.axes}, not gray of 8 or 16 unsigned bit"
    lengths = dict(zip(series.axes[:-2], series.shape[:-2], strict=True))
    longer = {axis: n for axis, n in lengths.items() if n > 1}
    alike = sum(other.shape == series.shape for other in film.series)
    if len(longer) > 1 or "C" in longer:
        return f"is not one film but several ({', '.join(f'{a}: {n}' for a, n in longer.items())})"
    if alike > 1 and longer:
        return f"is not one film but {alike} (positions)"
    return None


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


def _interval_s(film: tifffile.TiffFile) -> float | None:
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
