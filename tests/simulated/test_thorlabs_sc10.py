"""The SC10 emulator, byte by byte, on a line without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.simulated.line import Line
from onset.simulated.parameters import Parameters
from onset.simulated.thorlabs_sc10 import ThorlabsSC10
from onset.simulated.world import World

S = 1_000_000_000


class Bench:
    """A controller on a line; every question moves the time on by a second."""

    def __init__(self, **parameters):
        self.world = World("bench")
        given_ = {key: str(value) for key, value in parameters.items()}
        self.device = ThorlabsSC10.from_parameters(Parameters("", given_), self.world)
        self.line = Line(self.device, baud=9600)
        self.t_ns = 0

    def ask(self, data, after_s=1.0):
        self.line.write(data, self.t_ns)
        self.t_ns += round(after_s * S)
        return self.line.read(9999, self.t_ns)

    @property
    def is_open(self):
        return self.world.light.is_open(self.t_ns)


def test_exchanges():
    bench = Bench()
    for command, answer in [
        (b"ens?\r", b"ens?\r0\r> "),
        (b"mode=1\r", b"mode=1\r> "),
        (b"closed?\r", b"closed?\r1\r> "),
        (b"ens\r", b"ens\r> "),
        (b"ens?\r", b"ens?\r1\r> "),
        (b"closed?\r", b"closed?\r0\r> "),
        (b"interlock?\r", b"interlock?\r0\r> "),
        (b"ENS\r", b"ENS\rCommand error CMD_NOT_DEFINED\r> "),
        (b"mode=9\r", b"mode=9\rCommand error CMD_ARG_INVALID\r> "),
        (b"open=250\r", b"open=250\r> "),
        (b"open?\r", b"open?\r250\r> "),
    ]:
        assert bench.ask(command) == answer


def test_every_byte_is_echoed_as_it_comes():
    bench = Bench()
    assert bench.ask(b"en") == b"en"
    assert bench.ask(b"s?\r") == b"s?\r0\r> "


def test_the_same_command_opens_and_closes():
    bench = Bench()
    assert not bench.is_open
    bench.ask(b"ens\r")
    assert bench.is_open
    bench.ask(b"ens\r")
    assert not bench.is_open


def test_the_blade_needs_its_time():
    bench = Bench(opening_ms=50)
    bench.ask(b"ens\r", 0.020)
    assert not bench.is_open
    bench.t_ns += S
    assert bench.is_open


def test_single_mode_closes_by_itself():
    bench = Bench(mode=3)
    bench.ask(b"open=3000\r")
    bench.ask(b"ens\r")
    assert bench.is_open
    bench.t_ns += 3 * S
    assert not bench.is_open


def test_repeat_mode_opens_so_often():
    bench = Bench(mode=4)
    bench.ask(b"rep=3\r")
    bench.ask(b"ens\r", 60)
    assert [to for _, to in bench.world.light.moves()] == [True, False] * 3
    assert bench.ask(b"ens?\r") == b"ens?\r0\r> "


def test_gated_mode_only_arms():
    bench = Bench(mode=5)
    bench.ask(b"ens\r")
    assert bench.ask(b"ens?\r") == b"ens?\r1\r> "
    assert bench.ask(b"closed?\r") == b"closed?\r1\r> "
    bench.ask(b"mode=1\r")
    assert bench.is_open


def test_a_tripped_interlock_keeps_it_closed():
    bench = Bench()
    bench.ask(b"ens\r")
    bench.device.trip_interlock(bench.t_ns)
    bench.ask(b"ens\r")
    assert not bench.is_open
    assert bench.ask(b"interlock?\r") == b"interlock?\r1\r> "


def test_settings_survive_a_power_cycle_only_when_saved():
    bench = Bench()
    bench.ask(b"open=77\r")
    bench.ask(b"savp\r")
    bench.ask(b"open=88\r")
    bench.ask(b"ens\r")
    bench.device.power_cycle(bench.t_ns)
    assert bench.ask(b"open?\r") == b"open?\r77\r> "
    assert not bench.is_open
    bench.ask(b"default\r")
    assert bench.ask(b"open?\r") != b"open?\r77\r> "
    bench.ask(b"resp\r")
    assert bench.ask(b"open?\r") == b"open?\r77\r> "


def test_the_baud_rate_changes_when_told():
    bench = Bench(device_baud=9600)
    bench.ask(b"baud=1\r")
    assert bench.device.baud == 115200


@given(st.binary(max_size=100))
def test_no_bytes_upset_it(noise):
    bench = Bench()
    bench.ask(noise + b"\r", 10)
    assert bench.ask(b"id?\r", 10).endswith(b"VERSION 1.07\r> ")


@pytest.mark.parametrize("query", [b"id?\r", b"*idn?\r"])
def test_it_says_what_it_is(query):
    assert Bench().ask(query) == query + b"THORLABS SC10 VERSION 1.07\r> "
