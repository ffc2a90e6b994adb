"""`onset bench sample`: how fast the simulated sample is filmed, and how fast the demo runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from onset.cli.bench_scratch import scratch_folder
from onset.experiment.clock import NS, SystemClock
from onset.experiment.rig import CameraSpec
from onset.hardware.camera import Camera
from onset.hardware.core import close_core, open_core
from onset.models.flow import Front
from onset.simulated.exposures import Exposure
from onset.simulated.field import Surroundings
from onset.simulated.optics import View
from onset.simulated.preset import Preset
from onset.simulated.sample import Sample
from onset.simulated.sensors import MODELS, Chip
from onset.simulated.shot import Shot
from onset.simulated.world import World, world

MODEL_CAMERAS = ("plain", "scmos", "emccd", "ccd")
EXPOSURE_NS = NS // 20
ALL_BRIGHT_S = 60.0
DEMO_SPEED = 10.0
CAMERA = """Property,Core,Initialize,0
#py pyDevice,Camera,onset.simulated.camera,SimulatedCamera
Property,Core,Initialize,1
#py Property,Core,Camera,Camera
#py Property,Camera,SampleName,{name}
#py Property,Camera,Sensor_px,{side}
#py Property,Camera,Particles,{particles}
#py Property,Camera,Readout_ms,1
#py Property,Camera,StartState,bright
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One field, and the rate that it is to be filmed at."""

    side_px: int
    particles: int
    wanted_fps: float
    frames: int


CASES = (Case(512, 500, 100.0, 500), Case(2048, 5000, 10.0, 60))
FEWER = (Case(512, 500, 100.0, 100), Case(2048, 5000, 10.0, 10))


def bench_sample(scratch: Path, cases: tuple[Case, ...], *, demo: bool) -> dict[str, object]:
    """The document: frames on one core, the camera in real time, and the demo at `DEMO_SPEED`."""
    document: dict[str, object] = {
        "one_core": [row for case in cases for row in _rendered(case)],
        "real_time": [_filmed(scratch, case) for case in cases],
    }
    if demo:
        document["demo"] = _demo(scratch)
    return document


def _rendered(case: Case) -> list[dict[str, object]]:
    """Processor time of frames that are all bright, with each camera model."""
    found = []
    for model in MODEL_CAMERAS:
        shot = _shot(case, model)
        times = [_frame_s(shot, number) for number in range(1 + min(case.frames, 100))][1:]
        median_s = float(np.median(times))
        found.append(
            {
                "side_px": case.side_px,
                "particles": case.particles,
                "camera": model,
                "processor_ms": round(1000 * median_s, 2),
                "fps": round(1 / median_s, 1),
            }
        )
    return found


def _shot(case: Case, model: str) -> Shot:
    side = case.side_px
    there = World("bench")
    there.plunger("TBAB", "TBAB", 10.0).start(0, 2.0)
    sample = Sample(replace(Preset(), particles=case.particles), (side, side), 1)
    view = View(0, 0, side, side)
    chip = Chip(MODELS[model], view, side)
    return Shot(sample, there, Surroundings(Front()), view, chip, 1, sensor_px=side)


def _frame_s(shot: Shot, number: int) -> float:
    start_ns = round(ALL_BRIGHT_S * NS) * bool(number) + number * EXPOSURE_NS
    end_ns = start_ns + EXPOSURE_NS
    exposure = Exposure(number, start_ns, end_ns, end_ns)
    began_s = time.thread_time()
    shot.anticipate(exposure)
    shot.finish(exposure)
    return time.thread_time() - began_s


def _filmed(scratch: Path, case: Case) -> dict[str, object]:
    """The camera behind the core at the wanted rate; every frame is taken out."""
    name = f"bench-{case.side_px}"
    with scratch_folder(scratch) as folder:
        folder.mkdir(parents=True)
        config = folder / "sample.cfg"
        config.write_text(
            CAMERA.format(name=name, side=case.side_px, particles=case.particles), encoding="utf-8"
        )
        core = open_core(config)
    try:
        spec = CameraSpec.model_construct(
            config=str(config), device=None, frame_counter="FrameCounter", clock=None,
            properties={}, buffer_mb=512.0, buffer_s=None, readout_ms=1.0, latency_ms=(0.0, 5.0),
            exposure_ms=1000 / case.wanted_fps, pixel_size_um=0.13, sensor_px=None,
        )  # fmt: skip
        camera = Camera(core, spec, SystemClock())
        camera.set_exposure(spec.exposure_ms)
        camera.prepare()
        camera.start()
        arrived, busy_s = _take(camera, case.frames)
        camera.stop()
    finally:
        close_core(core)
        world(name).reset()
    return {
        **asdict(case),
        "fps": round((case.frames - 1) / (arrived[-1] - arrived[0]), 2),
        "processor_part": round(busy_s / (arrived[-1] - arrived[0]), 3),
        "longest_gap_ms": round(1000 * float(np.diff(arrived).max()), 1),
    }


def _take(camera: Camera, frames: int) -> tuple[list[float], float]:
    """When each frame came, and the processor time of all threads meanwhile, s."""
    coming = camera.frames(threading.Event())
    next(coming)
    began_s, arrived = time.process_time(), [time.perf_counter()]
    for _ in range(frames - 1):
        next(coming)
        arrived.append(time.perf_counter())
    return arrived, time.process_time() - began_s


def _demo(scratch: Path) -> dict[str, object]:
    """The default demo, as a user types it, faster than real."""
    with scratch_folder(scratch) as folder:
        onset = [sys.executable, "-m", "onset"]
        began_s = time.perf_counter()
        subprocess.run(
            [*onset, "demo", "--no-view", "--speed", f"{DEMO_SPEED:g}", "--out", str(folder)],
            check=True,
            capture_output=True,
        )
        took_s = time.perf_counter() - began_s
        said = subprocess.run(
            [*onset, "info", str(folder), "--json"], check=True, capture_output=True
        )
    told = json.loads(said.stdout)
    return {
        "asked_speed": DEMO_SPEED,
        "achieved_speed": round(told["speed"], 3),
        "frames": told["frames"]["written"],
        "dropped": told["frames"]["dropped"],
        "whole_command_s": round(took_s, 1),
    }
