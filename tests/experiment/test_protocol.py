"""Protocol files: what is written is what is meant; mistakes are told with their place."""

from pathlib import Path

import pytest

from onset.errors import FileMistake
from onset.experiment.protocol import Inject, parse_protocol

FORWARD = """
name = "forward"

[[steps]]
do = "shutter-open"

[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "0.5 mL"
after = "2 s"
"""

MISTAKES = {
    "a misspelt key": ('volume = "0.5 mL"', 'volum = "0.5 mL"', "did you mean 'volume'"),
    "a misspelt step": ('do = "inject"', 'do = "injct"', "did you mean 'inject'"),
    "a bare number": ('rate = "7.5 mL/h"', "rate = 7.5", "has no unit"),
    "a wrong dimension": ('rate = "7.5 mL/h"', 'rate = "7.5 mL"', "is not a rate"),
    "an unknown unit": ('volume = "0.5 mL"', 'volume = "0.5 mi"', "is not a volume"),
    "a negative volume": ('volume = "0.5 mL"', 'volume = "-1 mL"', "must be above 0"),
    "a missing key": ('rate = "7.5 mL/h"', "", "rate: is missing"),
    "two times for a step": ('after = "2 s"', 'after = "2 s"\nat = "3 s"', "more than one"),
    "no step name": ('do = "inject"', "", "has no 'do'"),
    "not TOML": ('name = "forward"', "name = ", "not valid TOML"),
    "no liquid named": ('reagent = "TBAB"', "", "neither a 'pump' nor a 'reagent'"),
    "an unknown table": ('name = "forward"', 'name = "forward"\n[stepps]', "did you mean 'steps'"),
}


def test_quantities_arrive_in_the_units_of_their_names():
    step = parse_protocol(FORWARD, Path("p.toml")).steps[1]
    assert isinstance(step, Inject)
    assert (step.rate_ul_min, step.volume_ul, step.ug_per_ml) == (125.0, 500.0, 1.0)
    assert (step.after_s, step.duration_s) == (2.0, 240.0)


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_file_place_and_what_was_expected(right, wrong, said):
    with pytest.raises(FileMistake, match=said) as mistake:
        parse_protocol(FORWARD.replace(right, wrong), Path("p.toml"))
    assert str(mistake.value).startswith("p.toml: ")
    assert "\n" not in str(mistake.value)


def test_the_text_is_kept_verbatim():
    assert parse_protocol(FORWARD, Path("p.toml")).text == FORWARD
