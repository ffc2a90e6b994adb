"""Harvard numbers: units, rescaled replies, limits and the status line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.harvard_numbers import (
    Status,
    rate_limits_ul_min,
    read_diameter_mm,
    read_limits_ul_min,
    read_rate_ul_min,
    read_status,
    read_volume_ul,
    sent_rate,
    sent_volume,
    shown_rate,
    shown_status,
    shown_volume,
    time_unit,
)


@pytest.mark.parametrize(
    ("text", "ul_min"),
    [
        ("199.49 ul/min", 199.49),
        ("1 ml/min", 1000.0),
        ("7.5 m/h", 125.0),
        ("7.5 ml/hr", 125.0),
        ("3.2 u/m", 3.2),
        ("25.0404 nl/min", 0.0250404),
        ("2 nl/sec", 0.12),
        ("125.000ul/min", 125.0),
    ],
)
def test_rates_in_long_and_short_units(text, ul_min):
    assert read_rate_ul_min(text) == pytest.approx(ul_min)


@pytest.mark.parametrize(
    "text", ["", "ul/min", "1 ul", "1 ul/week", "Target volume not set", "1 2 ul/min", "-1 ul/min"]
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="is not a"):
        read_rate_ul_min(text)


def test_volumes_limits_and_diameters():
    assert read_volume_ul("1.69023 ul") == 1.69023
    assert read_volume_ul("8.6284 ml") == pytest.approx(8628.4)
    assert read_limits_ul_min("25.0404 nl/min to 26.0035 ml/min") == pytest.approx(
        (0.0250404, 26003.5)
    )
    assert read_diameter_mm("7.2620 mm") == read_diameter_mm("7.262") == 7.262
    with pytest.raises(ValueError, match="not a volume"):
        read_volume_ul("1 mm")
    with pytest.raises(ValueError, match="not a diameter"):
        read_diameter_mm("1 ul")
    with pytest.raises(ValueError, match="not a pair"):
        read_limits_ul_min("1 ul/min")


@pytest.mark.parametrize(
    ("ul_min", "text"),
    [
        (199.49, "199.49 ul/min"),
        (1000.0, "1 ml/min"),
        (0.0250404, "25.0404 nl/min"),
        (26003.5, "26.0035 ml/min"),
    ],
)
def test_the_pump_rescales_units_as_recorded(ul_min, text):
    assert shown_rate(ul_min) == text


def test_nothing_is_shown_as_zero_microlitres():
    assert shown_volume(0.0) == "0 ul"


def test_the_pump_keeps_the_time_unit():
    assert shown_rate(125.0, time_unit("7.5 m/h")) == "7.5 ml/hr"


def test_what_is_sent():
    assert sent_rate(125.0) == "125 ul/min"
    assert sent_volume(500.0) == "500 ul"
    assert sent_volume(12500.0) == "12.5 ml"
    with pytest.raises(ValueError, match="cannot be said"):
        sent_rate(0.0)


@given(st.floats(1e-4, 1e5))
def test_what_is_sent_is_read_to_six_digits(ul):
    assert read_volume_ul(sent_volume(ul)) == pytest.approx(ul, rel=1e-5)
    assert read_rate_ul_min(sent_rate(ul)) == pytest.approx(ul, rel=1e-5)


@given(st.floats(1e-3, 1e5), st.sampled_from("hms"))
def test_what_is_shown_is_read_to_six_digits(ul, time):
    assert read_volume_ul(shown_volume(ul)) == pytest.approx(ul, rel=1e-5)
    assert read_rate_ul_min(shown_rate(ul, time)) == pytest.approx(ul, rel=1e-5)


def test_limits_are_those_that_a_legato_answered():
    low, high = rate_limits_ul_min(14.43, "Legato 100")
    assert f"{shown_rate(low)} to {shown_rate(high)}" == "25.0404 nl/min to 26.0035 ml/min"


def test_limits_of_a_model_without_source_are_not_guessed():
    with pytest.raises(ValueError, match="PHD Ultra: speed limits not known"):
        rate_limits_ul_min(14.43, "PHD Ultra")


def test_status_of_six_flags_and_of_five():
    text = "2083333333 10000 20833333333 I...I."
    status = Status(2083333333, 10000, 20833333333, "infuse", running=True)
    assert read_status(text) == status
    assert shown_status(status) == text
    assert status.rate_ul_min == pytest.approx(125.0)
    assert status.volume_ul == pytest.approx(20.833333333)
    assert read_status("0 0 0 w..TW").target_reached is None
    assert read_status("0 7 0 wWSTWT") == Status(
        0, 7, 0, "withdraw", False, "withdraw", True, True, "withdraw", True
    )
    for wrong in ("", "1 2 3", "1 2 3 I...I..", "1 2 x I...I.", "1 2 3 X...I."):
        with pytest.raises(ValueError, match="not a status"):
            read_status(wrong)


WAYS = st.sampled_from(["infuse", "withdraw"])
COUNTS = st.integers(0, 10**15)


@given(
    st.builds(
        Status,
        *(COUNTS, COUNTS, COUNTS, WAYS, st.booleans(), st.none() | WAYS),
        *(st.booleans(), st.booleans(), WAYS, st.none() | st.booleans()),
    )
)
def test_every_status_comes_back(status):
    assert read_status(shown_status(status)) == status
