"""UV outside runs counts for the field that is named, across programs, up to the rig's limit."""

import pytest

from onset.acquisition.hand_light import HandLight
from onset.experiment.clock import NS, ManualClock
from onset.experiment.rig import parse_rig
from onset.shipped import shipped

RIG = """
name = "lab"
[camera]
config = "mm-demo.cfg"
exposure = "20 ms"
pixel_size = "0.13 um"
[shutter]
dialect = "uniblitz-d1"
port = "COM9"
irradiance = "15 uW/cm^2"
dose_limit = "0.3 mJ/cm^2"
"""


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    return parse_rig(RIG, shipped("devices", "mm-demo.cfg").parent / "lab.toml")


def shine(log, clock, seconds):
    for opens in (True, False):
        now_ns = clock.now_ns()
        log.begin(now_ns, opens=opens)
        log.done(now_ns, now_ns)
        clock.advance(seconds if opens else 0.0)


def test_it_counts_for_each_field_by_itself_and_is_remembered(rig):
    clock = ManualClock(NS)
    light = HandLight(rig, clock)
    log = light.begin()
    light.name("A1")
    shine(log, clock, 5.0)
    light.name("A2")
    shine(log, clock, 2.0)
    assert light.view.field_open_s == pytest.approx(2.0)
    light.name("A1")
    assert light.view.field_open_s == pytest.approx(5.0)
    later = HandLight(rig, clock)
    later.begin()
    later.name("A1")
    assert later.view.field_mj_per_cm2 == pytest.approx(5.0 * 0.015)


def test_the_limit_is_reached_while_it_shines_and_on_the_named_field_only(rig):
    clock = ManualClock(NS)
    light = HandLight(rig, clock)
    log = light.begin()
    shine(log, clock, 60.0)
    assert light.reached() is None  # nobody has named the field
    light.name("A1")
    log.begin(clock.now_ns(), opens=True)
    log.done(clock.now_ns(), clock.now_ns())
    clock.advance(19.9)
    assert light.reached() is None
    clock.advance(0.2)
    assert light.reached() == "the dose limit of the field 'A1', 0.3 mJ/cm^2"
    light.name("A2")
    assert light.reached() is None
