"""A film that grows at a camera's pace, with spots that turn on; a process of the bench."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.session import CameraHeader, FileText, Session, new_session
from onset.recording.write import Recorder
from onset.shipped import shipped

FLAGS = FrameFlag.COUNTED | FrameFlag.CAMERA_TIME | FrameFlag.LIT
GROUND, NOISE, LIGHT, SIGMA_PX = 400.0, 12.0, 260.0, 1.3
BASELINE, FIRST, LAST = 0.1, 0.15, 0.8
"""Parts of the film: dark before the injection, and between which the spots turn on."""
PROTOCOL = """
name = "bench"
[camera]
exposure = "{exposure_ms:.4f} ms"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "{baseline_s:.3f} s"
[[steps]]
do = "inject"
reagent = "TBAB"
rate = "7.5 mL/h"
volume = "1 uL"
[[steps]]
do = "expose"
duration = "{rest_s:.3f} s"
"""


def main(folder: str, side_px: str, fps: str, frames: str, spots: str) -> None:
    """Write; tell the pace that was kept and the worst delay of a frame."""
    print(json.dumps(grow(Path(folder), int(side_px), float(fps), int(frames), int(spots))))  # noqa: T201


def grow(folder: Path, side_px: int, fps: float, frames: int, spots: int) -> dict[str, object]:
    """A frame every 1/`fps` s; its host time is that at which it is handed over."""
    random = np.random.default_rng(1)
    noise = random.normal(GROUND, NOISE, (2 * side_px, 2 * side_px)).astype(np.uint16)
    places = _apart(spots, side_px, random)
    onsets = np.sort(random.uniform(FIRST, LAST, len(places)) * frames).astype(int)
    light = np.zeros((side_px, side_px), np.uint16)
    late: list[float] = []
    start_ns = time.perf_counter_ns()
    with Recorder(folder, _session(side_px, fps, frames, start_ns)) as recorder:
        began, lit = time.perf_counter(), 0
        for n in range(frames):
            while lit < len(places) and onsets[lit] <= n:
                _turn_on(light, places[lit])
                lit += 1
            down, right = random.integers(0, side_px, 2)  # noise that repeats would be found
            image = noise[down : down + side_px, right : right + side_px] + light
            due = began + n / fps
            time.sleep(max(due - time.perf_counter(), 0))
            late.append(time.perf_counter() - due)
            at_ns = time.perf_counter_ns()
            recorder.append(Frame(n, image, round(n * 1e9 / fps), None, at_ns, FLAGS))
            if n == round(frames * BASELINE):
                recorder.ledger.write("mark", _injection(at_ns), at_ns, sync=True)
        took_s = time.perf_counter() - began
        recorder.seal("complete", expected=frames)
    return {
        "frames_per_s": round(frames / took_s, 2),
        "written": frames,
        "late_ms_p99": round(float(np.percentile(late, 99)) * 1e3, 1),
    }


def _session(side_px: int, fps: float, frames: int, start_ns: int) -> Session:
    camera = CameraHeader(
        shape=(side_px, side_px), dtype="uint16", exposure_ms=1e3 / fps, pixel_size_um=0.13
    )
    rig = shipped("devices", "demo.toml")
    whole_s = frames / fps
    protocol = PROTOCOL.format(
        exposure_ms=1e3 / fps, baseline_s=BASELINE * whole_s, rest_s=(1 - BASELINE) * whole_s
    )
    return new_session(
        camera,
        start_ns=start_ns,
        rig=FileText(file=rig.name, text=rig.read_text(encoding="utf-8")),
        protocol=FileText(file="bench.toml", text=protocol),
    )


def _apart(spots: int, side_px: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Places of a grid, each moved a little: no spot hides another."""
    side = int(np.ceil(np.sqrt(spots)))
    step = side_px / side
    rows, columns = np.divmod(random.permutation(side * side)[:spots], side)
    centres = (np.column_stack((rows, columns)) + 0.5) * step
    moved: npt.NDArray[np.float64] = centres + random.uniform(-0.15, 0.15, centres.shape) * step
    return moved


def _turn_on(light: npt.NDArray[np.uint16], place: npt.NDArray[np.float64]) -> None:
    y, x = np.ogrid[: light.shape[0], : light.shape[1]]
    away = (y - place[0]) ** 2 + (x - place[1]) ** 2
    light += (LIGHT * np.exp(-away / (2 * SIGMA_PX**2))).astype(np.uint16)


def _injection(at_ns: int) -> Mark:
    stamps = Stamps(at_ns, at_ns, at_ns + 1_000_000, at_ns + 4_000_000, at_ns + 9_000_000)
    return Mark("inject", 0, stamps, at_ns, at_ns + 10_000_000, {}, "TBAB", "TBAB", 1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
