"""A port says in one sentence what is wrong with it, within two seconds."""

import os
import threading
import time
from contextlib import suppress

import pytest

from onset.dialects.new_era import Reply
from onset.dialects.new_era_readers import ReplyReader
from onset.errors import WireFault
from onset.experiment.clock import SystemClock
from onset.hardware.port import Garbled, Gone, Port, Silent


def opened(address, clock, wire, baud=19200):
    return Port(address, who="pump TBAB", baud=baud, clock=clock, on_bytes=wire)


@pytest.fixture
def pty():
    """The master's end, and the name of the other."""
    tty = pytest.importorskip("tty")
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for end in (master, slave):
        with suppress(OSError):
            os.close(end)


def test_an_exchange_is_stamped_and_told(here, clock, wire):
    port = opened(f"sim://new-era?sample={here.name}", clock, wire)
    answer = port.ask(b"\r", ReplyReader())
    assert answer.message == Reply("", alarm="R")
    assert [(who, data) for who, data, _ in wire.passed] == [
        ("host", b"\r"),
        ("device", b"\x0200A?R\x03"),
    ]
    assert wire.passed[0][2] == answer.asked_ns < answer.sent_ns < answer.replied_ns
    assert wire.passed[1][2] == answer.replied_ns
    assert answer.replied_ns - answer.asked_ns == port.round_trip_ns
    assert answer.sent_ns - answer.asked_ns >= port.wire_ns(b"\r")
    port.close()


def test_an_address_without_a_port_is_explained(clock, wire):
    with pytest.raises(
        WireFault, match=r"pump TBAB on /dev/nowhere .*cannot be opened.*ports here"
    ):
        opened("/dev/nowhere", clock, wire)


def test_an_unknown_device_is_explained(clock, wire):
    with pytest.raises(WireFault, match="not known; there are"):
        opened("sim://nothing", clock, wire)


def test_a_silent_port_is_explained(here, clock, wire):
    port = opened(f"sim://uniblitz-d1?sample={here.name}", clock, wire, baud=9600)
    before_ns = clock.now_ns()
    with pytest.raises(Silent, match="no answer within 1 s; is it switched on"):
        port.ask(b"\r", ReplyReader())
    assert clock.now_ns() - before_ns < 1.1e9


def test_late_bytes_of_an_earlier_answer_are_thrown_away(here, clock, wire):
    port = opened(f"sim://new-era?sample={here.name}", clock, wire)
    port.write(b"VER\r")
    clock.advance(1)
    assert port.ask(b"\r", ReplyReader()).message == Reply("S")
    assert wire.said("device") == [b"\x0200A?R\x03", b"\x0200S\x03"]


@pytest.mark.parametrize(
    ("said", "fault", "sentence"),
    [
        (b"\xf0\x0f\x80", Garbled, "check dialect and baud rate"),
        (b"\x0200S7.5", Garbled, "cut short"),
        (b"\x02hello\x03", Garbled, "not a reply of this dialect"),
        (b"", Silent, "no answer"),
    ],
)
def test_what_is_no_answer_is_explained(pty, wire, said, fault, sentence):
    master, name = pty
    port = opened(name, SystemClock(), wire)
    os.write(master, said)
    with pytest.raises(fault, match=sentence):
        port.listen(ReplyReader(), within_s=0.15)
    port.close()


def test_noise_before_an_answer_is_passed_over(pty, wire):
    master, name = pty
    port = opened(name, SystemClock(), wire)
    os.write(master, b"\x00\xff\x0200S\x03")
    message, _ = port.listen(ReplyReader(), within_s=0.5)
    assert message == Reply("S")
    port.close()


def test_a_babbling_port_is_explained(pty, wire):
    master, name = pty
    port = opened(name, SystemClock(), wire)
    over = threading.Event()

    def babble():
        while not over.wait(0.001):
            os.write(master, b"temperature 21.5 C\r\n" * 4)

    talker = threading.Thread(target=babble)
    talker.start()
    began = time.perf_counter()
    with pytest.raises(Garbled, match="talks without end"):
        port.ask(b"VER\r", ReplyReader())
    assert time.perf_counter() - began < 2
    over.set()
    talker.join()
    port.close()


def test_a_pulled_cable_is_explained(pty, wire):
    master, name = pty
    port = opened(name, SystemClock(), wire)
    os.close(master)
    with pytest.raises(Gone, match="was the cable pulled"):
        port.ask(b"VER\r", ReplyReader())
    port.close()


def test_a_port_that_goes_while_its_bytes_drain_is_told(here, clock, wire, monkeypatch):
    """On Linux a terminal whose other end has just gone then raises what is no OSError."""
    termios = pytest.importorskip("termios")
    port = opened(f"sim://new-era?sample={here.name}", clock, wire)

    def gone():
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(port._serial, "flush", gone)
    with pytest.raises(Gone, match="pump TBAB"):
        port.write(b"\r")


def test_a_port_that_is_not_there_is_told_once(clock, wire):
    with pytest.raises(WireFault) as fault:
        opened("/dev/not-there", clock, wire)
    assert str(fault.value).count("No such file") == 1
