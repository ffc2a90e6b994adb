"""Emulators for other people's programs: over TCP and a pseudo terminal, in real time."""

import ast
import io
import sys
import threading
import time
from types import SimpleNamespace

import nesp_lib
import pytest
import serial

from onset.dialects.new_era import packet
from onset.errors import Refused
from onset.simulated.servers import emulate
from onset.simulated.world import world


class Server:
    """`emulate` in a thread; its address is the last word of its first line."""

    def __init__(self, dialect, log=None, **how):
        self.said = io.StringIO()
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=emulate,
            args=(dialect,),
            kwargs={**how, "log": log, "out": self.said, "stop": self.stop},
        )
        self.thread.start()
        until = time.perf_counter() + 5
        while "\n" not in self.said.getvalue() and time.perf_counter() < until:
            time.sleep(0.002)
        self.address = self.said.getvalue().splitlines()[0].split()[-1]

    def end(self):
        self.stop.set()
        self.thread.join(5)


@pytest.fixture
def start(here):
    servers = []

    def start_one(dialect, parameters="", **how):
        query = f"sample={here.name}" + (f"&{parameters}" if parameters else "")
        servers.append(Server(dialect, parameters=query, **how))
        return servers[-1]

    yield start_one
    for server in servers:
        server.end()
        assert not server.thread.is_alive()


WAYS = [
    pytest.param({"tcp": "127.0.0.1:0"}, id="tcp"),
    pytest.param(
        {"pty": True},
        id="pty",
        marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals"),
    ),
]


def ask(port, data, end=b"\x03"):
    port.write(data)
    return port.read_until(end)


@pytest.mark.parametrize("way", WAYS)
def test_a_program_talks_to_it(start, way):
    server = start("new-era", **way)
    with serial.serial_for_url(server.address, baudrate=19200, timeout=1) as port:
        assert ask(port, b"\r") == b"\x0200A?R\x03"
        assert ask(port, b"0VER\r") == b"\x0200SNE1000V3.928\x03"
        assert ask(port, packet(b"VER"), b"\x03") == b"\x0200SNE1000V3.928\x03"


@pytest.mark.parametrize("way", WAYS)
def test_answers_take_their_time_on_the_wire(start, way):
    server = start("new-era", "device_baud=1200", **way)
    with serial.serial_for_url(server.address, baudrate=1200, timeout=1) as port:
        ask(port, b"\r")
        took_s = []
        for _ in range(5):  # the quickest: a busy machine makes any of them late
            began = time.perf_counter()
            ask(port, b"0VER\r")
            took_s.append(time.perf_counter() - began)
    wire_s = (5 + 17) * 10 / 1200 + 0.005
    assert wire_s - 0.002 < min(took_s) < wire_s + 0.1


def test_tcp_takes_one_client_after_the_other(start):
    server = start("new-era", tcp="0")
    for expected in (b"\x0200A?R\x03", b"\x0200S\x03"):
        with serial.serial_for_url(server.address, timeout=1) as port:
            assert ask(port, b"\r") == expected


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
def test_a_terminal_at_the_wrong_baud_rate_is_not_understood(start):
    server = start("new-era", pty=True)
    with serial.Serial(server.address, baudrate=9600, timeout=0.3) as port:
        assert b"A?R" not in ask(port, b"0VER\r")
    with serial.Serial(server.address, baudrate=19200, timeout=1) as port:
        answers = [ask(port, b"0VER\r") for _ in range(3)]
        assert answers[-1].endswith(b"NE1000V3.928\x03")


def test_every_byte_string_is_logged(start, tmp_path):
    log = tmp_path / "wire.log"
    server = start("new-era", tcp="0", log=log)
    with serial.serial_for_url(server.address, timeout=1) as port:
        ask(port, b"\r")
        ask(port, b"0VER\r")
    server.end()
    lines = [line.split(" ", 2) for line in log.read_text().splitlines()]
    assert [(who, ast.literal_eval(data)) for _, who, data in lines] == [
        ("host", b"\r"),
        ("device", b"\x0200A?R\x03"),
        ("host", b"0VER\r"),
        ("device", b"\x0200SNE1000V3.928\x03"),
    ]
    times = [float(seconds) for seconds, _, _ in lines]
    assert times == sorted(times)


def test_a_shutter_is_served_too(start, here):
    server = start("uniblitz-d1", tcp="0")
    with serial.serial_for_url(server.address, timeout=0.05) as port:
        port.write(b"@")
        assert port.read(1) == b""
    assert [to for _, to in here.light.moves()] == [True]


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({}, "--tcp 127.0.0.1:0 .* or --pty, not both"),
        ({"tcp": "0", "pty": True}, "--tcp 127.0.0.1:0 .* or --pty, not both"),
        ({"tcp": "0", "parameters": "seed"}, "seed"),
        ({"tcp": "0", "parameters": "seed=soon"}, "seed='soon' is not a whole number"),
        ({"tcp": "nowhere"}, "'nowhere' is not HOST:PORT"),
        ({"tcp": "127.0.0.1:99999"}, "is not HOST:PORT"),
        ({"tcp": "192.0.2.1:5000"}, "cannot listen on 192.0.2.1:5000"),
    ],
)
def test_what_cannot_be_served_is_refused(how, what, here):
    how = {"parameters": f"sample={here.name}", **how}
    with pytest.raises(Refused, match=what):
        emulate("new-era", **how)


def test_an_unknown_dialect_is_refused():
    with pytest.raises(Refused, match=r"not known; there are .*new-era"):
        emulate("chemyx", tcp="0")


def nesp(start, server_parameters="", **how):
    server = start("new-era", server_parameters, pty=True)
    port = nesp_lib.Port(server.address, 19200)
    return SimpleNamespace(lib=nesp_lib, port=port, pump=nesp_lib.Pump(port, **how))


@pytest.mark.skipif(sys.platform == "win32", reason="nesp-lib wants a serial port")
@pytest.mark.parametrize("safe_s", [0, 2], ids=["basic", "safe with heartbeat"])
def test_nesp_lib_drives_it(start, here, safe_s):
    theirs = nesp(start, "diameter_mm=14.43", safe_mode_timeout_s=safe_s)
    pump, lib = theirs.pump, theirs.lib
    assert (pump.model_number, pump.firmware_version) == (1000, (3, 928))
    pump.syringe_diameter_mm = 14.43
    assert pump.syringe_diameter_mm == 14.43
    pump.pumping_direction = lib.PumpingDirection.INFUSE
    pump.pumping_rate_ml_per_min = 0.6
    pump.pumping_volume_ml = 0.005
    assert pump.pumping_volume_ml == pytest.approx(0.005)
    pump.run()
    assert pump.status == lib.Status.STOPPED
    assert pump.volume_infused_ml == pytest.approx(0.005)
    assert world(here.name).plunger("").delivered_ul(time.perf_counter_ns()) == pytest.approx(5.0)
    pump.pumping_volume_ml = 5.0
    pump.run(wait_while_running=False)
    assert pump.running
    pump.stop()
    assert pump.status == lib.Status.PAUSED
    assert pump.safe_mode_timeout_s == safe_s
    pump.safe_mode_timeout_s = 0
    theirs.port.close()


@pytest.mark.skipif(sys.platform == "win32", reason="nesp-lib wants a serial port")
def test_nesp_lib_keeps_the_watchdog_quiet(start):
    theirs = nesp(start, safe_mode_timeout_s=2)
    time.sleep(2.3)
    assert theirs.pump.safe_mode_timeout_s == 2
    theirs.pump.safe_mode_timeout_s = 0
    theirs.port.close()
