"""A recording in formats of other programs: tables as CSV, the film as OME-Zarr."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.errors import FileMistake, Refused
from onset.recording.info import FrameRow, frames_table, info
from onset.recording.ome import planes
from onset.recording.read import Recording

MARK_COLUMNS = ("what", "step", "asked_s", "done_s", "t_s", "t_halfwidth_s", "frame",
                "frame_halfwidth", "pump", "reagent", "ug_per_ml", "t10_s", "t50_s", "t90_s",
                "sd_s")  # fmt: skip


def to_csv(recording: Recording, out: Path) -> list[Path]:
    """Tables of frames and marks: in the folder `out`, or `out` itself and another beside it."""
    is_file = out.suffix == ".csv"
    (out.parent if is_file else out).mkdir(parents=True, exist_ok=True)
    frames_path = out if is_file else out / "frames.csv"
    marks_path = out.with_name(f"{out.stem}_marks.csv") if is_file else out / "marks.csv"
    columns = [field.name for field in fields(FrameRow)]
    frames = _table(frames_path, columns, (asdict(row) for row in frames_table(recording)))
    marks = info(recording)["marks"]
    assert isinstance(marks, list)
    return [frames, _table(marks_path, MARK_COLUMNS, (_flat(mark) for mark in marks))]


def to_ome_zarr(recording: Recording, out: Path) -> list[Path]:
    """An OME-Zarr in the camera's numbering, gaps as zeros, through ome-writers; tables beside it.

    Raises `Refused` without the package, `FileMistake` where `out` exists.
    """
    if importlib.util.find_spec("ome_writers") is None:
        raise Refused('OME-Zarr is written by ome-writers: pip install "onset[formats]"')
    if len(recording) == 0:
        raise FileMistake(recording.path, "", "has no frames")
    import ome_writers

    at = planes(recording.numbers)
    settings = _zarr_settings(recording, out, n_planes=int(at[-1]) + 1)
    written = Path(settings.output_path)
    if written.exists():
        raise FileMistake(written, "", "is there already")
    with ome_writers.create_stream(settings) as stream:
        for image, when in _in_planes(recording, at.tolist()):
            stream.append(image, frame_metadata=when)
    return [written, *to_csv(recording, written.with_name(f"{written.name}.tables"))]


def _zarr_settings(recording: Recording, out: Path, n_planes: int) -> Any:
    import ome_writers

    height, width = recording.shape
    dimensions = ome_writers.dims_from_standard_axes({"t": n_planes, "y": height, "x": width})
    size_um = recording.session.camera.pixel_size_um
    if size_um:
        scaled = {"scale": size_um, "unit": "micrometer"}
        dimensions = [d.model_copy(update=scaled if d.name in "yx" else {}) for d in dimensions]
    given = {"root_path": str(out), "dtype": recording.dtype.name, "dimensions": dimensions}
    kind = {"name": "ome-zarr", "backend": "auto", "suffix": _suffix(out)}
    return ome_writers.AcquisitionSettings.model_validate({**given, "format": kind})


def _in_planes(
    recording: Recording, at: list[int]
) -> Iterator[tuple[npt.NDArray[np.generic], dict[str, float] | None]]:
    """An image for each plane with its times; zeros without times where frames are missing."""
    nothing = np.zeros(recording.shape, recording.dtype)
    times_s, exposures_s = recording.times_s.tolist(), recording.exposures_s.tolist()
    positions = dict(zip(at, range(len(recording)), strict=True))
    for plane in range(at[-1] + 1):
        position = positions.get(plane)
        if position is None:
            yield nothing, None
            continue
        when = {"delta_t": times_s[position]}
        if exposures_s[position] > 0:
            when["exposure_time"] = exposures_s[position]
        yield recording[position], when


def _suffix(out: Path) -> str:
    return ".zarr" if out.suffix == ".zarr" and not out.name.endswith(".ome.zarr") else ".ome.zarr"


def _flat(mark: Mapping[str, object]) -> dict[str, object]:
    reagent, arrival = mark["reagent"] or {}, mark["arrival"] or {}
    assert isinstance(reagent, dict)
    assert isinstance(arrival, dict)
    flat = {
        **mark,
        **arrival,
        "reagent": reagent.get("name"),
        "ug_per_ml": reagent.get("ug_per_ml"),
    }
    return {name: flat.get(name) for name in MARK_COLUMNS}


def _table(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)
    return path
