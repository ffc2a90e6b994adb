"""OME-XML of a recording: a time series in the camera's numbering, gaps as planes of zeros."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from onset.recording.pages import PageLayout

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
CREATOR = "onset"
MOST_GAPS_PER_FRAME = 4
"""A film with more missing planes than this per frame is stored in the order of its frames."""


@dataclass(frozen=True, slots=True)
class Film:
    """What the XML says of a film."""

    name: str
    layout: PageLayout
    numbers: npt.NDArray[np.int64]
    pages: npt.NDArray[np.int64]
    """Page of each frame."""
    zero_page: int
    """Page that stands for missing planes."""
    times_s: npt.NDArray[np.float64]
    acquired: datetime
    pixel_size_um: float | None
    exposures_s: npt.NDArray[np.float64]
    """Of each frame; 0 or NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class Run:
    """Planes first_t, first_t + 1, ... that lie on pages first_page, first_page + 1, ..."""

    first_t: int
    first_page: int
    n: int


def planes(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Plane (from 0) of each frame: the camera's count, or the order where it cannot serve."""
    if len(numbers) == 0:
        return numbers
    steps = np.diff(numbers)
    span = int(numbers[-1] - numbers[0]) + 1
    if (steps < 1).any() or span > (1 + MOST_GAPS_PER_FRAME) * len(numbers):
        return np.arange(len(numbers), dtype=np.int64)
    first: np.int64 = numbers[0]
    return np.asarray(numbers - first, np.int64)


def has_gaps(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether the film needs a page of zeros."""
    at = planes(numbers)
    return len(at) > 0 and int(at[-1]) + 1 > len(at)


def runs(at: npt.NDArray[np.int64], pages: npt.NDArray[np.int64], zero_page: int) -> list[Run]:
    """Pages of all planes, in order; each missing plane is a run of its own, a page of zeros."""
    breaks = np.flatnonzero((np.diff(at) > 1) | (np.diff(pages) != 1))
    starts = np.concatenate(([0], breaks + 1)).tolist()
    ends = np.concatenate((breaks + 1, [len(at)])).tolist()
    found: list[Run] = []
    for start, end in zip(starts, ends, strict=True):
        t = int(at[start])
        before = found[-1].first_t + found[-1].n if found else 0
        found += [Run(missing, zero_page, 1) for missing in range(before, t)]
        found.append(Run(t, int(pages[start]), end - start))
    return found


def ome_xml(film: Film) -> bytes:
    """The document, UTF-8; one TiffData per run of planes, one Plane with DeltaT per frame."""
    at = planes(film.numbers)
    blocks = "".join(
        f'<TiffData IFD="{run.first_page}" FirstT="{run.first_t}" PlaneCount="{run.n}"/>'
        for run in runs(at, film.pages, film.zero_page)
    )
    times = "".join(
        f'<Plane TheZ="0" TheT="{t}" TheC="0" DeltaT="{s:.6f}"{_exposure(exposure_s)}/>'
        for t, s, exposure_s in zip(
            at.tolist(), film.times_s.tolist(), film.exposures_s.tolist(), strict=True
        )
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NAMESPACE}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{NAMESPACE} {NAMESPACE}/ome.xsd" UUID="urn:uuid:{uuid.uuid4()}" '
        f'Creator="{CREATOR}"><Image ID="Image:0" Name={quoteattr(film.name)}>'
        f"<AcquisitionDate>{film.acquired.replace(tzinfo=None).isoformat(timespec='seconds')}"
        f"</AcquisitionDate>{_pixels(film, int(at[-1]) + 1)}"
        f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{blocks}{times}</Pixels></Image></OME>'
    ).encode()


def _exposure(exposure_s: float) -> str:
    return f' ExposureTime="{exposure_s:g}"' if exposure_s > 0 else ""


def _pixels(film: Film, size_t: int) -> str:
    height, width = film.layout.shape
    scale = ""
    if film.pixel_size_um:
        size = f'"{film.pixel_size_um:g}"'
        scale = (
            f'PhysicalSizeX={size} PhysicalSizeXUnit="µm" '
            f'PhysicalSizeY={size} PhysicalSizeYUnit="µm" '
        )
    return (
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{_pixel_type(film.layout.dtype)}" '
        f'BigEndian="false" SizeX="{width}" SizeY="{height}" SizeZ="1" SizeC="1" '
        f'SizeT="{size_t}" {scale}>'
    )


def _pixel_type(dtype: np.dtype[np.generic]) -> str:
    return {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)
