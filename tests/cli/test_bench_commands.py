"""Bench commands as a user types them, on emulated devices behind a socket."""

import json

import pytest

from onset.shipped import shipped

DEMO = shipped("devices", "demo.toml").read_text(encoding="utf-8")


@pytest.fixture
def rig(serve, here, tmp_path):
    pump = serve("new-era", "tcp", f"sample={here.name}&syringe_ul=10000&content_ul=8000")
    shutter = serve("thorlabs-sc10", "tcp", f"sample={here.name}")
    text = DEMO.replace("sim://new-era", pump).replace("sim://uniblitz-d1", shutter)
    file = tmp_path / "bench.toml"
    file.write_text(text.replace("uniblitz-d1", "thorlabs-sc10"), encoding="utf-8")
    return file


def test_a_pump_is_primed_and_its_syringe_booked(type_onset, rig):
    asked = type_onset("pump", rig, "prime", "--rate", "6 mL/min", "--volume", "50 uL")
    assert (asked.returncode, "add --yes" in asked.stderr) == (2, True)
    assert "TBAB, 8000 uL left" in asked.stderr
    done = type_onset(
        *("pump", rig, "prime", "--rate", "6 mL/min", "--volume", "50 uL", "--yes", "--json")
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["delivered_ul"] == 50
    shown = type_onset("syringe", rig, "--json")
    assert json.loads(shown.stdout)["syringes"][0]["left_ul"] == 7950
    type_onset("syringe", rig, "--left", "0.3 mL", "--yes")
    checked = type_onset("check", shipped("protocols", "tbab_forward.toml"), "--rig", rig)
    assert checked.returncode == 2
    assert "holds 300 uL" in checked.stderr


def test_a_pump_says_how_it_is(type_onset, rig):
    said = type_onset("pump", rig, "stop")
    assert said.returncode == 0, said.stderr
    assert "NE1000V3.928" in said.stdout
    assert "stopped" in said.stdout


def test_a_shutter_stays_as_it_is_left(type_onset, rig):
    for act, state in (("open", "open"), ("close", "closed")):
        said = type_onset("shutter", rig, act, "--json")
        assert json.loads(said.stdout)["state"] == state, said.stderr


def test_devices_are_listed_and_asked_only_by_name(type_onset, serve, here):
    listed = json.loads(type_onset("devices", "--json").stdout)
    assert {"DCam", "DVolumetricPump"} <= {
        device[0] for found in listed["adapters"] for device in found["devices"]
    }
    assert type_onset("devices", "--port", "COM99").returncode == 2
    port = serve("harvard", "tcp", f"sample={here.name}&model=elite")
    heard = type_onset("devices", "--dialect", "harvard", "--port", port, "--json")
    assert "11 ELITE" in json.loads(heard.stdout)["identity"]
    wrong = type_onset("devices", "--dialect", "new-era", "--port", port)
    assert wrong.returncode == 1
    assert len(wrong.stderr.strip().splitlines()) == 1


def test_a_setting_that_no_emulator_has_is_refused(type_onset):
    refused = type_onset("emulate", "new-era", "--tcp", "0", "--set", "adress=3")
    assert (refused.returncode, "did you mean 'address'" in refused.stderr) == (2, True)


def test_a_rate_beyond_the_pump_is_refused_before_anybody_is_asked(type_onset, rig):
    done = type_onset("pump", rig, "run", "--rate", "75 L/h")
    assert done.returncode == 2
    assert "outside what pump TBAB can do" in done.stderr
    assert "--yes" not in done.stderr
