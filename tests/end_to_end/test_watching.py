"""Clients come and go, processes stop and go on: the run does not notice; a stopped instrument is
made safe.
"""

import os
import signal
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest
from lab import SLACK_S, Lab, instruments

import onset
from onset.acquisition.rigs import held
from onset.errors import Refused
from onset.experiment.rig import read_rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")

WINDOW = """
import sys, time, onset
rig = onset.Instrument.attach(sys.argv[1], who="a window")
rig.note("here")
print("attached", flush=True)
time.sleep(60)
"""
BUSY = "while True: pass"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def rig(lab):
    with onset.Instrument(lab.rig, who="the first") as rig:
        yield rig


def test_a_rig_in_use_is_refused_with_the_name_of_its_holder(lab, rig):
    who = r"'lab' is in use by a supervisor .*process \d+"
    with pytest.raises(Refused, match=who), held(read_rig(lab.rig), "the second"):
        pass
    assert rig.status.phase == "ready"


def test_a_killed_window_is_nothing_to_a_run_and_a_new_one_can_command(lab, rig):
    folder = lab.run(rig, "windows")
    words = [sys.executable, "-c", WINDOW, rig.entry.address]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout.readline() == "attached\n"
        window.kill()
    with onset.Instrument.attach(rig.entry, who="a new window") as new:
        assert new.status.phase == "running"
        new.note("still here")
        commanded_s = time.perf_counter()
        new.close_shutter()
        new.stop_pump()
        lab.made_safe_s(commanded_s)
        new.abort("enough")
        assert new.wait(60).reason == "enough"
    with onset.open(folder) as recording:
        assert [m.values["text"] for m in recording.marks if m.what == "note"] == [
            "here",
            "still here",
        ]
        assert recording.session.counts.dropped == 0


def stopped(lab, rig, out, seconds):
    """A run during which the supervisor is stopped for a while."""
    before = rig.status.message
    folder = lab.run(rig, out)
    os.kill(rig.entry.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(rig.entry.pid, signal.SIGCONT)
    rig.wait_for(lambda now: now.phase == "running" and now.t_s > seconds)
    rig.abort("enough")
    ended = rig.wait(60)
    assert (ended.status, ended.reason, rig.status.message) == ("aborted", "enough", before)
    with onset.open(folder) as recording:
        counts = recording.session.counts
        assert (counts.dropped, counts.written) == (0, counts.expected)
        assert np.all(np.diff(recording.numbers) == 1)
        return [str(e.payload.get("text")) for e in recording.ledger() if e.kind == "note"]


def test_a_stopped_supervisor_costs_no_frame(lab, rig):
    told = stopped(lab, rig, "stopped", 2.5)
    assert "the supervisor is silent" in told


def test_onset_stop_reaches_an_instrument_past_its_supervisor(lab, rig, type_onset):
    if rig.status.phase == "idle":
        rig.open_rig(lab.rig)
    folder = lab.run(rig, "past")
    os.kill(rig.entry.pid, signal.SIGSTOP)
    try:
        told = type_onset("stop")
        lab.made_safe_s(time.perf_counter())
    finally:
        os.kill(rig.entry.pid, signal.SIGCONT)
    assert (told.returncode, "shut and stopped" in told.stdout) == (0, True)
    assert rig.wait(60).reason == "emergency stop: onset stop"
    with onset.open(folder) as recording:
        assert recording.status == "aborted"


@pytest.mark.soak
def test_ten_seconds_cost_no_frame_either(lab, rig):
    stopped(lab, rig, "stopped-long", 10.0)


def test_an_emergency_stop_passes_an_instrument_that_is_stopped(lab, rig):
    if rig.status.phase == "idle":
        rig.open_rig(lab.rig)
    lab.run(rig, "stop")
    os.kill(instruments()[0], signal.SIGSTOP)
    pressed_s = time.perf_counter()
    rig.emergency_stop()
    safe_s = lab.made_safe_s(pressed_s)
    print(f"safe {safe_s} s after the key")  # noqa: T201
    assert max(safe_s) < 0.5 + SLACK_S
    assert "shutter closed" in rig.wait(60).reason
    rig.wait_for(lambda now: now.phase == "idle")


@pytest.mark.soak
def test_injections_are_no_later_beside_busy_loops(lab, rig, capsys):
    """Due to asked, and half-width, of runs alone, beside two busy loops, supervisor stopped."""
    seen = {}
    for how in ("alone", "busy", "stopped"):
        loops = [
            subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2 if how == "busy" else 0)
        ]
        marks = []
        for number in range(10):
            if rig.status.phase == "idle":
                rig.open_rig(lab.rig)
            folder = rig.start_run(
                lab.write_protocol(volume="1 uL"), lab.folder / f"{how}-{number}"
            )
            if how == "stopped":
                os.kill(rig.entry.pid, signal.SIGSTOP)
            time.sleep(1.5)
            if how == "stopped":
                os.kill(rig.entry.pid, signal.SIGCONT)
            assert rig.wait(60).status == "complete"
            with onset.open(folder) as recording:
                (mark,) = [mark for mark in recording.marks if mark.what == "inject"]
                assert recording.session.counts.dropped == 0
                marks.append(mark)
        for loop in loops:
            loop.kill()
            loop.wait()
        seen[how] = [mark.t_halfwidth_s * 1e3 for mark in marks]
    with capsys.disabled():
        for how, widths in seen.items():
            print(  # noqa: T201
                f"{how}: half-width median {statistics.median(widths):.2f} ms, "
                f"worst {max(widths):.2f} ms"
            )
