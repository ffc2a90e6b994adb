"""A disk that runs full ends the run with exit 4 and its reason; the frames before are there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import onset
from onset.shipped import shipped

ENDLESS = """
name = "endless"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "{seconds} s"
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ulimit and name spaces of Linux")
RUN = f"{sys.executable} -m onset run p.toml --rig {shipped('devices', 'demo.toml')} --json --out"


def can_mount() -> bool:
    tool = shutil.which("unshare")
    mount = "mount -t tmpfs -o size=1m none /mnt"
    if tool is None:
        return False
    return subprocess.run([tool, "-rm", "sh", "-c", mount], check=False).returncode == 0


small_disk = pytest.mark.skipif(
    not can_mount(), reason="this user may not mount a file system of its own (unshare -rm)"
)


def run(shell: str, folder: Path, seconds: float = 5) -> tuple[int, dict[str, object]]:
    (folder / "p.toml").write_text(ENDLESS.format(seconds=seconds))
    quiet = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        shell, shell=True, cwd=folder, capture_output=True, text=True, env=quiet, check=False
    )
    return done.returncode, json.loads(done.stdout)


def assert_readable_until_then(folder: Path, reason: str) -> None:
    with onset.open(folder) as recording:
        assert recording.status == "failed"
        assert reason in recording.reason
        assert len(recording) > 10
        assert all(image.max() > 0 for image in recording)
        assert recording.numbers.tolist() == list(range(len(recording)))


def test_a_file_size_limit(tmp_path):
    code, said = run(f"ulimit -f 20000; {RUN} rec --speed 5", tmp_path)
    assert code == 4
    assert "has reached the size limit" in said["reason"]
    assert said["frames"]["lost"]["disk"] >= 1
    assert_readable_until_then(tmp_path / "rec", "has reached the size limit")


def on_a_small_disk(then: str) -> str:
    """A run on 120 MB of its own, which another program fills after 20 frames; copied out."""
    return f"""unshare -rm sh -c '
        mount -t tmpfs -o size=120m none /mnt
        {RUN} /mnt/rec --speed 2 &
        for i in $(seq 2400); do
            [ "$(stat -c %s /mnt/rec/frames.idx 2>/dev/null)" -gt 960 ] 2>/dev/null && break
            sleep 0.05
        done
        {then}
        wait $!; code=$?
        rm -f /mnt/filler; cp -r /mnt/rec rec; exit $code'"""


@small_disk
def test_a_full_disk(tmp_path):
    shell = on_a_small_disk("head -c 200000000 /dev/zero > /mnt/filler 2>/dev/null")
    code, said = run(shell, tmp_path)
    assert code == 4
    assert "disk is" in said["reason"]
    assert_readable_until_then(tmp_path / "rec", "disk is")


@small_disk
def test_a_disk_that_is_nearly_full(tmp_path):
    code, said = run(on_a_small_disk("head -c 60000000 /dev/zero > /mnt/filler"), tmp_path)
    assert code == 4
    assert "nearly full" in said["reason"]
    assert said["frames"]["lost"] == {}
    assert_readable_until_then(tmp_path / "rec", "nearly full")
