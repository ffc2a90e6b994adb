"""Uniblitz bytes: the same byte means another thing on another model."""

import pytest

from onset.dialects.uniblitz import TABLES, Move, decode, encode


@pytest.mark.parametrize(
    ("model", "move", "byte"),
    [
        ("uniblitz-d1", Move("open"), b"@"),
        ("uniblitz-d1", Move("close"), b"A"),
        ("uniblitz-d1", Move("trigger"), b"B"),
        ("uniblitz-d1", Move("reset"), b"C"),
        ("uniblitz-d3", Move("open", 1), b"@"),
        ("uniblitz-d3", Move("open", 2), b"B"),
        ("uniblitz-d3", Move("close", 3), b"E"),
        ("uniblitz-d3", Move("close"), b"G"),
    ],
)
def test_bytes_of_the_manuals(model, move, byte):
    assert encode(move, model) == byte
    assert decode(byte[0], model) == move


@pytest.mark.parametrize("model", TABLES)
def test_every_byte_comes_back(model):
    for code, move in TABLES[model].items():
        assert decode(encode(move, model)[0], model) == move == decode(code, model)


def test_units_have_their_own_bytes():
    assert encode(Move("open"), "uniblitz-d1", unit=0) == b"\x80"
    assert encode(Move("close"), "uniblitz-d1", unit=7) == b"\xf1"
    assert decode(0xF1, "uniblitz-d1", unit=7) == Move("close")
    assert decode(0xF1, "uniblitz-d1", unit=6) is None
    assert decode(0xF1, "uniblitz-d1") is None


def test_what_a_model_lacks_is_refused():
    with pytest.raises(ValueError, match="no byte"):
        encode(Move("trigger"), "uniblitz-d3")
    with pytest.raises(ValueError, match="no unit"):
        encode(Move("open", 1), "uniblitz-d3", unit=1)


@pytest.mark.parametrize("model", TABLES)
def test_all_other_bytes_mean_nothing(model):
    for code in range(256):
        if code not in TABLES[model]:
            assert decode(code, model) is None
