"""The engine as a table: which steps are due at which time and frame."""

from pathlib import Path

import pytest

from onset.acquisition.engine import Engine
from onset.experiment.protocol import parse_protocol


def engine_of(text: str) -> Engine:
    protocol = parse_protocol(f'name = "p"\n{text}', Path("p.toml"))
    return Engine(protocol.steps, protocol.end)


def names(due):
    return [(one.step.do, pytest.approx(one.due_s)) for one in due]


CHAIN = """
[[steps]]
do = "expose"
duration = "5 s"
[[steps]]
do = "shutter-open"
[[steps]]
do = "inject"
pump = "TBAB"
rate = "60 uL/min"
volume = "10 uL"
after = "1 s"
[[steps]]
do = "shutter-close"
after = "2 s"
"""


def test_steps_become_due_once_and_in_their_order():
    engine = engine_of(CHAIN)
    assert names(engine.due(0.0, 0)) == [("expose", 0.0)]
    assert names(engine.due(4.9, 98)) == []
    assert names(engine.due(5.01, 100)) == [("shutter-open", 5.0)]
    assert names(engine.due(6.5, 130)) == []
    engine.finished(1, 5.02)
    assert names(engine.due(6.5, 130)) == [("inject", 6.0)]
    assert names(engine.due(20.0, 400)) == []
    engine.finished(2, 16.3)
    assert names(engine.due(20.0, 400)) == [("shutter-close", 18.0)]
    assert not engine.is_over(20.0)
    engine.finished(3, 20.1)
    assert engine.is_over(20.1)
    assert engine.begun() == []


def test_small_delays_do_not_add_up():
    engine = engine_of(CHAIN)
    engine.due(0.0, 0)
    engine.due(5.3, 106)
    engine.finished(1, 5.4)
    assert names(engine.due(6.0, 120)) == [("inject", 6.0)]


TIMED = """
[[steps]]
do = "note"
text = "late"
at = "3 s"
[[steps]]
do = "note"
text = "early"
at = "1 s"
[[steps]]
do = "note"
text = "by frame"
at_frame = 40
[end]
at = "4 s"
"""


def test_steps_with_a_time_of_their_own_do_not_wait_for_the_one_before():
    engine = engine_of(TIMED)
    assert [one.step.text for one in engine.due(1.0, 20)] == ["early"]
    assert [one.step.text for one in engine.due(2.0, 40)] == ["by frame"]
    assert [one.step.text for one in engine.due(3.0, 60)] == ["late"]
    assert not engine.is_over(3.9)
    assert engine.is_over(4.0)


def test_a_question_lasts_until_it_is_answered():
    engine = engine_of(
        '[[steps]]\ndo = "ask"\ntext = "turn the valve"\n[[steps]]\ndo = "note"\ntext = "turned"'
    )
    assert names(engine.due(0.0, 0)) == [("ask", 0.0)]
    assert names(engine.due(100.0, 2000)) == []
    engine.finished(0, 101.0)
    assert names(engine.due(101.5, 2030)) == [("note", 101.0)]


def test_a_run_that_the_camera_ends_has_no_end_of_its_own():
    engine = engine_of('[[steps]]\ndo = "note"\ntext = "n"\n[end]\nwhen = "camera-stops"')
    engine.due(0.0, 0)
    engine.finished(0, 0.0)
    assert not engine.is_over(1e6)


def test_the_end_may_come_some_time_after_the_last_step():
    engine = engine_of('[[steps]]\ndo = "wait"\nduration = "2 s"\n[end]\nafter = "3 s"')
    engine.due(0.0, 0)
    engine.due(2.0, 40)
    assert not engine.is_over(4.9)
    assert engine.is_over(5.0)
