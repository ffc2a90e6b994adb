"""Times of single frames in TIFF films: OME's DeltaT, Micro-Manager's ElapsedTime-ms."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import tifffile

Floats = npt.NDArray[np.float64]
SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
MICRO_MANAGER_TAG = 51123


def tiff_times_s(film: tifffile.TiffFile, series: tifffile.TiffPageSeries, n: int) -> Floats | None:
    """Seconds since the first frame, (n,); None unless each of `n` frames has a time that grows."""
    for times in (_micro_manager(series, n), _ome(film)):
        if times is not None and len(times) == n and bool(np.all(np.diff(times) > 0)):
            since: Floats = times - times[0]
            return since
    return None


def _ome(film: tifffile.TiffFile) -> Floats | None:
    """DeltaT of the planes of the first image, in order of time."""
    if not film.ome_metadata:
        return None
    pixels = ElementTree.fromstring(film.ome_metadata).find(".//{*}Pixels")
    planes = [] if pixels is None else pixels.findall("{*}Plane")
    times = {
        int(plane.get("TheT", 0)): float(plane.get("DeltaT", "nan"))
        * SECONDS.get(plane.get("DeltaTUnit", "s"), 1.0)
        for plane in planes
    }
    return np.array([times[t] for t in sorted(times)]) if times else None


def _micro_manager(series: tifffile.TiffPageSeries, n: int) -> Floats | None:
    times = []
    for position in range(n):
        try:
            page = series.pages[position]
        except IndexError:
            return None
        tags = getattr(page.aspage() if page is not None else None, "tags", {})
        if MICRO_MANAGER_TAG not in tags:
            return None
        value = tags[MICRO_MANAGER_TAG].value
        metadata = json.loads(value) if isinstance(value, (str, bytes)) else value
        elapsed = metadata.get("ElapsedTime-ms")
        if elapsed is None:
            return None
        times.append(float(elapsed) / 1000)
    return np.array(times)
