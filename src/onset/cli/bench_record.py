"""`onset bench record`: how fast frames get to the disk, as ratios measured in one run."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.light import LightLog
from onset.acquisition.live import give_way
from onset.analysis.live import LiveDetector
from onset.experiment.clock import SystemClock
from onset.experiment.records import Frame, FrameFlag
from onset.experiment.rig import read_rig
from onset.hardware.camera import Camera
from onset.hardware.core import close_core, open_core
from onset.recording.read import Recording
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder
from onset.shipped import shipped

Image = npt.NDArray[np.uint16]
FASTEST_MS = 0.1


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    camera_frames: int = 2000
    repeats: int = 3
    writer: tuple[tuple[int, int], ...] = ((512, 5000), (2048, 1000))
    """Side in px and frames."""


QUICK = Effort(camera_frames=600, repeats=1, writer=((512, 500), (2048, 60)))


def bench_record(scratch: Path, effort: Effort) -> dict[str, object]:
    """The document: rates in frames/s, and ratios of medians."""
    camera = _camera(scratch, effort)
    return {"camera": camera, "writer": [_writer(scratch, *size) for size in effort.writer]}


def _camera(scratch: Path, effort: Effort) -> dict[str, object]:
    """The DemoCamera at its fastest, all ways in turn."""
    ways: dict[str, Callable[[Path, int], float]] = {
        "not_written": _not_written,
        "recorded": _recorded,
        "recorded_while_read": _recorded_while_read,
        "recorded_while_detected": _recorded_while_detected,
    }
    if importlib.util.find_spec("ome_writers"):
        ways["pymmcore_plus_mda_ome_tiff"] = _mda
    fps: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(effort.repeats):
        for way, measure in ways.items():
            with _folder(scratch) as folder:
                fps[way].append(measure(folder, effort.camera_frames))
    median = {way: statistics.median(values) for way, values in fps.items()}
    recorded = median["recorded"]
    ratios = {
        "recorded / not_written": recorded / median["not_written"],
        "while_read / recorded": median["recorded_while_read"] / recorded,
        "while_detected / recorded": median["recorded_while_detected"] / recorded,
    }
    if "pymmcore_plus_mda_ome_tiff" in median:
        ratios["recorded / pymmcore-plus"] = recorded / median["pymmcore_plus_mda_ome_tiff"]
    with _folder(scratch) as folder:
        memory = _memory_above_buffer(folder, effort.camera_frames)
    return {
        "frames": effort.camera_frames,
        "repeats": effort.repeats,
        "memory_above_core_buffer_mb": round(memory / 1e6, 1),
        "fps": {way: round(value, 1) for way, value in median.items()},
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
    }


def _not_written(_folder: Path, n: int) -> float:
    with _demo_camera() as camera:
        camera.start()
        frames = camera.frames(threading.Event())
        next(frames)
        began_s = time.perf_counter()
        for _ in range(n):
            next(frames)
        rate = n / (time.perf_counter() - began_s)
        camera.stop()
        return rate


def _recorded(folder: Path, n: int, look: Callable[[], None] = lambda: None) -> float:
    """As in a run: camera thread, backlog, writer thread; every frame must be there."""
    with (
        _demo_camera() as camera,
        Recorder(folder, new_session(_header(camera.shape), start_ns=0)) as recorder,
    ):
        light = LightLog(has_shutter=False)
        film = Filming(camera, recorder, light, SystemClock(), Exposure(1_000_000, (0, 1)))
        film.start()
        film.begun.wait(10)
        began_s, first = time.perf_counter(), recorder.written
        while recorder.written < n and film.is_alive():
            time.sleep(0.002)
            look()
        rate = (recorder.written - first) / (time.perf_counter() - began_s)
        film.stop()
        film.join()
        if film.fault is not None:
            raise film.fault
        assert film.lost == {}, film.lost
        recorder.seal("complete")
    return rate


def _memory_above_buffer(folder: Path, n: int) -> int:
    """How far the process grew while it recorded, less what Micro-Manager's buffer may take."""
    me = psutil.Process()
    before, most = _private(me), 0

    def look() -> None:
        nonlocal most
        most = max(most, _private(me))

    _recorded(folder, n, look)
    buffer_bytes = read_rig(shipped("devices", "mm-demo.toml")).camera.buffer_mb * 1e6
    return max(0, most - before - int(buffer_bytes))


def _recorded_while_read(folder: Path, n: int) -> float:
    return _watched(folder, n, _read)


