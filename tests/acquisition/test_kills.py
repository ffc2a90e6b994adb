"""Signal 9 at a random moment: what was taken from the camera shortly before is readable."""

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile

from onset.recording.layout import FRAMES, INDEX
from onset.recording.read import Recording
from onset.recording.recover import recover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")
SAFE_WITHIN_S = 0.1


@dataclass(frozen=True)
class Killed:
    """Numbers of frames, as they were known without reading the recording afterwards."""

    readable: set[int]
    """Just before the kill."""
    written: set[int]
    """The recorder had said so."""
    safe: set[int]
    """Taken from the camera `SAFE_WITHIN_S` before the kill, or earlier."""


def killed_after(folder: Path, seconds: float) -> Killed:
    command = [sys.executable, str(Path(__file__).parent / "filmed.py"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        with Recording(folder) as recording:
            readable = set(recording.numbers.tolist())
        killed_ns = time.perf_counter_ns()
        process.send_signal(signal.SIGKILL)
        told = [first, *process.stdout.read().splitlines(keepends=True)]
    words = [line.split() for line in told if line.endswith("\n")]
    done = [(what, int(number), int(t_ns)) for what, number, t_ns in words]
    until_ns = killed_ns - SAFE_WITHIN_S * 1e9
    return Killed(
        readable,
        {number for what, number, _ in done if what == "written"},
        {number for what, number, t_ns in done if what == "taken" and t_ns < until_ns},
    )


def survives(folder: Path, seconds: float) -> set[int]:
    """Kill and recover; which frames were lost though they were taken long enough before."""
    killed = killed_after(folder, seconds)
    with Recording(folder) as recording:
        assert recording.status == "killed"
        numbers = recording.numbers.tolist()
        images = [image.copy() for image in recording]
        assert np.all(np.diff(recording.times_s) >= 0)
    assert numbers == list(range(len(numbers)))
    assert killed.readable <= set(numbers)
    assert killed.written <= set(numbers)
    recover(folder)
    sealed = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert recover(folder) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == sealed
    with tifffile.TiffFile(folder / FRAMES) as tiff:
        assert tiff.is_ome
        film = tiff.asarray().reshape(-1, *images[0].shape)
    assert all((film[n] == image).all() for n, image in enumerate(images))
    assert (folder / INDEX).stat().st_size == 48 * len(numbers)
    return killed.safe - set(numbers)


def test_a_kill_costs_only_what_was_just_taken(tmp_path):
    """In five kills; where others have the processor, the writer may wait longer for its turn."""
    moments = [random.Random(seed).uniform(0.9, 1.6) for seed in range(5)]
    lost = [survives(tmp_path / str(n), seconds) for n, seconds in enumerate(moments)]
    assert set() in lost


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_kills(tmp_path, seed):
    assert not survives(tmp_path / "rec", random.Random(1000 + seed).uniform(0, 1.5))
    shutil.rmtree(tmp_path / "rec")
