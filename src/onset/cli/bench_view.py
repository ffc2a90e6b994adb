"""`onset bench view`: does the window keep up, and does the recording notice it?"""

from __future__ import annotations

import json
import os
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


QUICK, USUAL = Load(512, 100.0, 1500), Load(512, 100.0, 4000)
LONG = Load(64, 1_500.0, 36_000)
"""Half an hour at 20 frames/s, in 24 s."""
SETTLE_S = 4.0


def bench_view(*, quick: bool) -> dict[str, object]:
    """Gaps of Qt's event loop, the writer's pace without and with the window, memory."""
    if not have_display():
        raise Refused("bench view needs a display (without one: xvfb-run -a onset bench view)")
    load = QUICK if quick else USUAL
    found: dict[str, object] = {"load before": round(os.getloadavg()[0], 1)} if _unix() else {}
    with tempfile.TemporaryDirectory() as folder:
        alone = _written(Path(folder) / "alone", load, watched=False)
        watched = _written(Path(folder) / "watched", load, watched=True)
        found["film"] = f"{load.side_px} px square, {load.fps:g} frames/s, {load.spots} spots"
        found["writer alone"] = alone["writer"]
        found["writer with the window"] = watched["writer"]
        found["window"] = watched["window"]
        if not quick:
            found["window over 36,000 frames"] = _written(
                Path(folder) / "long", LONG, watched=True
            )["window"]
    return found


def _unix() -> bool:
    return hasattr(os, "getloadavg")


def _written(folder: Path, load: Load, *, watched: bool) -> dict[str, Any]:
    """What writer and window say of one film."""
    arguments = [str(folder), str(load.side_px), str(load.fps), str(load.frames), str(load.spots)]
    writer = _start("onset.cli.bench_growing", *arguments)
    window = _start("onset.viewer.gaps", str(folder), str(SETTLE_S)) if watched else None
    told: dict[str, Any] = {"writer": _told(writer)}
    if window is not None:
        told["window"] = _told(window)
    return told


def _start(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _told(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate()
    if process.returncode != 0:
        raise Refused(f"a process of the bench ended with code {process.returncode}")
    return json.loads(out.splitlines()[-1])
