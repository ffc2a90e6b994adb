"""One film, taken and written once, by onset as in a run and by pymmcore-plus as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tifffile
from pymmcore_plus.experimental.unicore import UniMMCore

from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.light import LightLog
from onset.cli.bench_scratch import header, sync
from onset.experiment.clock import SystemClock
from onset.experiment.rig import CameraSpec, read_rig
from onset.hardware.camera import Camera
from onset.hardware.core import close_core, open_core
from onset.recording.session import new_session
from onset.recording.write import Recorder
from onset.shipped import shipped

FASTEST_MS = 0.1
HASTY = """Property,Core,Initialize,0
#py pyDevice,Camera,onset.simulated.hasty,HastyCamera
Property,Core,Initialize,1
#py Property,Core,Camera,Camera
#py Property,Camera,Side_px,{side}
#py Property,Camera,Frames,{frames}
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one film, from its first frame on."""

    fps: float
    """Until all frames were given to the system."""
    on_disk_fps: float
    """Until the film was sealed and on the disk (fsync)."""
    processor_ms: float
    """Processor time per frame, of all threads."""


@dataclass(frozen=True, slots=True)
class Source:
    """A camera, its configuration, and how many frames are filmed."""

    config: Path
    frames: int
    counter: str
    buffer_mb: float
    fits: bool
    """All frames fit into the core's buffer, and the camera ends by itself."""

    @contextmanager
    def core(self) -> Iterator[UniMMCore]:
        """The core with this camera, at its fastest."""
        core = open_core(self.config)
        try:
            if core.hasProperty("Camera", "FastImage"):
                core.setProperty("Camera", "FastImage", "1")
                core.setExposure(FASTEST_MS)
            yield core
        finally:
            close_core(core)

    @contextmanager
    def camera(self) -> Iterator[Camera]:
        """The camera with its buffer made."""
        known = {"frame_counter": self.counter, "buffer_mb": self.buffer_mb}
        with self.core() as core:
            camera = Camera(core, _spec().model_copy(update=known), SystemClock())
            camera.prepare()
            self.touch(core)
            yield camera

    def touch(self, core: UniMMCore) -> None:
        """Go through a large buffer once: the system gives memory when it is first written to."""
        if not self.fits:
            return
        core.startSequenceAcquisition(self.frames, 0.0, True)
        for _ in range(self.frames):
            while core.getRemainingImageCount() == 0:
                time.sleep(0.001)
            core.popNextImageAndMD()
        core.stopSequenceAcquisition()


def demo_camera(frames: int) -> Source:
    """Micro-Manager's DemoCamera: about 890 frames/s, whatever is done with them."""
    counter, buffer_mb = "ImageNumber", _spec().buffer_mb
    return Source(shipped("devices", "mm-demo.cfg"), frames, counter, buffer_mb, fits=False)


def hasty_camera(folder: Path, side: int, frames: int) -> Source:
    """4,000 frames/s; all of them fit into the core's buffer, so nobody must keep up."""
    config = folder / "hasty.cfg"
    config.write_text(HASTY.format(side=side, frames=frames))
    room_mb = (frames + 16) * side * side * 2 / 1e6
    return Source(config, frames, "FrameCounter", room_mb, fits=True)


def not_written(source: Source, _folder: Path) -> Pace:
    """Frames are taken out of the core as in a run, and that is all."""
    with source.camera() as camera:
        camera.start()
        frames = camera.frames(threading.Event())
        next(frames)
        watch = Watch()
        for _ in range(source.frames - 1):
            next(frames)
        pace = watch.pace(source.frames - 1)
        camera.stop()
    return pace


def recorded(source: Source, folder: Path, look: Callable[[], None] = lambda: None) -> Pace:
    """As in a run: camera thread, backlog, writer thread; every frame must be there."""
    with (
        source.camera() as camera,
        Recorder(folder, new_session(header(camera.shape), start_ns=0)) as recorder,
    ):
        light = LightLog(has_shutter=False)
        film = Filming(camera, recorder, light, SystemClock(), Exposure(1_000_000, (0, 1)))
        film.start()
        film.begun.wait(10)
        watch = Watch()
        while recorder.written < source.frames and film.is_alive():
            time.sleep(0.002)
            look()
        watch.lap(recorder.written)
        film.stop()
        film.join()
        if film.fault is not None:
            raise film.fault
        assert film.lost == {}, film.lost
        recorder.seal("complete")
        return watch.pace(recorder.written)


def by_pymmcore_plus(source: Source, folder: Path) -> Pace:
    """pymmcore-plus recording by itself, as its documentation shows it."""
    import useq

    folder.mkdir(parents=True)
    began: list[Watch] = []
    with source.core() as core:
        core.setCircularBufferMemoryFootprint(round(source.buffer_mb))
        core.initializeCircularBuffer()
        source.touch(core)
        core.definePixelSizeConfig("px")
        core.setPixelSizeUm("px", 0.1)
        core.setPixelSizeConfig("px")

        def first(*_: object) -> None:
            began.append(Watch())
            core.mda.events.frameReady.disconnect(first)

        core.mda.events.frameReady.connect(first)
        plan = {"time_plan": {"interval": 0, "loops": source.frames}}
        core.mda.run(useq.MDASequence.model_validate(plan), output=str(folder / "x.ome.tiff"))
        (watch,) = began
        watch.lap(source.frames)
        sync(folder)
        pace = watch.pace(source.frames)
    with tifffile.TiffFile(folder / "x.ome.tiff") as film:
        assert film.series[0].shape[0] == source.frames
    return pace


class Watch:
    """Time and processor time since it was made."""

    def __init__(self) -> None:
        self._began_s, self._began_cpu_s = time.perf_counter(), time.process_time()
        self._lap_fps: float | None = None

    def lap(self, frames: int) -> None:
        """So many frames were given to the system until now."""
        self._lap_fps = frames / (time.perf_counter() - self._began_s)

    def pace(self, frames: int) -> Pace:
        """So many frames are on the disk now."""
        took_s = time.perf_counter() - self._began_s
        cpu_ms = 1000 * (time.process_time() - self._began_cpu_s) / frames
        return Pace(self._lap_fps or frames / took_s, frames / took_s, cpu_ms)


def _spec() -> CameraSpec:
    return read_rig(shipped("devices", "mm-demo.toml")).camera
