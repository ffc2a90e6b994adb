"""`onset bench view`: does the window keep up, and does the recording notice it?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onset.errors import Refused
from onset.viewer.display import have_display


@dataclass(frozen=True, slots=True)
class Load:
    """A film that grows while it is looked at."""

    side_px: int
    fps: float
    frames: int
    spots: int = 500


QUICK = (Load(512, 100.0, 1500),)
USUAL = (Load(512, 100.0, 4000), Load(512, 30.0, 1200))
LONG = Load(64, 1_500.0, 36_000, spots=36)
"""Half an hour at 20 frames/s, in 24 s."""
SETTLE_S = 4.0


def bench_view(*, quick: bool) -> dict[str, object]:
    """Gaps of Qt's event loop, delay of the rings, the writer's pace with and without window."""
    if not have_display():
        raise Refused("bench view needs a display (without one: xvfb-run -a onset bench view)")
    found: dict[str, object] = {"load before": round(os.getloadavg()[0], 1)} if _unix() else {}
    with tempfile.TemporaryDirectory(prefix="onset-bench-") as folder:
        for load in QUICK if quick else USUAL:
            place = Path(folder) / f"{load.fps:g}"
            alone = _written(place / "alone", load, watched=False)
            watched = _written(place / "watched", load, watched=True)
            found[_name(load)] = {
                "writer alone": alone["writer"],
                "writer with the window": watched["writer"],
                "window": watched["window"],
            }
            shutil.rmtree(place)
        if not quick:
            long = _written(Path(folder) / "long", LONG, watched=True)
            found[_name(LONG)] = {"window": long["window"]}
    return found


def _name(load: Load) -> str:
    return (
        f"{load.frames:,} frames of {load.side_px} px square at {load.fps:g}/s, {load.spots} spots"
    )


def _unix() -> bool:
    return hasattr(os, "getloadavg")


def _written(folder: Path, load: Load, *, watched: bool) -> dict[str, Any]:
    """What writer and window say of one film."""
    arguments = [str(folder), str(load.side_px), str(load.fps), str(load.frames), str(load.spots)]
    detector = _start("onset.cli.bench_detecting", str(folder)) if watched else None
    if detector is not None and detector.stdout is not None:
        detector.stdout.readline()  # it is ready: a run compiles its kernels before it begins
    writer = _start("onset.cli.bench_growing", *arguments)
    window = _start("onset.viewer.gaps", str(folder), str(SETTLE_S)) if watched else None
    told: dict[str, Any] = {"writer": _told(writer)}
    if window is not None:
        told["window"] = _told(window)
    if detector is not None:
        detector.communicate()
    return told


def _start(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _told(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate()
    if process.returncode != 0:
        raise Refused(f"a process of the bench ended with code {process.returncode}")
    return json.loads(out.splitlines()[-1])
