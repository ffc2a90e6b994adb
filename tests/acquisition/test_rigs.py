"""Who holds a rig, and how it was left: written before the first byte, kept until it is known."""

import pytest

from onset.acquisition.rigs import held, left_unsafe, state_of
from onset.acquisition.safety import Safety, make_safe_what_was_left
from onset.errors import Refused
from onset.experiment.rig import parse_rig
from onset.shipped import shipped

RIG = """
name = "lab"
[camera]
config = "demo.cfg"
exposure = "20 ms"
pixel_size = "0.13 um"
[shutter]
dialect = "uniblitz-d1"
port = "/dev/not-there"
irradiance = "15 uW/cm^2"
"""


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    return parse_rig(RIG, shipped("devices", "demo.cfg").parent / "lab.toml")


def names():
    return [state.name for state in left_unsafe()]


def test_a_rig_that_was_left_open_is_known_until_somebody_has_made_it_safe(rig):
    with held(rig, "the first") as hold:
        hold.say(safe=False)
        assert names() == []  # it is in use, not left
    assert names() == ["lab"]
    with held(rig, "the second") as hold:
        assert not hold.was_safe
    assert names() == ["lab"]
    with held(rig, "the third") as hold:
        hold.say(safe=True)
    assert names() == []


def test_whoever_holds_it_now_is_named_not_who_held_it_before(rig):
    with held(rig, "the first"):
        pass
    with (
        held(rig, "the second"),
        pytest.raises(Refused, match="in use by the second"),
        held(rig, "x"),
    ):
        pass


def test_what_is_not_there_and_was_not_left_open_is_not_asked_for_again(rig):
    assert "NOT KNOWN TO BE SAFE" in Safety(rig.text, rig.file).make_safe()
    assert names() == []


def test_what_was_left_open_and_cannot_be_reached_is_told_with_what_to_do(rig):
    with held(rig, "the first") as hold:
        hold.say(safe=False)
        assert state_of(hold._state.pid).name == "lab"
    told = make_safe_what_was_left()
    assert "the first) left the rig 'lab' without making it safe" in told[0]
    assert "NOT KNOWN TO BE SAFE" in told[0]
    assert "remove " in told[1]
    assert names() == ["lab"]
