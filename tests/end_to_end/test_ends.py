"""Whatever ends a run: shutter closed first, pump stopped second, recording sealed."""

import json
import shutil
import time

import pytest

import onset
from onset.acquisition import run
from onset.acquisition.messages import Abort, Confirm, EmergencyStop
from onset.simulated import world

LONG = """
name = "long"
[[steps]]
do = "shutter-open"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "1 mL"
"""
ASKING = """
name = "asking"
[[steps]]
do = "ask"
text = "turn the valve"
[[steps]]
do = "set"
device = "Camera"
property = "Exposure"
value = 50
"""


def when_infusing(command):
    def on_status(status):
        infusing = any(pump.state == "infusing" and pump.delivered_ul > 1 for pump in status.pumps)
        return [command] if infusing else []

    return on_status


def assert_safe(folder):
    truth = json.loads((folder / "truth.json").read_text())
    moves = truth["plungers"][0]["moves"]
    assert truth["shutter"][-1]["open"] is False
    assert moves[0]["ul_per_s"] > 0
    assert moves[-1]["ul_per_s"] == 0.0


@pytest.mark.parametrize("command", [Abort("Ctrl-C"), EmergencyStop("key")])
def test_an_abort_leaves_the_bench_safe_and_the_recording_whole(carry, link, tmp_path, command):
    link.on_status = when_infusing(command)
    ended = carry(LONG)
    assert ended.status == "aborted"
    assert command.reason in ended.reason
    assert_safe(tmp_path / "rec")
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "aborted"
        assert len(recording) == recording.session.counts.written > 0
        closed, stopped = recording.marks[-2:]
        assert (closed.what, stopped.what) == ("shutter-close", "pump-stop")
        assert closed.done_s <= stopped.asked_s


@pytest.mark.parametrize(("policy", "status"), [("abort", "aborted"), ("finish", "complete")])
def test_an_orphan_does_as_its_protocol_says(carry, link, tmp_path, policy, status):
    link.is_orphan = True
    short = LONG.replace("1 mL", "5 uL").replace(
        "[[steps]]", f'on_orphan = "{policy}"\n[[steps]]', 1
    )
    assert carry(short).status == status
    with onset.open(tmp_path / "rec") as recording:
        assert "orphan" in {entry.kind for entry in recording.ledger()}


def test_a_question_waits_for_its_answer(carry, link, tmp_path):
    link.on_status = lambda status: [Confirm(status.question.step)] if status.question else []
    assert carry(ASKING).status == "complete"
    assert any(status.question and status.question.text == "turn the valve" for status in link.seen)
    with onset.open(tmp_path / "rec") as recording:
        assert [mark.what for mark in recording.marks] == ["ask", "set"]


def test_a_device_that_is_not_there_is_told_and_nothing_is_recorded(carry, tmp_path):
    ended = carry(**{'port = "sim://new-era"': 'port = "/dev/not-there"'}, speed=1.0)
    assert ended.status == "failed"
    assert "/dev/not-there" in ended.reason
    assert not (tmp_path / "rec").exists()


def test_dropped_frames_leave_gaps_at_their_place(carry, tmp_path):
    ended = carry(**{'buffer = "256 MB"': 'properties = { DropFrames = "5,6,17" }'})
    assert ended.status == "complete"
    with onset.open(tmp_path / "rec") as recording:
        assert not {5, 6, 17} & set(recording.numbers.tolist())
        assert recording.session.counts.dropped == 3


def test_gaps_are_counted_with_their_cause(carry, tmp_path):
    carry(**{'buffer = "256 MB"': 'properties = { DropFrames = "5,6,17" }'})
    with onset.open(tmp_path / "rec") as recording:
        counts = recording.session.counts
        (end,) = [entry for entry in recording.ledger() if entry.kind == "end"]
    assert counts.lost == end.payload["lost"] == {"camera": 3}
    assert counts.expected == counts.written + 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("StallAt = 12", "stalled: no frame for 5 s"),
        ("StopAt = 12", "the camera stopped by itself"),
    ],
)
def test_a_camera_that_falls_silent_ends_the_run(carry, tmp_path, fault, reason):
    ended = carry(LONG, **{'buffer = "256 MB"': f"properties = {{ {fault} }}"})
    assert ended.status == "failed"
    assert reason in ended.reason
    assert_safe(tmp_path / "rec")
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "failed"
        assert reason in recording.reason
        assert recording.numbers.tolist() == list(range(12))


def test_the_log_tells_what_happened_and_a_report_holds_it(carry, tmp_path, run_onset):
    rec = tmp_path / "rec"
    carry(LONG, **{'buffer = "256 MB"': "properties = { StopAt = 12 }"})
    lines = (rec / "run.log").read_text().splitlines()
    (fault,) = [line for line in lines if " ERROR " in line]
    assert 'device="run" what="failed" cause="the camera stopped by itself"' in fault
    assert any("shutter-open" in line and " INFO t_s=" in line for line in lines)
    out = tmp_path / "report.zip"
    told = run_onset("report-bug", rec, "--out", out)
    assert told.returncode == 0
    assert all(name in told.stdout for name in ("run.log", "ledger.jsonl", "last_frames.tif"))
    assert out.stat().st_size < (rec / "frames.ome.tif").stat().st_size


def test_a_sleep_of_the_computer_is_written(carry, link, tmp_path, monkeypatch):
    slept_s = [0.0]
    clocks = lambda: (time.monotonic(), time.monotonic() + slept_s[0])  # noqa: E731
    monkeypatch.setattr(run, "clocks_s", clocks)

    def on_status(status):
        slept_s[0] = 30.0 if status.written > 3 else 0.0
        return []

    link.on_status = on_status
    assert carry(speed=4.0).status == "complete"
    with onset.open(tmp_path / "rec") as recording:
        (entry,) = [entry for entry in recording.ledger() if entry.kind == "sleep"]
    assert entry.payload["text"].startswith("the computer slept for 30.0 s")
    assert "WARNING" in (tmp_path / "rec" / "run.log").read_text()


def test_a_recording_that_is_removed_ends_the_run_safe(carry, link, tmp_path):
    def on_status(status):
        if status.pumps[0].state == "infusing" and (tmp_path / "rec").exists():
            shutil.rmtree(tmp_path / "rec")
        return []

    link.on_status = on_status
    ended = carry(LONG, speed=4.0)
    assert ended.status == "failed"
    assert "cannot be written" in ended.reason
    here = world.world("demo")
    assert not here.light.is_open(10**19)
    assert all(plunger.ul_per_s(10**19) == 0 for plunger in here.plungers())


def test_a_camera_that_falls_silent_just_before_the_end_is_told_too(carry, tmp_path):
    short = 'name = "s"\n[[steps]]\ndo = "expose"\nduration = "4 s"\n'
    ended = carry(short, speed=4.0, **{'buffer = "256 MB"': "properties = { StallAt = 12 }"})
    assert ended.status == "failed"
    # a run that a busy machine ends late has waited long enough to tell it before its end
    assert "stalled: no frame in the last 3." in ended.reason or "no frame for 5 s" in ended.reason
    with onset.open(tmp_path / "rec") as recording:
        assert recording.numbers.tolist() == list(range(12))
