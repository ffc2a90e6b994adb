"""`stop_when` comes true by what is found live, and never without a spot."""

import pytest

from onset.acquisition.adaptive import Plateaus, StopWatch
from onset.acquisition.live import LiveState
from onset.experiment.protocol import parse_protocol
from onset.experiment.stop_rule import Seen, parse_stop_rule

QUIET = parse_stop_rule("no new spot for 60 s")
FULL = parse_stop_rule("turned_on > 95 % of last plateau")


@pytest.mark.parametrize(
    ("rule", "seen", "said"),
    [
        (QUIET, Seen(500.0, 0, None, None), None),
        (QUIET, Seen(109.0, 7, 50.0, None), None),
        (QUIET, Seen(110.0, 7, 50.0, None), "7 spots, none new for 60.0 s"),
        (FULL, Seen(9.0, 96, 9.0, None), None),
        (FULL, Seen(9.0, 95, 9.0, 100), None),
        (FULL, Seen(9.0, 96, 9.0, 100), "96 spots, the last plateau was 100"),
    ],
)
def test_rules_come_true(rule, seen, said):
    assert rule.came_true(seen) == said


@pytest.mark.parametrize("text", ["no new spots", "no new spot for 60", "turned_on > plateau", ""])
def test_other_sentences_are_refused(text):
    with pytest.raises(ValueError, match=r"not understood|no unit|unit"):
        parse_stop_rule(text)


def test_a_new_spot_starts_the_waiting_again():
    watch = StopWatch(QUIET, None)
    lives = [(0, 30.0), (1, 40.0), (1, 95.0), (2, 99.0), (2, 158.0), (2, 159.0)]
    said = [watch.look(LiveState("on", count, t_s=t_s)) for count, t_s in lives]
    assert said == [None] * 5 + ["2 spots, none new for 60.0 s"]


def test_plateaus_belong_to_a_field_and_a_direction(tmp_path):
    def protocol(field, direction):
        text = f'name = "x"\nfield = "{field}"\ndirection = "{direction}"\n'
        steps = '[[steps]]\ndo = "wait"\nduration = "1 s"\n'
        return parse_protocol(text + steps, tmp_path / "p.toml")

    rig = tmp_path / "rig.toml"
    Plateaus(rig, protocol("A1", "on")).remember(42)
    assert Plateaus(rig, protocol("A1", "on")).last() == 42
    assert Plateaus(rig, protocol("A1", "off")).last() is None
    assert Plateaus(rig, protocol("A2", "on")).last() is None
