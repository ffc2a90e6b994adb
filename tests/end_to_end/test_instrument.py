"""A rig from Python: by hand, in preview and in a run; every command is done or refused."""

import threading
import time

import pytest

import onset
from onset.acquisition import registry
from onset.acquisition.messages import MoveShutter, RunPump, SetExposure
from onset.acquisition.newest import NewestReader
from onset.errors import Refused
from onset.shipped import shipped

QUICK = """
name = "quick"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "60 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "2 uL"
[[steps]]
do = "shutter-close"
"""


@pytest.fixture(scope="module")
def rig():
    with onset.Instrument(shipped("devices", "demo.toml"), who="a test") as rig:
        yield rig


def test_it_opens_shut_and_stopped(rig):
    status = rig.status
    assert (status.phase, status.shutter, status.rig) == ("ready", "closed", "demo")
    assert [pump.state for pump in status.pumps] == ["stopped"]


def test_a_reply_never_runs_ahead_of_the_status_that_shows_what_it_did(rig):
    for opens in (True, False, True, False):
        rig.do(MoveShutter(opens))
        assert rig.status.shutter == ("open" if opens else "closed")
    rig.run_pump("TBAB", rate_ul_min=500)
    assert rig.status.pumps[0].state == "infusing"
    rig.stop_pump()
    assert rig.status.pumps[0].state == "stopped"


def test_light_is_counted_for_the_field_that_is_named(rig):
    rig.name_field("A1")
    rig.open_shutter()
    seen = rig.wait_for(lambda now: now.dose.field_open_s > 0.2)
    rig.close_shutter()
    assert seen.dose.field == "A1"
    assert seen.dose.field_mj_per_cm2 == pytest.approx(seen.dose.field_open_s * 15 / 1000)


def test_every_request_gets_its_own_reply(rig):
    pump, exposures = RunPump("none", 1.0), [SetExposure(float(ms)) for ms in range(20, 30)]
    asked = [(one, rig.send(one)) for one in [pump, *exposures, pump]]
    refused = [(one, answer.result(30).refused) for one, answer in asked]
    assert all((why is not None) == (one is pump) for one, why in refused)
    assert rig.status.camera.exposure_ms == 29.0


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda rig: rig.note("x"), "no run goes on"),
        (lambda rig: rig.abort(), "no run goes on"),
        (lambda rig: rig.set_gain(-1), "Gain = -1 was refused"),
        (lambda rig: rig.set_property("Camera", "Gian", 1), "no property 'Gian'"),
        (lambda rig: rig.prime("TBAC", rate_ul_min=1, volume_ul=1), "not on the rig 'demo'"),
        (lambda rig: rig.prime("TBAB", rate_ul_min=1, volume_ul=1e6), "its syringe of"),
        (lambda rig: rig.open_rig(shipped("devices", "demo.toml")), "a rig is open"),
        (lambda rig: rig.set_roi(500, 500, 100, 100), "region of interest"),
    ],
)
def test_what_cannot_be_done_now_is_refused_with_a_reason(rig, ask, why):
    with pytest.raises(Refused, match=why):
        ask(rig)
    assert rig.status.phase == "ready"


def test_the_preview_shows_the_newest_frame_and_follows_the_settings(rig):
    rig.autoshutter(on=True)
    rig.preview()
    rig.set_roi(10, 20, 64, 32)
    seen = rig.wait_for(lambda now: now.preview is not None and now.frames_per_s > 0)
    assert (seen.phase, seen.shutter, seen.camera.shape) == ("preview", "open", (32, 64))
    with NewestReader(seen.preview) as newest:
        assert newest.shape == (32, 64)
        first = newest.sequence
        until = time.monotonic() + 20
        while newest.sequence < first + 3 and time.monotonic() < until:
            threading.Event().wait(0.01)
        assert newest.read(after=first).number >= first
    rig.set_roi()
    rig.preview(on=False)
    rig.autoshutter(on=False)
    assert (rig.status.preview, rig.status.shutter) == (None, "closed")


def test_a_run_takes_commands_of_several_clients_and_says_who_did_what(rig, tmp_path):
    (tmp_path / "quick.toml").write_text(QUICK)
    rig.set_exposure(50)
    folder = rig.start_run(tmp_path / "quick.toml", tmp_path / "rec")
    other = onset.Instrument.attach(rig.entry, who="another")
    other.wait_for(lambda now: now.written > 3)
    with pytest.raises(Refused, match="while a run goes on"):
        other.set_exposure(10)
    other.note("a bubble")
    other.inject_now()
    done = ("another", "inject now")
    rig.wait_for(lambda now: any((deed.who, deed.what) == done for deed in now.deeds))
    other.close()
    ended = rig.wait(60)
    assert (ended.status, ended.folder) == ("complete", folder)
    with onset.open(folder) as recording:
        marks = {mark.what: mark for mark in recording.marks}
        assert list(marks) == ["shutter-open", "expose", "note", "inject", "shutter-close"]
        assert marks["note"].values == {"text": "a bubble", "who": "another"}
        assert marks["inject"].t_s < 30  # ahead of its time
        assert len(recording) == recording.session.counts.expected


def test_whoever_has_not_the_secret_is_not_let_in(rig):
    from dataclasses import replace

    from onset.errors import WireFault

    folder = registry.state_folder() / registry.own_name("running")
    file = folder / f"supervisor-{rig.entry.pid}.json"
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(WireFault):
        onset.Instrument.attach(replace(rig.entry, secret="00" * 32))
