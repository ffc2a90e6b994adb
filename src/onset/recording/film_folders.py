"""Folders of Micro-Manager: NDTiff data sets, and one TIFF for each image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from onset.errors import FileMistake
from onset.recording.film_formats import Pages
from onset.recording.film_times import MICRO_MANAGER_TAG, elapsed_s, growing

NDTIFF_INDEX = "NDTiff.index"
_NDTIFF_DTYPES = {0: "u1", 1: "<u2", 3: "<u2", 4: "<u2", 5: "<u2", 6: "<u2"}
"""By pixel type: 8 bit, and 16 bit of which 16, 10, 12, 14 or 11 are used; 2 is colour."""
_IMAGE = re.compile(r"img_(?:.*time)?(\d{9})")


@dataclass(frozen=True, slots=True)
class _Block:
    """Where one image of an NDTiff data set lies."""

    axes: dict[str, int | str]
    file: Path
    at: int
    shape: tuple[int, int]
    dtype: np.dtype[np.generic]
    metadata_at: int
    metadata_bytes: int

    @property
    def number(self) -> int:
        """Its place in time."""
        return int(self.axes.get("time", 0))

    def image(self) -> npt.NDArray[np.generic]:
        """Its pixels."""
        n = self.shape[0] * self.shape[1]
        return np.fromfile(self.file, self.dtype, n, offset=self.at).reshape(self.shape)

    def time_s(self) -> float | None:
        """When it reached Micro-Manager, where that was written."""
        with self.file.open("rb") as file:
            file.seek(self.metadata_at)
            return elapsed_s(file.read(self.metadata_bytes))


def ndtiff_pages(folder: Path) -> Pages:
    """An NDTiff data set of one channel, slice and position; it may be cut short by a crash."""
    blocks = sorted(_whole_blocks(folder), key=lambda block: block.number)
    if not blocks:
        raise FileMistake(folder / NDTIFF_INDEX, "", "lists no image")
    others = [{k: v for k, v in block.axes.items() if k != "time"} for block in blocks]
    if any(other != others[0] for other in others):
        axes = ", ".join(sorted({axis for other in others for axis in other}))
        raise FileMistake(folder, "", f"is not one film but several ({axes})")
    if len({block.shape for block in blocks}) > 1:
        raise FileMistake(folder, "", "its images are not all of one size")
    return Pages(
        (len(blocks), *blocks[0].shape),
        lambda position: blocks[position].image(),
        lambda: None,
        numbers=np.array([block.number for block in blocks], np.int64),
        times_s=growing([block.time_s() for block in blocks]),
    )


def separate_pages(files: Sequence[Path]) -> Pages:
    """One TIFF for each image, named by its place in time."""
    by_time = {_place_in_time(file): file for file in files}
    if len(by_time) < len(files):
        raise FileMistake(files[0].parent, "", "is not one film but several (channels or slices)")
    numbers = sorted(by_time)
    first = tifffile.imread(by_time[numbers[0]])
    if first.ndim != 2 or first.dtype not in (np.uint8, np.uint16):
        raise FileMistake(by_time[numbers[0]], "", "is not gray of 8 or 16 unsigned bit")
    return Pages(
        (len(numbers), *first.shape),
        lambda position: tifffile.imread(by_time[numbers[position]]),
        lambda: None,
        numbers=np.array(numbers, np.int64),
        times_s=growing([_tagged_s(by_time[number]) for number in numbers]),
    )


def separate_files(folder: Path) -> list[Path]:
    """Files that Micro-Manager named as single images."""
    return sorted(file for file in folder.glob("img_*.tif*") if _IMAGE.match(file.name))


def _whole_blocks(folder: Path) -> list[_Block]:
    """Images that are on the disk: an index may be ahead of its files."""
    blocks = []
    for axes, name, at, width, height, kind, compressed, *note in tifffile.read_ndtiff_index(
        folder / NDTIFF_INDEX
    ):
        if kind not in _NDTIFF_DTYPES or compressed:
            raise FileMistake(folder / name, "", "pixels are coloured or compressed")
        dtype = np.dtype(_NDTIFF_DTYPES[kind])
        block = _Block(axes, folder / name, at, (height, width), dtype, note[0], note[1])
        if block.file.is_file() and at + height * width * dtype.itemsize <= _size(block.file):
            blocks.append(block)
    return blocks


def _size(file: Path) -> int:
    return file.stat().st_size


def _place_in_time(file: Path) -> int:
    found = _IMAGE.match(file.name)
    assert found is not None
    return int(found.group(1))


def _tagged_s(file: Path) -> float | None:
    with tifffile.TiffFile(file) as tiff:
        tag = tiff.pages[0].aspage().tags.get(MICRO_MANAGER_TAG)
        return None if tag is None else elapsed_s(tag.value)
