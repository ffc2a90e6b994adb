"""`sim://` ports: pyserial finds them by name, and time-outs count experiment time."""

import time

import pytest
import serial

from onset.experiment import clock as clocks
from onset.simulated import ports

if ports.__name__ not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(ports.__name__)


def opened(here, query="", **settings):
    url = f"sim://new-era?sample={here.name}&pump=TBAB{query}"
    return serial.serial_for_url(url, **{"baudrate": 19200, "timeout": 1, **settings})


def test_a_question_is_answered_in_wire_time(here, clock):
    with opened(here) as port:
        asked_ns = clock.now_ns()
        port.write(b"\r")
        assert port.read_until(b"\x03") == b"\x0200A?R\x03"
        took_ms = (clock.now_ns() - asked_ns) / 1e6
        assert took_ms == pytest.approx((1 + 7) * 10 / 19.2 + 3, abs=0.1)


def test_silence_ends_after_the_time_out(here, clock):
    with opened(here, timeout=0.5) as port:
        asked_ns = clock.now_ns()
        assert port.read(5) == b""
        assert (clock.now_ns() - asked_ns) / 1e9 == pytest.approx(0.5, abs=0.001)


def test_a_port_opened_again_finds_the_pump_as_it_was(here, clock):
    with opened(here) as port:
        port.write(b"\r")
        port.read_until(b"\x03")
    with opened(here) as port:
        port.write(b"\r")
        assert port.read_until(b"\x03") == b"\x0200S\x03"


def test_in_waiting_and_reset(here, clock):
    with opened(here) as port:
        port.write(b"\r")
        assert port.in_waiting == 0
        clock.advance(1)
        assert port.in_waiting == 7
        port.reset_input_buffer()
        assert port.in_waiting == 0


def test_flush_waits_until_the_last_bit_has_left(here, clock):
    with opened(here, baudrate=300) as port:
        before_ns = clock.now_ns()
        port.write(b"VER\r")
        port.flush()
        assert (clock.now_ns() - before_ns) / 1e9 == pytest.approx(4 * 10 / 300, rel=1e-3)


def test_a_wrong_baud_rate_gets_no_answer(here, clock):
    with opened(here, "&device_baud=9600") as port:
        port.write(b"VER\r")
        assert b"A?R" not in port.read(20)
        port.baudrate = 9600
        port.write(b"\rVER\r")
        assert port.read_until(b"\x03").endswith(b"00A?R\x03")


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("sim://new-area", "not known; there are"),
        ("sim://", "expected sim://"),
        ("sim://new-era?seed=soon", "seed='soon' is not a whole number"),
        ("sim://new-era?diameter_mm=wide", "diameter_mm='wide' is not a number"),
        ("sim://new-era?model=NE-7", "no model NE-7"),
    ],
)
def test_a_wrong_address_is_explained(url, what, clock):
    with pytest.raises(serial.SerialException, match=what):
        serial.serial_for_url(f"{url}&sample=none" if "?" in url else url)


def test_a_fast_clock_causes_no_time_out(here):
    before = clocks.installed()
    clocks.install(clocks.ScaledClock(2000))
    try:
        with opened(here, timeout=1) as port:
            for _ in range(20):
                port.write(b"\r")
                time.sleep(0.002)
                assert port.read_until(b"\x03").startswith(b"\x0200")
    finally:
        clocks.install(before)
