"""A camera that stalls ends `onset run` with exit 4 and its reason; the frames before are there."""

import json

import onset
from onset.shipped import shipped

PROTOCOL = """
name = "stall"
[camera]
roi = [0, 0, 64, 64]
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "60 s"
"""


def test_a_stalled_camera_is_exit_4(run_onset, tmp_path):
    rig = shipped("devices", "demo.toml").read_text(encoding="utf-8")
    rig = rig.replace('buffer = "256 MB"', "properties = { StallAt = 40 }")
    for name, text in {"rig.toml": rig, "p.toml": PROTOCOL}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "demo.cfg").write_text(shipped("devices", "demo.cfg").read_text(encoding="utf-8"))
    words = ("run", tmp_path / "p.toml", "--rig", tmp_path / "rig.toml", "--out", tmp_path / "rec")
    done = run_onset(*words, "--speed", "10", "--json")
    assert done.returncode == 4, done.stderr
    assert "stalled: no frame for 5 s" in json.loads(done.stdout)["reason"]
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "failed"
        assert "stalled" in recording.reason
        assert recording.numbers.tolist() == list(range(40))
        (closed,) = [mark for mark in recording.marks if mark.what == "shutter-close"]
        assert closed.t_s > 2.0
