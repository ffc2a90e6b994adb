"""A run that outlives its supervisor: the next one analyses it live from its first frame."""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict

import pytest

import onset
from onset.acquisition.live import spots_of
from onset.shipped import shipped

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")

PROTOCOL = """
name = "taken over"
on_orphan = "finish"
[camera]
roi = [128, 128, 192, 192]
[end]
at = "400 s"
stop_when = "no new spot for 20 s"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "15 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "6 ug/mL"
rate = "7.5 mL/h"
volume = "0.3 mL"
"""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """A run at twenty times the speed, with a state folder of its own."""
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    (tmp_path / "p.toml").write_text(PROTOCOL)
    with onset.Instrument(shipped("devices", "demo.toml"), speed=20.0, who="the first") as rig:
        yield rig, rig.start_run(tmp_path / "p.toml", tmp_path / "rec")


def test_a_new_supervisor_goes_on_with_the_live_analysis_and_ends_the_run_by_its_rule(started):
    rig, folder = started
    rig.wait_for(lambda now: now.found is not None and now.found.count > 0, 120)
    os.kill(rig.entry.pid, signal.SIGKILL)
    with onset.Instrument.start(who="the next") as later:
        ended = later.wait(120)
        seen = later.status
    assert ended.status == "complete"
    assert ended.reason.startswith("no new spot for 20 s: ")
    with onset.open(folder) as recording:
        (rule,) = [entry for entry in recording.ledger() if entry.kind == "stop-when"]
        assert recording.times_s[-1] < 350
        expected = [json.dumps(asdict(spot)) for spot in spots_of(recording)]
    assert rule.payload["rule"] == "no new spot for 20 s"
    assert lines_of(folder / "live_spots.jsonl", len(expected)) == expected
    assert seen.found.count > 5


def lines_of(file, n):
    """Its lines, once there are `n`: the live analysis may lag behind the end."""
    until = time.monotonic() + 60
    while len(lines := file.read_text().splitlines()) < n and time.monotonic() < until:
        threading.Event().wait(0.05)
    return lines
