"""`onset bench record`: how fast frames get to the disk, as ratios measured in one run."""

from __future__ import annotations

import importlib.util
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import psutil

from onset.acquisition.priority import give_way
from onset.analysis.live import LiveDetector
from onset.cli.bench_filming import (
    Pace,
    Source,
    by_pymmcore_plus,
    demo_camera,
    hasty_camera,
    not_written,
    recorded,
)
from onset.cli.bench_scratch import private, scratch_folder
from onset.cli.bench_writer import bench_writer
from onset.recording.read import Recording

Way = Callable[[Source, Path], Pace]
PEER = "pymmcore_plus_mda_ome_tiff"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    camera_frames: int = 2000
    repeats: int = 3
    fast: tuple[tuple[int, int], ...] = ((256, 3000), (512, 1500))
    """Side in px and frames of a camera that is not the limit."""
    writer: tuple[tuple[int, int], ...] = ((512, 5000), (2048, 1000))
    """Side in px and frames."""


QUICK = Effort(camera_frames=600, repeats=1, fast=((256, 1000),), writer=((512, 500), (2048, 60)))


def bench_record(scratch: Path, effort: Effort) -> dict[str, object]:
    """The document: rates in frames/s, and ratios of medians."""
    return {
        "camera": _camera(scratch, effort),
        "fast_camera": [_fast(scratch, effort, *size) for size in effort.fast],
        "writer": [bench_writer(scratch, *size) for size in effort.writer],
    }


def _camera(scratch: Path, effort: Effort) -> dict[str, object]:
    """The DemoCamera at its fastest, all ways in turn."""
    ways: dict[str, Way] = {
        "not_written": not_written,
        "recorded": recorded,
        "recorded_while_read": partial(_watched, _read),
        "recorded_while_detected": partial(_watched, _detect),
        **_peer(),
    }
    source = demo_camera(effort.camera_frames)
    paces = _in_turn(scratch, source, ways, effort.repeats)
    with scratch_folder(scratch) as folder:
        memory = _memory_above_buffer(folder, source)
    fps = {way: pace.fps for way, pace in paces.items()}
    pairs = [
        ("recorded", "not_written"),
        ("recorded_while_read", "recorded"),
        ("recorded_while_detected", "recorded"),
    ]
    return {
        "frames": effort.camera_frames,
        "repeats": effort.repeats,
        "memory_above_core_buffer_mb": round(memory / 1e6, 1),
        **_figures(paces),
        "ratios": {f"{a} / {b}": round(fps[a] / fps[b], 3) for a, b in pairs} | _against(paces),
    }


def _fast(scratch: Path, effort: Effort, side: int, frames: int) -> dict[str, object]:
    """A camera of 4,000 frames/s whose frames wait in the core: how fast are they taken?"""
    with scratch_folder(scratch) as folder:
        folder.mkdir(parents=True)
        source = hasty_camera(folder, side, frames)
        paces = _in_turn(folder, source, {"recorded": recorded, **_peer()}, effort.repeats)
    return {"side_px": side, "frames": frames, **_figures(paces), "ratios": _against(paces)}


def _peer() -> dict[str, Way]:
    return {PEER: by_pymmcore_plus} if importlib.util.find_spec("ome_writers") else {}


def _in_turn(scratch: Path, source: Source, ways: dict[str, Way], repeats: int) -> dict[str, Pace]:
    """Medians of all ways, each measured `repeats` times, one after the other."""
    paces: dict[str, list[Pace]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, measure in ways.items():
            with scratch_folder(scratch) as folder:
                paces[way].append(measure(source, folder))
    return {way: _median(measured) for way, measured in paces.items()}


def _median(paces: list[Pace]) -> Pace:
    return Pace(
        statistics.median(pace.fps for pace in paces),
        statistics.median(pace.on_disk_fps for pace in paces),
        statistics.median(pace.processor_ms for pace in paces),
    )


def _figures(paces: dict[str, Pace]) -> dict[str, object]:
    return {
        "fps": {way: round(pace.fps, 1) for way, pace in paces.items()},
        "on_disk_fps": {way: round(pace.on_disk_fps, 1) for way, pace in paces.items()},
        "processor_ms": {way: round(pace.processor_ms, 3) for way, pace in paces.items()},
    }


def _against(paces: dict[str, Pace]) -> dict[str, float]:
    if PEER not in paces:
        return {}
    ours, peer = paces["recorded"], paces[PEER]
    return {
        "recorded / pymmcore-plus": round(ours.fps / peer.fps, 3),
        "the same, on the disk": round(ours.on_disk_fps / peer.on_disk_fps, 3),
        "processor time, pymmcore-plus / recorded": round(peer.processor_ms / ours.processor_ms, 3),
    }


def _memory_above_buffer(folder: Path, source: Source) -> int:
    """How far the process grew while it recorded, less what Micro-Manager's buffer may take."""
    me = psutil.Process()
    before, most = private(me), 0

    def look() -> None:
        nonlocal most
        most = max(most, private(me))

    recorded(source, folder, look)
    return max(0, most - before - int(source.buffer_mb * 1e6))


def _watched(look: Callable[[Path, Event], None], source: Source, folder: Path) -> Pace:
    """Recorded while another process looks on."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    watcher = spawn.Process(target=look, args=(folder, ready))
    watcher.start()
    ready.wait(60)
    try:
        return recorded(source, folder)
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
