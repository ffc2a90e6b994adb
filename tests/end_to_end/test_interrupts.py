"""Ctrl-C in the terminal: the run ends in order, exit code 3, the emulators are left safe."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from onset.shipped import shipped


@pytest.fixture
def run(tmp_path):
    """A run at real speed in a process of its own, once it has recorded some frames."""
    log = (tmp_path / "stderr.txt").open("w")
    words = [
        "run", shipped("protocols", "tbab_forward.toml"), "--rig", shipped("devices", "demo.toml"),
        "--out", tmp_path / "rec", "--speed", "5",
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "onset", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    index, patience = tmp_path / "rec" / "frames.idx", time.monotonic() + 120
    while not (index.exists() and index.stat().st_size > 48 * 150):
        assert process.poll() is None, (tmp_path / "stderr.txt").read_text()
        assert time.monotonic() < patience
        os.sched_yield() if hasattr(os, "sched_yield") else None
    yield process, tmp_path / "rec"
    if process.poll() is None:
        process.kill()
    process.wait()
    log.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_in_order(run, number):
    process, folder = run
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    assert process.wait(120) == 3
    session = json.loads((folder / "session.json").read_text())
    truth = json.loads((folder / "truth.json").read_text())
    assert session["status"] == "aborted"
    assert truth["shutter"][-1]["open"] is False
    assert all(not p["moves"] or p["moves"][-1]["ul_per_s"] == 0 for p in truth["plungers"])
