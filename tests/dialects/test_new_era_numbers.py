"""New Era numbers: four digits, cut off; units; limits by plunger speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects import limits
from onset.dialects.new_era_numbers import (
    RATE_UNITS,
    default_volume_units,
    model_of,
    rate_limits_ul_min,
    rate_words,
    read_number,
    sent_number,
    shown_number,
    volume_words,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(7.5, "7.5"), (26.59, "26.59"), (1699, "1699"), (1699.9, "1699"), (9.9996, "9.999")],
        *[(0.1 + 0.2, "0.3"), (14.43, "14.43"), (0, "0"), (100, "100"), (0.0004, "0")],
        *[(125.06, "125"), (125.16, "125.1")],
    ],
)
def test_sent_numbers_are_cut_not_rounded(value, text):
    assert sent_number(value) == text


@pytest.mark.parametrize("value", [10000, -1, 12345.6])
def test_what_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match="four digits"):
        sent_number(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(7.5, "7.500"), (26.59, "26.59"), (0, "0.000"), (1699, "1699."), (125, "125.0")],
)
def test_shown_numbers_have_five_characters(value, text):
    assert shown_number(value) == text
    assert read_number(text) == value


@given(st.floats(0, 9999))
def test_numbers_lose_less_than_their_last_digit(value):
    for text in (sent_number(value), shown_number(value)):
        assert len(text) <= 5
        assert -1e-8 * value <= value - read_number(text) < 1.0001 * 10 ** -(3 if value < 10 else 0)


@pytest.mark.parametrize(
    ("rate_ul_min", "words"),
    [
        *[(125.0, ("7.5", "MH")), (0.1, ("0.006", "MH")), (8000 / 60, ("8", "MH"))],
        *[(20000.0, ("1200", "MH")), (2.345, ("2.345", "UM")), (0.0075, ("0.45", "UH"))],
    ],
)
def test_rates_are_said_in_the_units_that_are_exact(rate_ul_min, words):
    assert rate_words(rate_ul_min) == words


@given(st.floats(1, 9000))
def test_a_rate_is_said_to_a_thousandth(rate_ul_min):
    number, units = rate_words(rate_ul_min)
    assert float(number) * RATE_UNITS[units] == pytest.approx(rate_ul_min, rel=1e-3)


def test_volumes_pick_their_units():
    assert volume_words(500) == ("500", "UL")
    assert volume_words(25000) == ("25", "ML")


@pytest.mark.parametrize(("diameter_mm", "units"), [(14.0, "UL"), (14.01, "ML"), (14.43, "ML")])
def test_fourteen_millimetres_divide_the_units(diameter_mm, units):
    assert default_volume_units(diameter_mm) == units


def test_limits_reproduce_the_printed_tables():
    low, high = rate_limits_ul_min(26.59)
    assert high * 60 / 1000 == pytest.approx(1699, abs=1)
    assert low * 60 == pytest.approx(23.35, abs=0.01)
    low, high = rate_limits_ul_min(26.59, "NE-1600")
    assert high * 60 / 1000 == pytest.approx(1163, abs=1)
    assert low * 60 == pytest.approx(14.53, abs=0.2)
    assert rate_limits_ul_min(4.699)[1] * 60 / 1000 == pytest.approx(53, abs=0.1)


def test_limits_are_none_where_they_are_not_known():
    assert limits.rate_limits_ul_min("new-era", None, 14.43) == rate_limits_ul_min(14.43)
    assert limits.rate_limits_ul_min("new-era", "NE-7777", 14.43) is None
    assert limits.rate_limits_ul_min("unheard-of", None, 14.43) is None


def test_models_are_read_from_versions():
    assert model_of("NE1000V3.928") == "NE-1000"
    assert model_of("NE1000X2V3.9") == "NE-1000"
    assert model_of("?") is None
