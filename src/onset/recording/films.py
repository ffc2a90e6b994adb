"""Films of other programs, and onset's own, as frames of 16 bit that are read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from onset.errors import FileMistake
from onset.recording.film_folders import (
    NDTIFF_INDEX,
    ndtiff_pages,
    separate_files,
    separate_pages,
)
from onset.recording.film_formats import Pages, dax_pages, spe_pages
from onset.recording.film_nd2 import nd2_pages
from onset.recording.film_tiff import tiff_pages
from onset.recording.film_zarr import is_zarr, zarr_pages
from onset.recording.layout import SESSION
from onset.recording.read import Recording

READERS: dict[str, Callable[[Path], Pages]] = {
    ".tif": tiff_pages,
    ".tiff": tiff_pages,
    ".spe": spe_pages,
    ".dax": dax_pages,
    ".inf": dax_pages,
    ".nd2": nd2_pages,
}


class Film:
    """Frames by position, (height, width) uint16 in the machine's byte order; a context manager."""

    dtype = np.dtype(np.uint16)

    def __init__(self, path: Path, pages: Pages) -> None:
        self.path, self._pages = path, pages
        self.interval_s = pages.interval_s
        """Between starts of exposure; None where the file does not say."""
        self.numbers = np.arange(pages.shape[0]) if pages.numbers is None else pages.numbers
        """The camera's count of each frame: gaps of a recording stay gaps."""
        self.times_s = pages.times_s
        """Of each frame since the first, (n,); None where the file does not say them."""
        self.pixel_size_um = pages.pixel_size_um
        """In the sample; None where the file does not say it."""

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height, width."""
        return self._pages.shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, position: int) -> npt.NDArray[np.uint16]:
        if not -len(self) <= position < len(self):
            raise IndexError(f"{self.path.name} has {len(self)} frames, not one at {position}")
        return np.ascontiguousarray(self._pages.read(position % len(self)), dtype=np.uint16)

    def __iter__(self) -> Iterator[npt.NDArray[np.uint16]]:
        return (self[position] for position in range(len(self)))

    def close(self) -> None:
        """Let go of the file."""
        self._pages.close()


def open_film(path: str | Path) -> Film:
    """Open a TIFF, SPE 2.x, DAX or ND2 film, an OME-Zarr, a folder of Micro-Manager or a recording.

    Raises `Refused` where a package is needed that is not installed; `FileMistake` for
    what is none of these, is damaged, or has pixels of other than 8 or 16 unsigned bits (8 bits are
    widened).
    """
    path = Path(path)
    if (path / SESSION).is_file():
        return Film(path, _recording_pages(path))
    if path.is_dir():
        if is_zarr(path):
            return Film(path, zarr_pages(path))
        if (path / NDTIFF_INDEX).is_file():
            return Film(path, ndtiff_pages(path))
        if images := separate_files(path):
            return Film(path, separate_pages(images))
        path = _micro_manager_film(path)
    if not path.is_file():
        raise FileMistake(path, "", "there is no such film")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise FileMistake(path, "", f"not a film that onset reads ({known}, or a recording folder)")
    return Film(path, reader(path))


def _micro_manager_film(folder: Path) -> Path:
    """The first file of a folder that Micro-Manager wrote: it names the others."""
    for pattern in ("*.ome.tif", "*.tif"):
        files = sorted(folder.glob(pattern), key=lambda file: (len(file.name), file.name))
        if files:
            return files[0]
    raise FileMistake(folder, "", "holds neither a recording nor a film of Micro-Manager")


def _recording_pages(path: Path) -> Pages:
    recording = Recording(path)
    if recording.dtype != np.uint16:
        raise FileMistake(path, "", f"pixels are {recording.dtype}, not unsigned 16 bit")
    height, width = recording.shape
    steps = np.diff(recording.times_s) / np.diff(recording.numbers)
    return Pages(
        (len(recording), height, width),
        lambda position: recording[position],
        recording.close,
        interval_s=float(np.median(steps)) if steps.size else None,
        numbers=recording.numbers,
        times_s=recording.times_s,
        pixel_size_um=recording.session.camera.pixel_size_um,
    )
