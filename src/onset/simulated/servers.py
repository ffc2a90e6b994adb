"""An emulated device for any other program: on a TCP socket or a pseudo terminal, in real time."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from onset.errors import Refused
from onset.experiment.clock import NS, SystemClock
from onset.experiment.files import did_you_mean
from onset.simulated.devices import line_to, settings_of
from onset.simulated.line import Line
from onset.simulated.parameters import Parameters

DEFAULT_BAUD = {"new-era": 19200, "harvard": 115200}
"""What the emulated device is set to where the user does not say; others 9600."""
MOST_WAIT_S = 0.05


class Link(Protocol):
    """The host's side of a server."""

    def read(self, within_s: float) -> bytes | None:
        """What the host sent, as soon as it sends; None when it has gone."""
        ...

    def write(self, data: bytes) -> None:
        """To the host."""
        ...

    def baud(self) -> int | None:
        """What the host has set, None where nobody can see it."""
        ...


@dataclass
class WireLog:
    """One line per byte string: seconds, who, the bytes as a Python literal."""

    to: TextIO | None
    began_ns: int
    _device: bytearray = field(default_factory=bytearray)
    _device_ns: int = 0

    def host(self, data: bytes, t_ns: int) -> None:
        """The host has said something."""
        self.flush()
        self._write(t_ns, "host", data)

    def device(self, data: bytes, t_ns: int, *, more: bool) -> None:
        """The device has; bytes that follow at once are put into one line."""
        self._device_ns = self._device_ns if self._device else t_ns
        self._device += data
        if not more:
            self.flush()

    def flush(self) -> None:
        """Write what the device has said."""
        if self._device:
            self._write(self._device_ns, "device", bytes(self._device))
            self._device.clear()

    def _write(self, t_ns: int, who: str, data: bytes) -> None:
        if self.to is not None:
            self.to.write(f"{(t_ns - self.began_ns) / NS:.6f} {who} {data!r}\n")
            self.to.flush()


def serve(link: Link, line: Line, log: WireLog, stop: threading.Event) -> None:
    """Carry bytes both ways, each at its time, until the host has gone or `stop` is set."""
    clock = SystemClock()
    while not stop.is_set():
        now_ns = clock.now_ns()
        data = line.read(999, now_ns)
        next_ns = line.next_ns()
        if data:
            follows = next_ns is not None and next_ns - now_ns < 3 * line.byte_ns
            log.device(data, now_ns, more=follows)
            link.write(data)
            continue
        wait_s = MOST_WAIT_S if next_ns is None else min(MOST_WAIT_S, (next_ns - now_ns) / NS)
        heard = link.read(max(wait_s, 0.0))
        if heard is None:
            break
        if heard:
            heard_ns = clock.now_ns()
            log.host(heard, heard_ns)
            if (baud := link.baud()) is not None:
                line.set_pace(baud, 1)
            line.write(heard, heard_ns)
    log.flush()


def serve_tcp(
    line: Callable[[], Line],
    host: str,
    port: int,
    log: WireLog,
    *,
    tell: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """One client after the other on a socket; `tell` is given the address for pyserial."""
    try:
        listener = socket.create_server((host, port))
    except OSError as why:
        raise Refused(f"emulate: cannot listen on {host}:{port}: {why}") from why
    with listener:
        bound_host, bound_port = listener.getsockname()[:2]
        tell(f"socket://{bound_host}:{bound_port}")
        listener.settimeout(MOST_WAIT_S)
        while not stop.is_set():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                with client, suppress(OSError):
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    serve(_Socket(client), line(), log, stop)


def serve_pty(
    line: Callable[[], Line],
    log: WireLog,
    *,
    tell: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """On a pseudo terminal; a host at another baud rate than the device's is misunderstood."""
    if sys.platform == "win32":
        raise Refused("Windows has no pseudo terminals; use --tcp")
    with ExitStack() as opened:
        terminal = _Terminal(opened)
        tell(terminal.name)
        with suppress(OSError):
            serve(terminal, line(), log, stop)


def emulate(
    dialect: str,
    *,
    tcp: str | None = None,
    pty: bool = False,
    log: Path | None = None,
    parameters: str = "",
    settings: Mapping[str, str] | None = None,
    out: TextIO | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a device until interrupted; the last word of the first line is its address.

    `tcp` is `HOST:PORT` or `PORT` (0: any free one); `parameters` is the query of a sim:// address,
    `settings` are the same one by one, and each must be known.
    """
    if (tcp is None) == (not pty):
        raise Refused("emulate: say where: --tcp 127.0.0.1:0 (any free port) or --pty, not both")
    given = _parameters(dialect, parameters, settings or {})
    try:
        baud = given.integer("device_baud", 0)
        line_to(given, baud=baud)
    except ValueError as why:
        raise Refused(str(why)) from why
    stream = out or sys.stdout

    def tell(address: str) -> None:
        stream.write(f"{dialect} at {baud} baud on {address}\n")
        stream.flush()

    def line() -> Line:
        return line_to(given, baud=baud)

    stop = stop or threading.Event()
    with ExitStack() as opened:
        file = opened.enter_context(log.open("w", encoding="utf-8")) if log else None
        wire_log = WireLog(file, SystemClock().now_ns())
        with suppress(KeyboardInterrupt):
            if pty:
                serve_pty(line, wire_log, tell=tell, stop=stop)
            else:
                host, port = _host_and_port(tcp or "")
                serve_tcp(line, host, port, wire_log, tell=tell, stop=stop)


def _parameters(dialect: str, query: str, settings: Mapping[str, str]) -> Parameters:
    for key in settings:
        known = settings_of(dialect)
        if key.partition(".")[0] not in known:
            raise Refused(f"emulate: {dialect} has no setting {key!r} {did_you_mean(key, known)}")
    try:
        given = Parameters.from_url(f"sim://{dialect}" + (f"?{query}" if query else ""))
    except ValueError as why:
        raise Refused(str(why)) from why
    usual = {"device_baud": str(DEFAULT_BAUD.get(dialect, 9600)), "sample": f"emulated {dialect}"}
    return Parameters(given.dialect, {**usual, **given.values, **settings})


def _host_and_port(tcp: str) -> tuple[str, int]:
    host, _, port = tcp.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise Refused(f"emulate: {tcp!r} is not HOST:PORT or PORT")
    return host or "127.0.0.1", int(port)


class _Socket:
    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def read(self, within_s: float) -> bytes | None:
        ready, _, _ = select.select([self._client], [], [], within_s)
        return (self._client.recv(4096) or None) if ready else b""

    def write(self, data: bytes) -> None:
        self._client.sendall(data)

    def baud(self) -> int | None:
        return None


if sys.platform != "win32":
    import termios
    import tty

    BAUD_OF_SPEED = {
        getattr(termios, name): int(name[1:])
        for name in dir(termios)
        if name[0] == "B" and name[1:].isdigit()
    }

    class _Terminal:
        def __init__(self, opened: ExitStack) -> None:
            # one slave end stays open: else the master fails when the host closes its own
            self._master, slave = os.openpty()
            opened.callback(os.close, self._master)
            opened.callback(os.close, slave)
            tty.setraw(slave)
            self.name = os.ttyname(slave)

        def read(self, within_s: float) -> bytes | None:
            ready, _, _ = select.select([self._master], [], [], within_s)
            return os.read(self._master, 4096) if ready else b""

        def write(self, data: bytes) -> None:
            os.write(self._master, data)

        def baud(self) -> int | None:
            return BAUD_OF_SPEED.get(termios.tcgetattr(self._master)[5])
