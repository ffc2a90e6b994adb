"""`onset bench analyze`: a whole analysis against reading the file, fits per second, trackpy."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from onset.analysis.blinking_model import Rates
from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.switch import fit_switch
from onset.analysis.tables import analyse
from onset.experiment.records import FrameFlag
from onset.recording.read import Recording
from onset.simulated.film import take_film
from onset.simulated.preset import Preset
from onset.simulated.taking import Taking

SIDE_PX, WORKERS = 512, 2
TRACE_FRAMES, INTERVAL_S, SNR = 600, 0.1, 15.0


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    frames: int = 6000
    particles: int = 500
    traces: int = 200
    peer_frames: int = 100
    """Of the film, for trackpy: its time is in proportion."""


LITTLE = Amount(1200, 500, 60, 30)


def bench_analyze(scratch: Path, amount: Amount) -> dict[str, object]:
    """The document; the film is made in `scratch` and removed."""
    folder = Path(tempfile.mkdtemp(prefix="onset-bench-", dir=scratch))
    try:
        film = folder / "film"
        preset = Preset(particles=amount.particles)
        take_film(film, preset, Taking(frames=amount.frames, shape=(SIDE_PX, SIDE_PX)))
        analyse(film, workers=WORKERS)  # compiles
        reading, cold = _taken(lambda: _read(film)), _cold_reading_s(film)
        stages, most_mb = _stages(film)
        whole, fits = _sum(stages.values()), stages["fit"]
        return {
            "frames": amount.frames,
            "workers": WORKERS,
            "read once with numpy, s": {
                "from the system's cache": reading.real_s,
                "processor time of that": reading.processor_s,
                "from the disk": cold,
            },
            "analysis, s": whole.real_s,
            **{f"of that: {stage}, s": taken.real_s for stage, taken in stages.items()},
            "processor time, s": {stage: taken.processor_s for stage, taken in stages.items()},
            "(analysis - fits) / reading": (whole.real_s - fits.real_s) / reading.real_s,
            "the same of processor time": (whole.processor_s - fits.processor_s)
            / reading.processor_s,
            "analysis / (reading + fits)": whole.real_s / (reading.real_s + fits.real_s),
            "most memory of this process, MB": most_mb,
            "fits per second": _fits(amount.traces),
            "trackpy": _trackpy(film, amount, whole),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Taken:
    """Time of the clock and of all processors; the second hardly depends on what else runs."""

    real_s: float
    processor_s: float

    def __sub__(self, other: Taken) -> Taken:
        return Taken(self.real_s - other.real_s, self.processor_s - other.processor_s)

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.real_s + other.real_s, self.processor_s + other.processor_s)


def _now() -> Taken:
    return Taken(time.perf_counter(), time.process_time())


def _sum(parts: Iterable[Taken]) -> Taken:
    return sum(parts, Taken(0.0, 0.0))


def _taken(work: Callable[[], object]) -> Taken:
    began = _now()
    work()
    return _now() - began


def _seconds(work: Callable[[], object]) -> float:
    return _taken(work).real_s


def _read(folder: Path) -> int:
    with Recording(folder) as recording:
        stack, total = recording.stack(), 0
        for start in range(0, len(stack), 64):
            total += int(stack[start : start + 64].sum(dtype=np.int64))
        return total


def _cold_reading_s(folder: Path) -> float | None:
    """The same with nothing of the film in memory; None where the system cannot be told so."""
    if sys.platform != "linux":
        return None
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return _seconds(lambda: _read(folder))


def _stages(folder: Path) -> tuple[dict[str, Taken], float]:
    """What each stage takes, places and drift counted to measuring, populations to the fits.

    And the most memory seen, MB.
    """
    began, ends, most = _now(), dict[str, Taken](), 0.0
    process = psutil.Process()

    def hear(stage: str, _done: float) -> None:
        nonlocal most
        ends[stage] = _now()
        most = max(most, process.memory_info().rss / 1e6)

    analyse(folder, workers=WORKERS, progress=hear)
    ends["fit"] = _now()
    order = ("find", "measure", "fit")
    since = dict(zip(order, (began, *(ends[stage] for stage in order)), strict=False))
    return {stage: ends[stage] - since[stage] for stage in order}, most


def _fits(traces: int) -> dict[str, float]:
    """Of trajectories of 600 frames, on two threads."""
    rng = np.random.default_rng(1)
    kinds = {"plain": None, "blinking": Rates(1 / 3.0, 1 / 0.5)}
    rates = {}
    for name, blinks in kinds.items():
        made = [_trace(rng, blinks) for _ in range(traces)]
        _fit(made[0])
        with ThreadPoolExecutor(WORKERS) as pool:
            rates[name] = traces / _seconds(lambda made=made: list(pool.map(_fit, made)))  # type: ignore[misc]
    return rates


def _trace(rng: np.random.Generator, blinks: Rates | None) -> tuple[Doubles, Doubles, float]:
    times: Doubles = np.arange(TRACE_FRAMES).astype(np.float64) * INTERVAL_S
    t0 = float(rng.uniform(20, 35))
    light = mean_rise(times, np.full(TRACE_FRAMES, INTERVAL_S), t0, 1.0)
    if blinks:
        on = True
        for i in range(TRACE_FRAMES):
            rate = blinks.to_dark if on else blinks.to_on
            on ^= rng.random() < 1.0 - np.exp(-rate * INTERVAL_S)
            light[i] *= on
    return times, light + rng.normal(0.0, 1.0 / SNR, TRACE_FRAMES), t0 - 2.0


def _fit(made: tuple[Doubles, Doubles, float]) -> object:
    times, seen, near_s = made
    exposures, sd = np.full(times.size, INTERVAL_S), np.full(times.size, 1.0 / SNR)
    return fit_switch(times, exposures, seen, sd, near_s=near_s)


def _trackpy(folder: Path, amount: Amount, whole: Taken) -> dict[str, Any] | str:
    """Seconds that trackpy.batch and link would need for the whole film."""
    if importlib.util.find_spec("trackpy") is None:
        return "not installed"
    trackpy = importlib.import_module("trackpy")
    logging.getLogger("trackpy").setLevel(logging.WARNING)
    with Recording(folder) as recording:
        lit = np.flatnonzero((recording.flags & int(FrameFlag.LIT)) != 0)
        late = lit[-amount.peer_frames :]
        images = recording.stack()[late]
        brightness = float(np.ptp(images)) / 20.0

    def batch() -> None:
        found = trackpy.batch(images, 7, minmass=brightness, processes=1, engine="numba")
        trackpy.link(found, 3)

    batch()
    taken, share = _taken(batch), amount.frames / len(images)
    return {
        "batch and link, s": taken.real_s * share,
        "trackpy / analysis": taken.real_s * share / whole.real_s,
        "the same of processor time": taken.processor_s * share / whole.processor_s,
    }
