"""`onset rehearse` on a rig with real ports: nothing real is opened, and it says what to expect."""

import json

import pytest

from onset.shipped import shipped

RIG = shipped("devices", "example-new-era-uniblitz.toml").read_text()
PROTOCOL = """
name = "short"
direction = "on"
on_orphan = "abort"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "1 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "CONC ug/mL"
rate = "7.5 mL/h"
volume = "VOL uL"
[[steps]]
do = "shutter-close"
"""


@pytest.fixture
def files(tmp_path):
    def write(concentration, volume):
        rig = RIG.replace('concentration = "1 ug/mL"', f'concentration = "{concentration} ug/mL"')
        rig = rig.replace('dead_volume = "100 uL"', 'dead_volume = "2 uL"')
        (tmp_path / "rig.toml").write_text(rig)
        text = PROTOCOL.replace("CONC", str(concentration)).replace("VOL", str(volume))
        (tmp_path / "p.toml").write_text(text)
        return tmp_path / "p.toml", tmp_path / "rig.toml"

    return write


def test_a_rehearsal_shows_counts_dose_disk_and_a_picture(run_onset, files, tmp_path):
    protocol, rig = files(10, 25)
    said = run_onset("rehearse", protocol, "--rig", rig, "--out", tmp_path / "r", "--json")
    assert said.returncode == 0, said.stderr
    assert "REHEARSAL" in said.stderr
    assert "COM3 -> emulated new-era" in said.stderr
    document = json.loads(said.stdout)
    counts = [entry["switched"] for entry in document["counts"]]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] > 300
    assert 0.195 <= document["dose"]["mj_per_cm2"] < 0.25  # 13 s of 15 uW/cm^2, and delays
    assert (tmp_path / "r" / "rehearsal.png").stat().st_size > 20_000


def test_a_protocol_that_cannot_work_is_refused_at_once(run_onset, files, tmp_path):
    protocol, rig = files(10, 90_000)
    said = run_onset("rehearse", protocol, "--rig", rig, "--out", tmp_path / "r")
    assert said.returncode == 2
    assert not (tmp_path / "r").exists()
