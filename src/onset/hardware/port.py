"""A serial port: bytes out, a message back in finite time, or one sentence on what is wrong.

Devices that are chained on one wire have a port each; they take turns, exchange by exchange.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import serial
from serial.tools import list_ports

from onset.dialects.reading import NEED_MORE, BadBytes, Reader
from onset.errors import WireFault
from onset.experiment.clock import NS, Clock
from onset.hardware.patience import BOUND_S, Patience
from onset.hardware.semantic import OnBytes

Message = TypeVar("Message")

SIMULATED_PORTS = "onset.simulated.ports"
"""pyserial loads this package by name for sim:// addresses."""
if SIMULATED_PORTS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(SIMULATED_PORTS)

if sys.platform == "win32":
    LOST: tuple[type[Exception], ...] = (OSError, TypeError)
else:
    import termios

    LOST = (OSError, TypeError, termios.error)
"""What pyserial lets through when a port goes away under it."""

REPLY_WITHIN_S = 1.0
RETRY_WITHIN_S = 0.6
QUIET_S = 0.1
PROMPT_S = 0.05
"""An answer that comes later than this was waited for in vain so long."""
MOST_BYTES = 1024
"""Whoever says more than this without a message babbles."""


class Silent(WireFault):
    """Nothing came."""


class Garbled(WireFault):
    """What came is no message of the dialect."""


