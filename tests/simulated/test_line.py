"""The line: bytes take their time, and a wrong baud rate makes garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.simulated.line import Line, Reply, misheard

MS = 1_000_000


class Echo:
    """Answers every byte with itself after 5 ms and says `!` by itself at one second."""

    def __init__(self, baud=None):
        self.baud = baud
        self.heard = []
        self._shout_ns = 1_000 * MS

    def receive(self, byte, t_ns):
        self.heard.append((byte, t_ns))
        return [Reply(t_ns + 5 * MS, byte)]

    def advance(self, t_ns):
        if self._shout_ns is not None and t_ns >= self._shout_ns:
            at_ns, self._shout_ns = self._shout_ns, None
            return [Reply(at_ns, b"!")]
        return []

    def next_ns(self):
        return self._shout_ns


@pytest.mark.parametrize(("stop_bits", "bits"), [(1, 10), (2, 11)])
def test_bytes_arrive_one_after_the_other(stop_bits, bits):
    echo = Echo()
    line = Line(echo, baud=10_000, stop_bits=stop_bits)
    sent_ns = line.write(b"abc", 0)
    byte_ns = bits * 100_000
    assert echo.heard == [(b"a", byte_ns), (b"b", 2 * byte_ns), (b"c", 3 * byte_ns)]
    assert sent_ns == 3 * byte_ns


def test_nothing_is_read_before_its_time():
    line = Line(Echo(), baud=10_000)
    line.write(b"ab", 0)
    first_ns = 1 * MS + 5 * MS + 1 * MS
    assert line.next_ns() == first_ns
    assert line.read(9, first_ns - 1) == b""
    assert line.waiting(first_ns) == 1
    assert line.read(1, first_ns + 10 * MS) == b"a"
    assert line.read(9, first_ns + 10 * MS) == b"b"


def test_two_writes_queue_up():
    echo = Echo()
    line = Line(echo, baud=10_000)
    line.write(b"a", 0)
    line.write(b"b", 0)
    assert [t_ns for _, t_ns in echo.heard] == [1 * MS, 2 * MS]


def test_a_device_may_speak_unasked():
    line = Line(Echo(), baud=10_000)
    assert line.next_ns() == 1_000 * MS
    assert line.read(9, 999 * MS) == b""
    assert line.read(9, 1_001 * MS) == b"!"
    assert line.next_ns() is None


def test_a_wrong_baud_rate_is_not_understood():
    echo = Echo(baud=9600)
    Line(echo, baud=19200).write(b"0VER\r", 0)
    assert b"".join(byte for byte, _ in echo.heard) != b"0VER\r"


@given(data=st.binary(max_size=30), baud=st.sampled_from([300, 9600, 19200, 115200]))
def test_the_right_baud_rate_is_understood(data, baud):
    assert misheard(data, baud, baud) == data


@given(
    data=st.binary(min_size=1, max_size=30),
    bauds=st.permutations([300, 1200, 9600, 19200, 115200]),
)
def test_no_baud_rate_hangs_or_crashes(data, bauds):
    heard = misheard(data, bauds[0], bauds[1])
    assert len(heard) <= len(data) * 10 * max(1, bauds[1] // bauds[0])
