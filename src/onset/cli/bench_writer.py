"""The recorder alone against raw write() and ome-writers, everything on the disk at the end."""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from onset.cli.bench_scratch import header, private, scratch_folder
from onset.experiment.records import Frame, FrameFlag
from onset.recording.session import new_session
from onset.recording.write import Recorder

Image = npt.NDArray[np.uint16]


def bench_writer(scratch: Path, side: int, n: int) -> dict[str, object]:
    """The recorder alone against write() of the same bytes, fsync of all at the end of both."""
    images = [
        np.random.default_rng(i).integers(0, 4000, (side, side)).astype(np.uint16) for i in range(8)
    ]
    raw, own, peer, grown = [], [], [], 0
    for _ in range(3):
        if importlib.util.find_spec("ome_writers"):
            with scratch_folder(scratch) as folder:
                peer.append(_ome_writers(folder, images, n))
        with scratch_folder(scratch) as folder:
            raw.append(_raw(folder, images, n))
        with scratch_folder(scratch) as folder:
            rate, bytes_grown = _recorder_alone(folder, images, n)
            own.append(rate)
            grown = max(grown, bytes_grown)
    ratios = [a / b for a, b in zip(own, raw, strict=True)]
    return {
        "side_px": side,
        "frames": n,
        "raw_fps": round(statistics.median(raw), 1),
        "recorder_fps": round(statistics.median(own), 1),
        "recorder / raw": round(statistics.median(ratios), 3),
        **_beside(peer, own),
        "memory_grown_mb": round(grown / 1e6, 1),
    }


def _beside(peer: list[float], own: list[float]) -> dict[str, float]:
    if not peer:
        return {}
    ratios = [a / b for a, b in zip(own, peer, strict=True)]
    return {
        "ome_writers_tiff_fps": round(statistics.median(peer), 1),
        "recorder / ome-writers": round(statistics.median(ratios), 3),
    }


def _ome_writers(folder: Path, images: list[Image], n: int) -> float:
    """The writer of pymmcore-plus alone, OME-TIFF; its data on the disk at the end as ours."""
    import ome_writers

    folder.mkdir(parents=True)
    side = images[0].shape[0]
    path = folder / "x.ome.tiff"
    dimensions = ome_writers.dims_from_standard_axes({"t": n, "y": side, "x": side})
    began_s = time.perf_counter()
    given = {"root_path": str(path), "dtype": "uint16", "format": "ome-tiff"}
    settings = ome_writers.AcquisitionSettings.model_validate({**given, "dimensions": dimensions})
    with ome_writers.create_stream(settings) as stream:
        for i in range(n):
            stream.append(images[i % len(images)])
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return n / (time.perf_counter() - began_s)


def _raw(folder: Path, images: list[Image], n: int) -> float:
    folder.mkdir(parents=True)
    began_s = time.perf_counter()
    with (folder / "raw").open("wb", buffering=0) as file:
        for i in range(n):
            file.write(images[i % len(images)].data)
        os.fsync(file.fileno())
    return n / (time.perf_counter() - began_s)


def _recorder_alone(folder: Path, images: list[Image], n: int) -> tuple[float, int]:
    """Rate with everything sealed and on the disk, and how far memory grew meanwhile."""
    me = psutil.Process()
    flags = FrameFlag.COUNTED | FrameFlag.LIT
    before = most = private(me)
    session = new_session(header(images[0].shape), start_ns=0)
    began_s = time.perf_counter()
    with Recorder(folder, session) as recorder:
        for i in range(n):
            stamp_ns = i * 1_000_000
            image = images[i % len(images)]
            recorder.append(Frame(i, image, stamp_ns, None, stamp_ns + 5_000_000, flags))
            if i % 100 == 0:
                most = max(most, private(me))
        recorder.seal("complete")
    rate = n / (time.perf_counter() - began_s)
    return rate, max(most, private(me)) - before