class Gone(WireFault):
    """The port itself has gone."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Message]):
    """A message and the times of its exchange, ns of the clock."""

    message: Message
    asked_ns: int
    sent_ns: int
    replied_ns: int
    """First byte of the reply."""


@dataclass(frozen=True, slots=True)
class Written:
    """The times of bytes that nobody answers."""

    asked_ns: int
    sent_ns: int


class Wire:
    """What the ports of one wire share: the line itself, and whose turn it is."""

    def __init__(self, line: serial.Serial, baud: int) -> None:
        self.line, self.baud = line, baud
        self.turn = threading.RLock()
        self._users = 0

    def enter(self) -> Wire:
        """One more port uses it."""
        with self.turn:
            self._users += 1
        return self

    def leave(self) -> None:
        """One fewer does; the last one closes it."""
        with self.turn:
            self._users -= 1
            if self._users == 0:
                self.line.close()

    @property
    def is_open(self) -> bool:
        """Does anybody use it?"""
        return self._users > 0


class Port:
    """A device's end of a wire; one thread may use it. All that passes is told to `on_bytes`."""

    def __init__(
        self,
        address: str,
        *,
        who: str,
        baud: int,
        clock: Clock,
        on_bytes: OnBytes,
        stop_bits: float = 1,
        wire: Wire | None = None,
    ) -> None:
        self.who = f"{who} on {address.partition('?')[0]} ({baud} baud)"
        self.byte_ns = round((9 + stop_bits) * NS / baud)
        self._clock, self._on_bytes = clock, on_bytes
        self._round_trips: deque[int] = deque(maxlen=101)
        self.patience = Patience(clock.speed)
        self.wire = (wire or Wire(self._opened(address, baud, stop_bits), baud)).enter()
        self._serial, self._turn = self.wire.line, self.wire.turn
        self._is_open = True
        self._ask_for_low_latency()

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from the first byte asked to the first byte answered."""
        return round(statistics.median(self._round_trips)) if self._round_trips else None

    def wire_ns(self, data: bytes) -> int:
        """How long these bytes need on the wire."""
        return len(data) * self.byte_ns

    def write(self, data: bytes) -> Written:
        """Give bytes to the port and wait until it has taken them."""
        with self._turn:
            asked_ns = self._clock.now_ns()
            self._on_bytes("host", data, asked_ns)
            try:
                self._serial.write(data)
                self._serial.flush()
            except LOST as why:
                raise self._gone(why) from why
            return Written(asked_ns, self._clock.now_ns())

    def shout(self, data: bytes) -> bool:
        """Give bytes to the port from any thread, and see to nothing else; false if it has gone."""
        self._on_bytes("host", data, self._clock.now_ns())
        try:
            self._serial.write(data)
        except (*LOST, serial.SerialException):
            return False
        return True

    def ask(
        self, data: bytes, reader: Reader[Message], *, within_s: float = REPLY_WITHIN_S
    ) -> Answer[Message]:
        """Write, then read one message; bytes left over from before are thrown away first."""
        within_s = min(within_s, self.patience.left_s)
        if within_s <= 0:
            raise self._silent(BOUND_S)
        with self._turn:
            self.discard()
            written = self.write(data)
            message, replied_ns = self.listen(reader, within_s=within_s)
        late_s = (replied_ns - written.sent_ns - self.wire_ns(data)) / NS - PROMPT_S
        self.patience.spend(max(0.0, late_s))
        self._round_trips.append(replied_ns - written.asked_ns)
        return Answer(message, written.asked_ns, written.sent_ns, replied_ns)

    def listen(self, reader: Reader[Message], *, within_s: float) -> tuple[Message, int]:
        """One message and the time of its first byte; noise before it is passed over."""
        began_ns = self._clock.now_ns()
        deadline_ns = began_ns + round(within_s * NS)
        heard, heard_ns, first_ns = bytearray(), 0, 0
        bad: BadBytes | None = None
        try:
            while True:
                left_s = (deadline_ns - self._clock.now_ns()) / NS
                chunk = self._read(min(left_s, QUIET_S) if bad else left_s)
                if not chunk or len(heard) > MOST_BYTES:
                    self._waited_in_vain(began_ns, within_s)
                    raise self._no_message(bytes(heard), bad, within_s)
                now_ns = self._clock.now_ns()
                heard_ns, first_ns = heard_ns or now_ns, first_ns or now_ns
                heard += chunk
                reader.feed(chunk)
                while (outcome := reader.next()) is not NEED_MORE:
                    if not isinstance(outcome, BadBytes):
                        assert not isinstance(outcome, type(NEED_MORE))
                        return outcome, first_ns
                    bad, first_ns = outcome, now_ns
        finally:
            if heard:
                self._on_bytes("device", bytes(heard), heard_ns)

    def discard(self) -> bytes:
        """Throw away what has come unasked; it is told all the same."""
        try:
            waiting = self._serial.in_waiting
            data = self._serial.read(waiting) if waiting else b""
        except LOST as why:
            raise self._gone(why) from why
        if data:
            self._on_bytes("device", data, self._clock.now_ns())
        return data

    def settle(self, *, quiet_s: float = QUIET_S, at_most_s: float = 0.3) -> None:
        """Throw away what comes until nothing has come for a while."""
        began_ns = self._clock.now_ns()
        at_most_s = min(at_most_s, max(self.patience.left_s, 0.0))
        until_ns = began_ns + round(at_most_s * NS)
        while (left_ns := until_ns - self._clock.now_ns()) > 0:
            with self._turn:
                data = self._read(min(quiet_s, left_ns / NS))
            if not data:
                break
            self._on_bytes("device", data, self._clock.now_ns())
        self._waited_in_vain(began_ns, at_most_s)

    @contextmanager
    def at_baud(self, baud: int) -> Iterator[None]:
        """Speak at another rate meanwhile."""
        with self._turn:
            try:
                self._serial.baudrate = baud
                yield
            except LOST as why:
                raise self._gone(why) from why
            finally:
                self._serial.baudrate = self.wire.baud

    def close(self) -> None:
        """Give the port back."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self.wire.leave()
        except OSError:
            return  # a port that has gone is closed

    def _read(self, within_s: float) -> bytes:
        try:
            self._serial.timeout = max(within_s, 0.0)
            data = self._serial.read(1)
            waiting = self._serial.in_waiting if data else 0
            return data + self._serial.read(waiting) if waiting else data
        except LOST as why:
            raise self._gone(why) from why

    def _waited_in_vain(self, since_ns: int, within_s: float) -> None:
        """Not more than was meant to be: what a busy machine adds is nobody's patience."""
        self.patience.spend(min(within_s, (self._clock.now_ns() - since_ns) / NS))

    def _opened(self, address: str, baud: int, stop_bits: float) -> serial.Serial:
        try:
            port = serial.serial_for_url(
                address,
                baudrate=baud,
                stopbits=stop_bits,
                timeout=REPLY_WITHIN_S,
                write_timeout=REPLY_WITHIN_S,
                exclusive=True,
            )
        except (OSError, ValueError) as why:
            cause = os.strerror(why.errno) if isinstance(why, OSError) and why.errno else why
            raise WireFault(f"{self.who}: cannot be opened: {cause}{_ports_here(address)}") from why
        return port

    def _ask_for_low_latency(self) -> None:
        try:
            self._serial.set_low_latency_mode(True)
        except (AttributeError, NotImplementedError, OSError, ValueError):
            return  # pseudo terminals, sockets and most adapters have no such setting

    def _no_message(self, heard: bytes, bad: BadBytes | None, within_s: float) -> WireFault:
        if len(heard) > MOST_BYTES:
            return Garbled(
                f"{self.who}: it talks without end and nothing of it is an answer "
                f"({heard[:16]!r}...); is this the right port?"
            )
        if heard:
            why = f" ({bad.why})" if bad else " (cut short)"
            return Garbled(
                f"{self.who}: the answer {heard[:40]!r} is not of this dialect{why}; "
                "check dialect and baud rate in the rig"
            )
        return self._silent(within_s)

    def _silent(self, within_s: float) -> Silent:
        return Silent(
            f"{self.who}: no answer within {within_s:.2g} s; is it switched on, is the cable in, "
            "are baud rate and address as set on the device, and is nobody at its keypad?"
        )

    def _gone(self, why: Exception) -> Gone:
        return Gone(f"{self.who}: the port has gone ({why}); was the cable pulled?")


class Ports:
    """Ports by their address: who names the same one shares its wire."""

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}

    def open(self, address: str, *, who: str, baud: int, clock: Clock, on_bytes: OnBytes) -> Port:
        """A port of its own on a wire that may be there already."""
        wire = self._wires.get(address)
        shared = wire if wire is not None and wire.is_open else None
        port = Port(address, who=who, baud=baud, clock=clock, on_bytes=on_bytes, wire=shared)
        self._wires[address] = port.wire
        return port


def _ports_here(address: str) -> str:
    if "://" in address:
        return ""
    here = [port.device for port in list_ports.comports()]
    return f"; ports here: {', '.join(here) or 'none'}"
