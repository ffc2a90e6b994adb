"""The Sutter Lambda emulator, byte by byte, on a line without a clock."""

from hypothesis import given
from hypothesis import strategies as st

from onset.simulated.line import Line
from onset.simulated.parameters import Parameters
from onset.simulated.sutter_lambda import SutterLambda
from onset.simulated.world import World

S = 1_000_000_000
MS = 1_000_000


class Bench:
    """A controller on a line; every question moves the time on by a second."""

    def __init__(self, **parameters):
        self.world = World("bench")
        given_ = {key: str(value) for key, value in parameters.items()}
        self.device = SutterLambda.from_parameters(Parameters("", given_), self.world)
        self.line = Line(self.device, baud=9600)
        self.t_ns = 0

    def ask(self, data, after_s=1.0):
        self.line.write(data, self.t_ns)
        self.t_ns += round(after_s * S)
        return self.line.read(9999, self.t_ns)

    @property
    def is_open(self):
        return self.world.light.is_open(self.t_ns)


def test_the_echo_comes_at_once_and_the_end_when_the_blade_has_arrived():
    bench = Bench(opening_ms=20)
    assert bench.ask(b"\xaa", 0.010) == b"\xaa"
    assert not bench.is_open
    assert bench.ask(b"", 0.015) == b"\r"
    assert bench.is_open


def test_exchanges():
    bench = Bench()
    for command, answer in [
        (b"\xee", b"\xee\r"),
        (b"\xfd", b"\xfdSC\r"),
        (b"\xcc", b"\xcc\xac\xdc\r"),
        (b"\xaa", b"\xaa\r"),
        (b"\xdd", b"\xdd\r"),
        (b"\xcc", b"\xcc\xaa\xdd\r"),
        (b"\xde\x0d", b"\xde\x0d\r"),
        (b"\xcc", b"\xcc\xaa\xde\x0d\r"),
        (b"\xac", b"\xac\r"),
        (b"\xcc", b"\xcc\xac\xde\x0d\r"),
    ]:
        assert bench.ask(command) == answer


def test_what_follows_a_configuration_byte_moves_nothing():
    bench = Bench()
    assert bench.ask(b"\xfa\xa0") == b"\xfa\xa0\r"
    assert bench.world.light.moves() == ()


def test_quirks_that_were_seen():
    bench = Bench(inverts_echo=1, sends_one=1)
    assert bench.ask(b"\xaa") == b"\xac\x01\r"
    assert bench.is_open
    assert bench.ask(b"\xac") == b"\xaa\x01\r"
    assert not bench.is_open


def test_an_old_one_does_not_say_its_type():
    assert Bench(type="").ask(b"\xfd") == b""


def test_the_moves_are_those_of_the_light():
    bench = Bench(opening_ms=10, closing_ms=4)
    bench.ask(b"\xaa")
    bench.ask(b"\xac")
    (opened, _), (closed, _) = bench.world.light.moves()
    assert 10 * MS < opened < 12 * MS
    assert S + 4 * MS < closed < S + 6 * MS


def test_a_power_cycle_closes_it():
    bench = Bench()
    bench.ask(b"\xaa")
    bench.device.power_cycle(bench.t_ns)
    bench.t_ns += S
    assert not bench.is_open


@given(st.binary(max_size=100))
def test_no_bytes_upset_it(noise):
    bench = Bench()
    bench.ask(noise, 10)
    bench.ask(b"\xac", 10)  # may be taken for the second byte of a command that the noise began
    assert bench.ask(b"\xac\xcc", 10)[-4:-2] in (b"\xcc\xac", b"\xac\xde")
