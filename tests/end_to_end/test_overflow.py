"""Frames that come faster than the disk takes them end the run with exit 4; none is lost unsaid."""

import json
import os
import subprocess
import sys
from pathlib import Path

import onset

CONFIG = """
Property,Core,Initialize,0
#py pyDevice,Camera,flooding,FloodingCamera
Property,Core,Initialize,1
#py Property,Core,Camera,Camera
"""
RIG = """
name = "flood"
[camera]
config = "flood.cfg"
exposure = "1 ms"
pixel_size = "0.13 um"
sensor = [512, 512]
frame_counter = "FrameCounter"
buffer = "64 MB"
"""
PROTOCOL = """
name = "flood"
[[steps]]
do = "expose"
duration = "4 s"
"""


def test_an_overflow_ends_the_run_and_every_frame_before_is_kept(tmp_path):
    for name, text in {"flood.cfg": CONFIG, "rig.toml": RIG, "p.toml": PROTOCOL}.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "onset", "run", "p.toml", "--rig", "rig.toml", "--json"]
    done = subprocess.run(
        [*command, "--out", "rec"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    said = json.loads(done.stdout)
    assert "overflowed" in said["reason"]
    assert said["frames"]["lost"] == {"core": 1}
    frames = said["frames"]
    assert frames["expected"] == frames["written"] + 1 + frames["cut"]
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "failed"
        numbers = recording.numbers.tolist()
        assert numbers == list(range(len(numbers)))
        assert all((image == n + 1).all() for n, image in zip(numbers, recording, strict=True))
        (end,) = [entry for entry in recording.ledger() if entry.kind == "end"]
    assert end.payload["lost"] == {"core": 1}
