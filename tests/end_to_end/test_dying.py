"""Whatever dies, the shutter closes, the pump stops, the recording is readable."""

import os
import random
import shutil
import signal
import statistics
import sys
import time

import pytest
from lab import CLOSE, SLACK_S, Lab, instruments

import onset
from onset.acquisition.rigs import left_unsafe

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """With a state folder of its own: what another test left behind is not found here."""
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    with Lab(tmp_path) as lab:
        yield lab


def wait_for(what, within_s=30.0):
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def readable(folder):
    with onset.open(folder) as recording:
        assert recording.status == "killed"
        assert len(recording) > 0
        assert any(mark.what == "inject" for mark in recording.marks)


def kill_child(lab, rig, delay_s, out="rec"):
    """Seconds until shutter and pump were safe."""
    folder = lab.run(rig, out)
    (child,) = instruments()
    time.sleep(delay_s)
    killed_s = time.perf_counter()
    os.kill(child, signal.SIGKILL)
    safe_s = lab.made_safe_s(killed_s)
    ended = rig.wait(60)
    rig.wait_for(lambda now: now.phase == "idle")
    assert ended.status == "failed"
    assert "signal 9" in ended.reason
    assert "shutter closed, pump TBAB stopped" in ended.reason
    assert lab.shutter.said()[-1].data.endswith(CLOSE)
    readable(folder)
    assert not left_unsafe()
    return safe_s


def kill_supervisor(lab, delay_s, on_orphan, out="rec"):
    """Seconds until the run was safe; its instrument waits for another supervisor."""
    rig = onset.Instrument.start(who="a test")  # takes over what the last one left
    volume = "4 uL" if on_orphan == "finish" else "2 mL"
    folder = lab.run(rig, out, volume=volume, on_orphan=on_orphan)
    time.sleep(delay_s)
    killed_s = time.perf_counter()
    os.kill(rig.entry.pid, signal.SIGKILL)
    safe_s = lab.made_safe_s(killed_s)
    rig.close()
    wait_for(lambda: onset.open(folder).status != "running")
    with onset.open(folder) as recording:
        assert recording.status == ("complete" if on_orphan == "finish" else "aborted")
        assert recording.session.counts.dropped == 0
        assert recording.session.counts.written == recording.session.counts.expected
        at_ns = {entry.kind: entry.t_ns for entry in recording.ledger()}
    # a busy machine may have let the run end before the supervisor died
    assert "orphan" in at_ns or at_ns["end"] < (killed_s + 0.5) * 1e9
    return safe_s


def end_instruments():
    for child in instruments():
        os.kill(child, signal.SIGTERM)
    wait_for(lambda: not instruments())
    assert not left_unsafe()


def kill_both(lab, rig, delay_s, out="rec"):
    """Seconds until the pump stood; nobody is left."""
    folder = lab.run(rig, out)
    (child,) = instruments()
    time.sleep(delay_s)
    killed_s = time.perf_counter()
    os.kill(rig.entry.pid, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    rig.close()
    while lab.flow_ul_s > 0:
        assert time.perf_counter() - killed_s < 10
        time.sleep(0.005)
    stopped_s = time.perf_counter() - killed_s  # by the pump's own watchdog
    assert lab.is_lit  # nobody is left who could close a shutter that has no watchdog
    assert [state.name for state in left_unsafe()] == ["lab"]
    readable(folder)
    return stopped_s


def next_start(lab):
    """Makes safe what was left, and says so; the supervisor."""
    rig = onset.Instrument.start(who="the next")
    assert "left the rig 'lab' without making it safe" in rig.status.message
    assert "shutter closed" in rig.status.message
    lab.made_safe_s(time.perf_counter())
    assert not left_unsafe()
    return rig


def test_a_killed_instrument_is_made_safe_and_told_with_exit_code_four(lab):
    process = lab.run_in_terminal()
    os.kill(instruments()[0], signal.SIGKILL)
    assert max(lab.made_safe_s(time.perf_counter())) < 1.0 + SLACK_S
    words = process.communicate(timeout=150)[1]
    assert process.returncode == 4
    assert "signal 9" in words
    assert "shutter closed" in words
    readable(lab.folder / "rec")


def test_a_rig_whose_instrument_died_is_opened_again(lab):
    with onset.Instrument.start(who="a test") as rig:
        for number, delay_s in enumerate((0.1, 0.6)):
            assert max(kill_child(lab, rig, delay_s, f"rec{number}")) < 1.0 + SLACK_S
        rig.open_rig(lab.rig)
        assert (rig.status.phase, rig.status.shutter) == ("ready", "closed")
        rig.close_rig()


def test_an_orphan_ends_as_its_protocol_says_and_the_next_supervisor_goes_on_with_its_rig(lab):
    for number, delay_s in enumerate((0.0, 0.3, 0.7)):
        safe_s = kill_supervisor(lab, delay_s, "abort", f"aborted{number}")
        assert max(safe_s) < 1.0 + SLACK_S
        kill_supervisor(lab, delay_s, "finish", f"finished{number}")
    end_instruments()


def test_when_both_die_the_pump_stops_itself_and_the_next_start_makes_safe(lab):
    rig = onset.Instrument.start(who="a test")
    for number, delay_s in enumerate((0.0, 0.3, 0.9)):
        # the watchdog's 2 s, counted in whole seconds
        assert kill_both(lab, rig, delay_s, f"rec{number}") < 3.0 + SLACK_S
        rig = next_start(lab)
    rig.close()


def soaked(tmp_path, name, trial, n=50):
    """Say the distribution of what `trial` returns."""
    chance, seen = random.Random(5), []
    for number in range(n):
        with Lab(tmp_path / str(number)) as lab:
            seen.append(trial(lab, chance.uniform(0.0, 1.5)))
        print(f"{name} {number}: {seen[-1]}", flush=True)  # noqa: T201
        shutil.rmtree(tmp_path / str(number))
    for what, values in zip(("shutter", "pump"), zip(*seen, strict=True), strict=False):
        line = f"{name}: {what} safe after median {statistics.median(values):.3f} s"
        print(f"{line}, worst {max(values):.3f} s, {sum(v < 1 for v in values)} of {n} within 1 s")  # noqa: T201


@pytest.mark.soak
def test_fifty_killed_instruments(tmp_path):
    rig = onset.Instrument.start(who="a test")
    soaked(tmp_path, "child killed", lambda lab, delay_s: kill_child(lab, rig, delay_s))
    rig.close()


@pytest.mark.soak
@pytest.mark.parametrize("on_orphan", ["abort", "finish"])
def test_fifty_killed_supervisors(tmp_path, on_orphan):
    def trial(lab, delay_s):
        safe_s = kill_supervisor(lab, delay_s, on_orphan)
        end_instruments()
        return safe_s

    soaked(tmp_path, f"supervisor killed, {on_orphan}", trial)


@pytest.mark.soak
def test_fifty_times_both(tmp_path):
    def trial(lab, delay_s):
        stopped_s = kill_both(lab, onset.Instrument.start(who="a test"), delay_s)
        next_start(lab).close()
        return (stopped_s,)

    soaked(tmp_path, "both killed (first value: pump by its watchdog)", trial)
