"""Signal 9 at a random moment: what was taken from the camera shortly before is readable."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from onset.recording.layout import FRAMES, INDEX
from onset.recording.read import Recording
from onset.recording.recover import recover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")
SAFE_WITHIN_S = 0.1
BESIDE_OTHERS_S = 1.0
"""The suite runs in two processes on as few processors: the writer waits for its turn."""


def killed_after(folder: Path, seconds: float, within_s: float) -> tuple[list[int], list[int]]:
    """Numbers readable just before the kill; numbers taken `within_s` before it or earlier."""
    command = [sys.executable, str(Path(__file__).parent / "filmed.py"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        with Recording(folder) as recording:
            readable = recording.numbers.tolist()
        killed_ns = time.perf_counter_ns()
        process.send_signal(signal.SIGKILL)
        told = [first, *process.stdout.read().splitlines(keepends=True)]
    taken = [tuple(map(int, line.split())) for line in told if line.endswith("\n")]
    return readable, [number for number, t_ns in taken if t_ns < killed_ns - within_s * 1e9]


def survives(folder: Path, seconds: float, within_s: float) -> None:
    readable, safe = killed_after(folder, seconds, within_s)
    with Recording(folder) as recording:
        assert recording.status == "killed"
        numbers = recording.numbers.tolist()
        images = [image.copy() for image in recording]
        assert np.all(np.diff(recording.times_s) >= 0)
    assert numbers == list(range(len(numbers)))
    assert set(readable) <= set(numbers)
    assert set(safe) <= set(numbers), f"the writer had no turn for {within_s} s"
    recover(folder)
    sealed = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert recover(folder) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == sealed
    with tifffile.TiffFile(folder / FRAMES) as tiff:
        assert tiff.is_ome
        film = tiff.asarray().reshape(-1, *images[0].shape)
    assert all((film[n] == image).all() for n, image in enumerate(images))
    assert (folder / INDEX).stat().st_size == 48 * len(numbers)


@pytest.mark.parametrize("seed", range(5))
def test_a_kill_costs_only_what_was_just_taken(tmp_path, seed):
    survives(tmp_path / "rec", random.Random(seed).uniform(0.9, 1.6), BESIDE_OTHERS_S)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_kills(tmp_path, seed):
    survives(tmp_path / "rec", random.Random(1000 + seed).uniform(0, 1.5), SAFE_WITHIN_S)
    shutil.rmtree(tmp_path / "rec")
