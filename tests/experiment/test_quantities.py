"""Quantities with units: read into the unit of their kind, refused without one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.experiment.quantities import (
    CONCENTRATION_UG_ML,
    IRRADIANCE_UW_CM2,
    RATE_UL_MIN,
    TIME_MS,
    VOLUME_UL,
    parse,
)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7.5 mL/h", RATE_UL_MIN, 125.0),
        ("125 uL/min", RATE_UL_MIN, 125.0),
        ("2.0833333333333333 µL/s", RATE_UL_MIN, 125.0),
        ("0.5 mL", VOLUME_UL, 500.0),
        ("0.05s", TIME_MS, 50.0),
        ("1 ug/mL", CONCENTRATION_UG_ML, 1.0),
        ("1 mg/L", CONCENTRATION_UG_ML, 1.0),
        ("15 uW/cm^2", IRRADIANCE_UW_CM2, 15.0),
        ("0.15 W/m**2", IRRADIANCE_UW_CM2, 15.0),
    ],
)
def test_equivalent_units_give_the_same_number(text, kind, value):
    assert parse(text, kind) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (7.5, "has no unit"),
        ("7.5", "not a number with a unit"),
        ("7.5 mL", "is not a rate"),
        ("7.5 bananas/h", "unit that is not known"),
        ("", "not a number with a unit"),
        (True, "is not a quantity"),
        (None, "is not a quantity"),
    ],
)
def test_what_is_not_a_rate_is_refused_with_an_example(written, said):
    with pytest.raises(ValueError, match=said) as mistake:
        parse(written, RATE_UL_MIN)
    assert "7.5 mL/h" in str(mistake.value)


@given(st.text(max_size=30))
def test_any_text_is_a_rate_or_refused(text):
    try:
        value = parse(text, RATE_UL_MIN)
    except ValueError as refused:
        value = str(refused)
    assert isinstance(value, float) or "expected a rate" in value
