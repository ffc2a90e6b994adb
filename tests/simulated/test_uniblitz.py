"""The mute shutter: bytes move the light after the blade's time."""

import pytest

from onset.simulated.line import Line
from onset.simulated.parameters import Parameters
from onset.simulated.uniblitz import Uniblitz

MS = 1_000_000


def moves(here, dialect, data, **parameters):
    shutter = Uniblitz.from_parameters(Parameters(dialect, parameters), here)
    line = Line(shutter, baud=9600)
    line.write(data, 0)
    assert line.read(9, 10**9) == b""
    return [opened for _, opened in here.light.moves()]


@pytest.mark.parametrize(
    ("dialect", "data", "moved"),
    [
        ("uniblitz-d1", b"@A", [True, False]),
        ("uniblitz-d1", b"BB", [True, False]),
        ("uniblitz-d1", b"@C", [True, False]),
        ("uniblitz-d1", b"\x80", []),
        ("uniblitz-d3", b"B", []),
        ("uniblitz-d3", b"@G", [True, False]),
    ],
)
def test_the_model_decides_what_a_byte_does(here, dialect, data, moved):
    assert moves(here, dialect, data) == moved
    assert not here.light.is_open(10**9) or moved[-1:] == [True]


def test_the_blade_takes_its_time(here):
    moves(here, "uniblitz-d1", b"@", opening_ms="8")
    byte_ns = round(1e10 / 9600)
    assert not here.light.is_open(byte_ns + 8 * MS - 1)
    assert here.light.is_open(byte_ns + 8 * MS)


def test_a_unit_hears_its_own_bytes(here):
    assert moves(here, "uniblitz-d1", b"\xa0\x81", unit="2") == [True]
