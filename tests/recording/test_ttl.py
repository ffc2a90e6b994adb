"""A pump's run output on the camera's TTL input dates starts and stops between two frames."""

import json

import pytest
from typer.testing import CliRunner

import onset
from onset.cli.app import app
from onset.experiment.records import FrameFlag
from onset.experiment.rig import parse_rig
from onset.recording.session import FileText
from onset.recording.write import Recorder
from onset.shipped import shipped

from .conftest import FLAGS, a_frame, a_mark

TTL = 'ttl = { tag = "Line", pump = "TBAB" }\n'
RUNS = range(41, 60)  # frames at whose start the pump ran


@pytest.fixture
def film(tmp_path, session):
    """100 frames of 50 ms; the line is up from 2.0+ to 3.0- s; marks at `inject_s`, `stop_s`."""

    def write(inject_s, stop_s, *, width_ms=10.0, sampled="exposure-start", runs=RUNS):
        text = shipped("devices", "demo.toml").read_text()
        ttl = TTL.replace(" }", f', sampled = "{sampled}" }}')
        text = text.replace("frame_counter", ttl + "frame_counter", 1)
        given = session.model_copy(update={"rig": FileText(file="rig.toml", text=text)})
        with Recorder(tmp_path / "rec", given) as recorder:
            for what, at_s in (("inject", inject_s), ("pump-stop", stop_s)):
                mark = a_mark(what, at_s, width_ms, pump="TBAB", values={"rate_ul_min": 1.0})
                recorder.ledger.write("mark", mark, 0)
            for n in range(100):
                recorder.append(a_frame(n, flags=FLAGS | (FrameFlag.TTL if n in runs else FLAGS)))
            recorder.seal("complete")
        return tmp_path / "rec"

    return write


def test_a_wide_command_is_narrowed_to_one_frame(film):
    with onset.open(film(1.9, 2.9, width_ms=300)) as recording:
        start, stop = recording.marks
    assert (start.frame, start.frame_halfwidth) == pytest.approx((40.5, 0.5))
    assert (stop.frame, stop.frame_halfwidth) == pytest.approx((59.5, 0.5))
    assert start.t_halfwidth_s == pytest.approx(0.025)
    assert start.values["dated_by"] == "TTL of the camera (Line)"


def test_command_and_line_together_are_better_than_either(film):
    with onset.open(film(2.02, 2.9, width_ms=60)) as recording:
        start = recording.marks[0]
        alone = recording.commanded[0]
    assert start.t_halfwidth_s < min(alone.t_halfwidth_s, 0.025)
    assert start.t_s + start.t_halfwidth_s == pytest.approx(2.05)


def test_a_command_that_is_wrong_gives_way_to_the_line(film):
    folder = film(1.7, 3.3)
    with onset.open(folder) as recording:
        start, stop = recording.marks
    assert start.frame == pytest.approx(40.5)
    assert stop.frame == pytest.approx(59.5)
    document = json.loads(CliRunner().invoke(app, ["info", str(folder), "--json"]).stdout)
    assert [mark["what"] for mark in document["ttl"]["marks"]] == ["inject", "pump-stop"]
    assert document["ttl"]["marks"][0]["bias_s"] == pytest.approx(-0.32, abs=0.005)
    assert "2 turns of the run output" in CliRunner().invoke(app, ["info", str(folder)]).stdout


def test_a_line_that_is_sampled_at_the_end_lies_an_exposure_later(film):
    with onset.open(film(1.9, 2.9, width_ms=300, sampled="exposure-end")) as recording:
        assert recording.marks[0].frame == pytest.approx(41.5)


@pytest.mark.parametrize("runs", [(), range(100), range(80, 90)])
def test_a_line_that_does_not_turn_there_changes_nothing(film, runs):
    with onset.open(film(2.0, 2.9, runs=runs)) as recording:
        assert recording.marks == recording.commanded


def test_the_line_must_be_that_of_a_pump():
    text = shipped("devices", "demo.toml").read_text()
    wrong = text.replace("frame_counter", TTL.replace("TBAB", "TBAC") + "frame_counter", 1)
    with pytest.raises(onset.errors.FileMistake, match="no pump 'TBAC'"):
        parse_rig(wrong, shipped("devices", "demo.toml"))
