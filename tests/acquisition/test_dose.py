"""UV is counted so that it can only be too much, and ends at its limit."""

from pathlib import Path

import pytest

from onset.acquisition.dose import DoseLimits, DoseMeter
from onset.acquisition.light import LightLog, Shade
from onset.experiment.clock import NS
from onset.experiment.doses import DoseAccount
from onset.experiment.protocol import Expose, Wait
from onset.experiment.records import Mark, Stamps
from onset.experiment.rig import parse_rig
from onset.shipped import shipped


@pytest.fixture
def light():
    log = LightLog(has_shutter=True)
    for opens, asked_s, earliest_s, latest_s in ((True, 1, 1.1, 1.3), (False, 3, 3.1, 3.4)):
        log.begin(asked_s * NS, opens=opens)
        log.done(round(earliest_s * NS), round(latest_s * NS))
    return log


@pytest.mark.parametrize(("until_s", "open_s"), [(1, 0), (2, 0.9), (3.2, 2.1), (9, 2.3)])
def test_the_longest_open_time_counts(light, until_s, open_s):
    assert light.open_ns(round(until_s * NS)) / NS == pytest.approx(open_s)


def test_a_close_without_an_answer_counts_as_open(light):
    light.begin(5 * NS, opens=True)
    light.done(5 * NS, 5 * NS)
    light.begin(6 * NS, opens=False)
    assert light.open_ns(9 * NS) / NS == pytest.approx(2.3 + 4.0)


@pytest.mark.parametrize(
    ("run", "field", "before_s", "open_s", "said"),
    [
        (None, None, 1e6, 1e6, None),
        (1.5, None, 0.0, 99.0, None),
        (1.5, None, 0.0, 100.0, "of this run, 1.5 mJ/cm^2"),
        (None, 3.0, 150.0, 50.0, "of the field 'A1', 3 mJ/cm^2"),
    ],
)
def test_limits_are_reached(run, field, before_s, open_s, said):
    meter = DoseMeter(15.0, DoseLimits(run, field), "A1", before_s)
    meter.count(open_s)
    assert (meter.reached() or "").endswith(said or "")
    assert (meter.reached() is None) == (said is None)


def shutter(what, **values):
    return Mark(what, 0, Stamps(0, 0, 0), 0, 0, values)


def test_light_for_frames_only_is_dark_while_people_wait():
    shade, lasting = Shade("frames"), {"duration": "1 s"}
    expose = Expose.model_validate({"do": "expose", **lasting})
    wait = Wait.model_validate({"do": "wait", **lasting})
    assert shade.look([wait]) is None  # the protocol has not opened it
    shade.hear(shutter("shutter-open"))
    assert [shade.look([expose]), shade.look([wait]), shade.look([wait])] == [None, "close", None]
    shade.hear(shutter("shutter-close", because="light for frames only"))
    assert shade.look([wait, expose]) == "open"
    shade.hear(shutter("shutter-close"))
    assert shade.look([expose]) is None


def test_the_account_of_a_field_outlives_the_program(tmp_path):
    text = shipped("devices", "example-new-era-uniblitz.toml").read_text()
    rig = parse_rig(text, tmp_path / "rig.toml")
    DoseAccount(rig).add("A1", 2.5)
    DoseAccount(rig).add("A1", 1.0)
    assert DoseAccount(rig).open_s("A1") == 3.5
    assert DoseAccount(rig).open_s("B2") == DoseAccount(rig).open_s("") == 0.0


def test_a_simulated_sample_is_new_each_time():
    demo = shipped("devices", "demo.toml")
    rig = parse_rig(demo.read_text(), Path(demo))
    DoseAccount(rig).add("A1", 2.5)
    assert DoseAccount(rig).open_s("A1") == 0.0
