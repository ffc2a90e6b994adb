"""Light in whole runs: a limit closes the shutter, waiting is dark, each frame has its dose."""

import json

import numpy as np

import onset
from onset.acquisition.messages import Finish, MoveShutter

LIT = """
name = "lit"
{more}
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "1 s"
[[steps]]
do = "wait"
duration = "1 s"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "0.5 s"
"""


def moves(folder):
    with onset.open(folder) as recording:
        return [mark for mark in recording.marks if mark.what.startswith("shutter")]


def test_the_dose_limit_closes_the_shutter_by_itself_for_good(carry, link, tmp_path):
    again = iter([[MoveShutter(opens=True)]])

    def on_status(status):
        closed = status.dose.mj_per_cm2 >= 0.009 and status.shutter == "closed"
        return next(again, []) if closed else []

    link.on_status = on_status
    assert carry(LIT.format(more='dose_limit = "9 uJ/cm^2"'), speed=1.0).status == "complete"
    opened, closed = moves(tmp_path / "rec")
    assert (opened.what, closed.what) == ("shutter-open", "shutter-close")
    assert closed.values["because"] == "the dose limit of this run, 0.009 mJ/cm^2"
    # 0.6 s at 15 uW/cm^2, counted from when it can have opened; a loaded machine is late
    assert 0.55 - opened.t_halfwidth_s < closed.t_s - opened.t_s < 2.0
    (refused,) = [why for command, why in link.answers if isinstance(command, MoveShutter)]
    assert "stays closed" in refused
    with onset.open(tmp_path / "rec") as recording:
        assert any("does not open" in str(mark.values.get("text")) for mark in recording.marks)


def test_each_frame_has_its_dose(carry, tmp_path):
    carry(LIT.format(more=""), speed=4.0)
    doses = np.fromfile(tmp_path / "rec" / "frames.dose", "<f4")
    with onset.open(tmp_path / "rec") as recording:
        lit = [i for i in range(len(recording)) if recording.frame_at(i).flags & 1]
        assert len(doses) == len(recording)
    assert np.all(np.diff(doses) >= 0)
    assert abs(np.median(np.diff(doses[lit])) - 15 * 0.05 / 1000) < 1e-6


def test_light_for_frames_only(carry, tmp_path):
    assert carry(LIT.format(more='light = "frames"'), speed=1.0).status == "complete"
    seen = moves(tmp_path / "rec")[:3]
    why = "light for frames only"
    assert [(mark.what, mark.values.get("because")) for mark in seen] == [
        ("shutter-open", None), ("shutter-close", why), ("shutter-open", None),
    ]  # fmt: skip
    assert np.all(np.diff([mark.t_s for mark in seen]) > 0.8)


def test_a_rule_that_came_true_ends_the_run_complete(carry, link, tmp_path):
    finish = Finish("no new spot for 60 s", "7 spots, none new for 60.1 s")
    link.on_status = lambda status: [finish] if status.t_s > 0.5 else []
    ended = carry(LIT.format(more=""), speed=10.0)
    assert (ended.status, ended.reason) == (
        "complete", "no new spot for 60 s: 7 spots, none new for 60.1 s",
    )  # fmt: skip
    lines = (tmp_path / "rec" / "ledger.jsonl").read_text().splitlines()
    (entry,) = [json.loads(line) for line in lines if '"stop-when"' in line]
    assert entry["payload"] == {"rule": finish.rule, "seen": finish.seen}