def _recorded_while_detected(folder: Path, n: int) -> float:
    return _watched(folder, n, _detect)


def _watched(folder: Path, n: int, look: Callable[[Path, Event], None]) -> float:
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    watcher = spawn.Process(target=look, args=(folder, ready))
    watcher.start()
    ready.wait(60)
    try:
        return _recorded(folder, n)
    finally:
        watcher.join(120)
        watcher.kill()


def _read(folder: Path, ready: Event) -> None:
    ready.set()
    with _opened(folder).follow() as follower:
        for frame in follower:
            frame.image.sum()


def _detect(folder: Path, ready: Event) -> None:
    give_way()
    _detector((512, 512)).update(0, np.zeros((512, 512), np.uint16), 0.0, lit=True)
    ready.set()
    recording = _opened(folder)
    detector = _detector(recording.shape)
    with recording.follow() as follower:
        while follower.recording.status == "running":
            frame = follower.newest()
            if frame is not None:
                detector.update(frame.number, frame.image, 0.0, lit=True)


def _detector(shape: tuple[int, int]) -> LiveDetector:
    return LiveDetector(
        shape, direction="on", lit_frames_before_injection=300, planned_frames=36_000
    )


def _opened(folder: Path) -> Recording:
    while not (folder / "session.json").exists():
        time.sleep(0.01)
    return Recording(folder)


def _mda(folder: Path, n: int) -> float:
    """pymmcore-plus recording by itself, as its documentation shows it."""
    import useq

    core = open_core(shipped("devices", "mm-demo.cfg"))
    try:
        core.setProperty("Camera", "FastImage", "1")
        core.setExposure(FASTEST_MS)
        core.definePixelSizeConfig("px")
        core.setPixelSizeUm("px", 0.1)
        core.setPixelSizeConfig("px")
        folder.mkdir(parents=True)
        times: list[float] = []
        core.mda.events.frameReady.connect(lambda *_: times.append(time.perf_counter()))
        events = useq.MDASequence.model_validate({"time_plan": {"interval": 0, "loops": n}})
        core.mda.run(events, output=str(folder / "x.ome.tiff"))
        ended_s = time.perf_counter()
    finally:
        close_core(core)
    assert len(times) == n, f"{len(times)} of {n} frames"
    return (n - 1) / (ended_s - times[0])


def _writer(scratch: Path, side: int, n: int) -> dict[str, object]:
    """The recorder alone against write() of the same bytes, fsync of all at the end of both."""
    images = [
        np.random.default_rng(i).integers(0, 4000, (side, side)).astype(np.uint16) for i in range(8)
    ]
    raw, own, peer, grown = [], [], [], 0
    for _ in range(3):
        if importlib.util.find_spec("ome_writers"):
            with _folder(scratch) as folder:
                peer.append(_ome_writers(folder, images, n))
        with _folder(scratch) as folder:
            raw.append(_raw(folder, images, n))
        with _folder(scratch) as folder:
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
        **_against(peer, own),
        "memory_grown_mb": round(grown / 1e6, 1),
    }


def _against(peer: list[float], own: list[float]) -> dict[str, float]:
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
    before = most = _private(me)
    session = new_session(_header(images[0].shape), start_ns=0)
    began_s = time.perf_counter()
    with Recorder(folder, session) as recorder:
        for i in range(n):
            stamp_ns = i * 1_000_000
            image = images[i % len(images)]
            recorder.append(Frame(i, image, stamp_ns, None, stamp_ns + 5_000_000, flags))
            if i % 100 == 0:
                most = max(most, _private(me))
        recorder.seal("complete")
    rate = n / (time.perf_counter() - began_s)
    return rate, max(most, _private(me)) - before


def _private(process: psutil.Process) -> int:
    info = process.memory_info()
    return int(info.rss) - int(getattr(info, "shared", 0))


def _header(shape: tuple[int, ...]) -> CameraHeader:
    height, width = shape
    return CameraHeader(shape=(height, width), dtype="uint16", exposure_ms=1.0, counter_tag="n")


@contextmanager
def _demo_camera() -> Iterator[Camera]:
    core = open_core(shipped("devices", "mm-demo.cfg"))
    try:
        core.setProperty("Camera", "FastImage", "1")
        rig = read_rig(shipped("devices", "mm-demo.toml"))
        camera = Camera(core, rig.camera, SystemClock())
        camera.set_exposure(FASTEST_MS)
        camera.prepare()
        yield camera
    finally:
        close_core(core)


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    folder = scratch / "onset-bench"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
