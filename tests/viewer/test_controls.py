"""What the controls know without Qt: typed quantities, forms, protocol text, figures, steps."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from onset.acquisition.messages import DoseView, PumpView, Status, StepView
from onset.errors import FileMistake
from onset.experiment.quantities import RATE_UL_MIN, VOLUME_UL
from onset.experiment.timeline import Row
from onset.shipped import shipped
from onset.viewer.alarms import Alarms
from onset.viewer.commander import Commander
from onset.viewer.controls.later import Later
from onset.viewer.controls.link import Link
from onset.viewer.controls.outcome import look_at
from onset.viewer.controls.schema_fields import step_fields, table_fields
from onset.viewer.controls.toml_text import with_value
from onset.viewer.figures import Figure, run_figures
from onset.viewer.lines import now_and_next, what_stopped
from onset.viewer.numbers import read_number, read_quantity
from onset.viewer.timeline_strip import blocks_of
from onset.viewer.top_bar import phase_words

TBAB = shipped("protocols", "tbab_forward.toml").read_text()
RUNNING = Status("running", t_s=100.0, end_s=275.0, written=2000, dropped=0, frames_per_s=20.0)
PUMP = PumpView("TBAB", "stopped", 500.0, 500.0, 125.0)


@pytest.mark.parametrize(
    "typed", ["7.5 mL/h", "7,5 mL/h", "125 uL/min", "125 \N{MICRO SIGN}L/min", "0,125 mL/min"]
)
def test_one_rate_typed_in_many_ways(typed):
    assert read_quantity(typed, RATE_UL_MIN) == pytest.approx(125.0)


@pytest.mark.parametrize(
    ("typed", "value"), [("1.250,5", 1250.5), ("1,250.5", 1250.5), ("1,25", 1.25), ("-3", -3.0)]
)
def test_german_and_english_numbers(typed, value):
    assert read_number(typed) == value


def test_what_is_no_quantity_is_told():
    with pytest.raises(ValueError, match="not a number with a unit"):
        read_quantity("7,5", VOLUME_UL)
    assert read_number("seven") is None


def test_a_value_is_changed_and_comments_stay():
    changed = with_value(TBAB, "steps", 2, "duration", "12 s")
    assert 'duration = "12 s"' in changed
    assert "# 600 lit frames" in changed
    assert tomllib.loads(changed)["steps"][2]["duration"] == "12 s"
    assert changed.count("\n") == TBAB.count("\n")


def test_keys_are_added_and_taken_out():
    added = with_value(TBAB, "steps", 4, "at", "200 s")
    assert tomllib.loads(added)["steps"][4] == {"do": "shutter-close", "at": "200 s"}
    again = with_value(added, "steps", 4, "at", None)
    assert tomllib.loads(again) == tomllib.loads(TBAB)
    named = with_value(TBAB, "", None, "name", 'a "new" name # no comment')
    assert tomllib.loads(named)["name"] == 'a "new" name # no comment'


def test_what_cannot_be_changed_in_place_is_refused():
    with pytest.raises(FileMistake, match="edit the file"):
        with_value('steps = [{ do = "wait", duration = "1 s" }]\n', "steps", 0, "duration", "2 s")


def test_forms_come_from_the_schema():
    fields = {field.key: field for field in step_fields("inject")}
    assert fields["rate"].required
    assert fields["rate"].kind is RATE_UL_MIN
    assert fields["volume"].kind is VOLUME_UL
    assert "do" not in fields
    assert step_fields("no-such-step") == ()
    assert {field.key for field in table_fields("camera")} >= {"exposure", "binning"}
    assert next(f for f in table_fields("") if f.key == "direction").choices == ("on", "off")


def test_a_mistake_in_a_protocol_is_one_sentence(tmp_path):
    outcome = look_at(TBAB.replace("rate =", "rat ="), tmp_path / "p.toml", None, tmp_path)
    assert not outcome.can_run
    assert "did you mean 'rate'" in outcome.refusals[0]


def test_light_lasts_from_open_to_close_on_the_timeline():
    rows = (
        Row(0, "shutter-open", 5.0, 5.0, "open the shutter", True),
        Row(1, "inject", 35.0, 275.0, "inject", True),
        Row(2, "shutter-close", 275.0, 275.0, "close the shutter", True),
    )
    blocks = blocks_of(rows, 275.0, {0: "doing"}, {1: 36.5})
    assert [(b.lane, b.start_s, b.end_s) for b in blocks] == [
        ("light", 5.0, 275.0),
        ("pump", 36.5, 276.5),
    ]


def levels_of(status):
    return {figure.name: figure.level for figure in run_figures(status, None, None)}


def test_a_calm_run_has_plain_figures():
    assert set(levels_of(RUNNING).values()) == {"plain"}


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({"dropped": 3}, "dropped", "red"),
        ({"buffer_used": 0.4}, "buffer", "amber"),
        ({"buffer_used": 0.8}, "buffer", "red"),
        ({"clock_residual_ms": 12.0}, "clock", "amber"),
        ({"disk_left_s": 100.0}, "disk", "red"),
        ({"disk_left_s": 1000.0}, "disk", "amber"),
        ({"dose": DoseView(100.0, 4.5, 5.0)}, "dose", "amber"),
        ({"dose": DoseView(100.0, 5.5, 5.0)}, "dose", "red"),
    ],
)
def test_a_figure_near_its_limit_is_amber_and_past_it_red(change, name, level):
    status = replace(RUNNING, **change)
    assert levels_of(status)[name] == level
    figure = next(f for f in run_figures(status, None, None) if f.name == name)
    assert bool(figure.sentence) == (level == "red")


def test_a_disk_that_fills_for_a_moment_is_no_alarm_and_lost_frames_are_one_at_once():
    alarms = Alarms()
    disk = Figure("disk", "disk 4 min", "red", sentence="The disk is full.", lasts_s=10.0)
    lost = Figure("dropped", "3 dropped", "red", sentence="3 frames were lost.")
    calm = Figure("disk", "disk 2 h")
    assert alarms.due([disk, lost], 0.0) == [lost]
    assert alarms.due([calm, lost], 9.0) == []
    assert alarms.due([disk, lost], 11.0) == []
    assert alarms.due([disk, lost], 21.0) == [disk]
    assert alarms.due([disk, lost], 40.0) == []


def test_unknown_drops_are_not_zero():
    texts = [f.text for f in run_figures(replace(RUNNING, dropped=None), None, None)]
    assert "dropped: unknown" in texts


def test_an_emergency_stop_is_told_as_the_devices_say():
    safe = replace(RUNNING, shutter="closed", pumps=(PUMP,))
    words = what_stopped(safe, 0.4)
    assert words == "EMERGENCY STOP: shutter closed, pump TBAB stopped (0.4 s)."
    prepared = replace(safe, pumps=(replace(PUMP, state="ready"),))
    assert "pump TBAB stopped" in what_stopped(prepared, 0.4)
    unknown = replace(safe, shutter="unknown")
    assert "not known to be safe" in what_stopped(unknown, 5.0)


def test_a_stop_that_takes_long_is_told_and_told_again_when_it_is_safe(monkeypatch):
    later = Later()
    commander = Commander(later)
    said, unsaid = [], []
    commander.said.connect(lambda sentence, severity: said.append((sentence, severity)))
    commander.unsaid.connect(unsaid.append)
    monkeypatch.setattr(Link, "is_connected", True)
    monkeypatch.setattr(Link, "send", lambda *_: None)
    commander.stop()
    commander.link.status_came.emit(replace(RUNNING, shutter="unknown"))
    assert [severity for _, severity in said] == ["warning"]
    commander._stopped_s -= 60
    for _ in range(3):
        commander.link.status_came.emit(replace(RUNNING, shutter="unknown"))
    commander.link.status_came.emit(replace(RUNNING, shutter="closed"))
    later.close()
    assert [severity for _, severity in said] == ["warning", "error", "warning"]
    assert said[-1][0].startswith("EMERGENCY STOP: shutter closed")
    assert unsaid[1:] == [sentence for sentence, _ in said[:-1]]
    assert not commander.stopping


def test_now_and_next_are_told():
    steps = (
        StepView(0, "inject TBAB, 500 uL, 125 uL/min (7.5 mL/h)", "doing", 35.0),
        StepView(1, "close the shutter", "to come"),
    )
    now, then = now_and_next(replace(RUNNING, steps=steps), {1: 275.0})
    assert now == "now: inject TBAB, 500 uL, 125 uL/min"
    assert then == "next: close the shutter in 2:55"
    assert phase_words(RUNNING)[0].endswith("RUN 1:40 / 4:35")
