"""Times of single frames in TIFF films: OME's DeltaT, Micro-Manager's ElapsedTime-ms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import tifffile

from onset.recording.ome import CREATOR

Floats = npt.NDArray[np.float64]
SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0,
           "second": 1.0, "millisecond": 1e-3, "microsecond": 1e-6, "minute": 60.0}  # fmt: skip
MICRO_MANAGER_TAG = 51123


def tiff_times_s(film: tifffile.TiffFile, series: tifffile.TiffPageSeries, n: int) -> Floats | None:
    """Seconds since the first frame, (n,); None unless each of `n` frames has a time that grows."""
    ome = _ome(film)
    for times in (_micro_manager(series, n), [ome[t] for t in sorted(ome)]):
        if times is not None and len(times) == n and (found := growing(times)) is not None:
            return found
    return None


def frames_of_onset(film: tifffile.TiffFile) -> dict[int, float]:
    """Times of those planes of a film of onset that hold frames: others stand for missing ones.

    Empty for films of other programs, which may leave out what they do not know.
    """
    text = film.ome_metadata
    is_own = text is not None and ElementTree.fromstring(text).get("Creator") == CREATOR
    return _ome(film) if is_own else {}


def growing(times_s: Sequence[float | None]) -> Floats | None:
    """Seconds since the first, (n,); None unless all are known and each is later than the last."""
    if not times_s or None in times_s:
        return None
    times = np.array(times_s, np.float64)
    if not bool(np.all(np.diff(times) > 0)):
        return None
    since: Floats = times - times[0]
    return since


def elapsed_s(metadata: object) -> float | None:
    """Micro-Manager's time of a frame, from its JSON, as text or read already."""
    try:
        known = json.loads(metadata) if isinstance(metadata, (str, bytes)) else metadata
    except ValueError:
        return None
    elapsed = known.get("ElapsedTime-ms") if isinstance(known, dict) else None
    return None if elapsed is None else float(elapsed) / 1000


def _ome(film: tifffile.TiffFile) -> dict[int, float]:
    """DeltaT of the planes of the first image, by TheT."""
    if not film.ome_metadata:
        return {}
    pixels = ElementTree.fromstring(film.ome_metadata).find(".//{*}Pixels")
    planes = [] if pixels is None else pixels.findall("{*}Plane")
    return {
        int(plane.get("TheT", 0)): float(plane.get("DeltaT", "nan"))
        * SECONDS.get(plane.get("DeltaTUnit", "s"), 1.0)
        for plane in planes
    }


def _micro_manager(series: tifffile.TiffPageSeries, n: int) -> list[float | None] | None:
    times = []
    for position in range(n):
        try:
            page = series.pages[position]
            tags = getattr(page.aspage() if page is not None else None, "tags", {})
        except (IndexError, ValueError):
            return None
        if MICRO_MANAGER_TAG not in tags:
            return None
        times.append(elapsed_s(tags[MICRO_MANAGER_TAG].value))
    return times
