"""BigTIFF pages of one size, each linked when whole, so that the file is valid at any moment.

A block is 512 bytes of page header (tags, link to the next page) and then the pixels, padded to
512 bytes. Page i lies at a place that can be computed; pixels are aligned for memory maps.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO

import numpy as np
import numpy.typing as npt

BLOCK = 512
SAME_BYTES = 8 + 5 * 20
"""Bytes at the start of a header that never change: number of tags, size and kind of image."""
FILE_HEADER = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0).ljust(BLOCK, b"\0")
_FIRST_PAGE_LINK = 8
_TAG = struct.Struct("<HHQQ")
_LINK = struct.Struct("<Q")
_ASCII, _SHORT, _LONG, _LONG8 = 2, 3, 4, 16
_DESCRIPTION = 270
_STRIP_TAG = struct.pack("<HHQ", 273, _LONG8, 1)
_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_UNSEALED = b"onset"


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Where pages of one shape and type lie in the file."""

    shape: tuple[int, int]
    dtype: np.dtype[np.generic]

    @property
    def n_bytes(self) -> int:
        """Bytes of pixels in a page."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    @property
    def stride(self) -> int:
        """Bytes from one page to the next."""
        return BLOCK + -(-self.n_bytes // BLOCK) * BLOCK

    def header_at(self, page: int) -> int:
        """Byte at which the page's header starts."""
        return BLOCK + page * self.stride

    def pixels_at(self, page: int) -> int:
        """Byte at which the page's pixels start."""
        return self.header_at(page) + BLOCK

    def pages_of(self, offsets: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Pages whose pixels start at these bytes."""
        return (offsets.astype(np.int64) - 2 * BLOCK) // self.stride

    def end(self, n_pages: int) -> int:
        """Byte after the last of `n_pages` pages."""
        return self.header_at(n_pages)

    def header(self, page: int) -> bytes:
        """Tags of a page without a next one; the first page has room for a description."""
        header = bytearray(_header(self, first=page == 0))
        struct.pack_into("<Q", header, header.index(_STRIP_TAG) + 12, self.pixels_at(page))
        return bytes(header)

    def link_at(self, page: int) -> int:
        """Byte at which the link to the page after `page` is; -1 means the file's first page."""
        if page < 0:
            return _FIRST_PAGE_LINK
        n_tags = 11 if page == 0 else 10
        return self.header_at(page) + _LINK.size + n_tags * _TAG.size

    @property
    def description_at(self) -> int:
        """Byte of the description's length and place in the first page."""
        before = 5  # tags with a smaller number
        return self.header_at(0) + _LINK.size + before * _TAG.size + 4


@lru_cache(maxsize=16)
def _header(layout: PageLayout, *, first: bool) -> bytes:
    """Tags of any page but for the place of its pixels."""
    height, width = layout.shape
    tags = [
        (256, _LONG, 1, width),
        (257, _LONG, 1, height),
        (258, _SHORT, 1, layout.dtype.itemsize * 8),
        (259, _SHORT, 1, 1),
        (262, _SHORT, 1, 1),
        (273, _LONG8, 1, layout.pixels_at(0)),
        (277, _SHORT, 1, 1),
        (278, _LONG, 1, height),
        (279, _LONG8, 1, layout.n_bytes),
        (339, _SHORT, 1, _SAMPLE_FORMAT[layout.dtype.kind]),
    ]
    if first:
        inline = int.from_bytes(_UNSEALED.ljust(8, b"\0"), "little")
        tags.append((_DESCRIPTION, _ASCII, len(_UNSEALED) + 1, inline))
    packed = b"".join(_TAG.pack(*tag) for tag in sorted(tags))
    return (_LINK.pack(len(tags)) + packed + _LINK.pack(0)).ljust(BLOCK, b"\0")


def page_layout(shape: tuple[int, int], dtype: npt.DTypeLike) -> PageLayout:
    """Layout for images of `shape` (height, width); integers and floats of any size."""
    kind = np.dtype(dtype).newbyteorder("<")
    if kind.kind not in _SAMPLE_FORMAT:
        raise ValueError(f"images of type {kind} cannot be recorded")
    return PageLayout((int(shape[0]), int(shape[1])), kind)


def write_all(file: FileIO, *parts: bytes | memoryview) -> None:
    """Write every byte, in one call to the system where there is such a call and it takes all."""
    wanted = [memoryview(part).cast("B") for part in parts]
    done = os.writev(file.fileno(), wanted) if hasattr(os, "writev") else 0
    for part in wanted:
        rest = part[done:]
        done = max(done - len(part), 0)
        while rest:
            rest = rest[file.write(rest) :]


def write_page(file: FileIO, layout: PageLayout, page: int, image: npt.NDArray[np.generic]) -> None:
    """Append the page, then link it; the file's position is at its end before and after."""
    pixels = np.ascontiguousarray(image, layout.dtype).data
    padding = bytes(layout.stride - BLOCK - layout.n_bytes)
    write_all(file, layout.header(page), pixels, padding)
    link(file, layout, page)


def link(file: FileIO, layout: PageLayout, page: int) -> None:
    """Let the page before `page` point to it; leave the position at the end of `page`."""
    target = _LINK.pack(layout.header_at(page))
    if hasattr(os, "pwrite"):
        os.pwrite(file.fileno(), target, layout.link_at(page - 1))
        return
    file.seek(layout.link_at(page - 1))
    file.write(target)
    file.seek(layout.end(page + 1))


def unlink_after(file: FileIO, layout: PageLayout, n_pages: int) -> None:
    """Make page `n_pages - 1` the last; a file of 0 pages has none."""
    file.seek(layout.link_at(n_pages - 1))
    file.write(_LINK.pack(0))


def describe(file: FileIO, layout: PageLayout, text: bytes) -> None:
    """Append `text` (no NUL in it) to the file and make it the first page's description."""
    at = file.seek(0, 2)
    write_all(file, text + b"\0")
    file.seek(layout.description_at)
    file.write(struct.pack("<QQ", len(text) + 1, at))


def undescribe(file: FileIO, layout: PageLayout) -> None:
    """Give the first page back the short description of a recording that is not sealed."""
    file.seek(layout.description_at)
    file.write(struct.pack("<Q8s", len(_UNSEALED) + 1, _UNSEALED))
