"""`sim://` ports of pyserial: an emulated device behind a line, on the installed clock."""

from __future__ import annotations

import threading
from typing import Any

from serial.serialutil import PortNotOpenError, SerialBase, SerialException

from onset.experiment.clock import NS, installed
from onset.simulated.devices import line_to
from onset.simulated.line import Line
from onset.simulated.parameters import Parameters


class Serial(SerialBase):
    """All waiting is done in experiment time: a slow or scaled clock causes no time-out."""

    BAUDRATES = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 128000)
    _POLL_S = 0.05

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._sent_by_ns = 0
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Find the device that the address names."""
        if self.is_open:
            raise SerialException("port is already open")
        try:
            parameters = Parameters.from_url(str(self.port))
            self._line = line_to(parameters, baud=self.baudrate, stop_bits=self.stopbits)
        except ValueError as why:
            raise SerialException(str(why)) from why
        self.is_open = True

    def close(self) -> None:
        """Leave the device as it is."""
        self.is_open = False
        self._line = None

    @property
    def in_waiting(self) -> int:
        """Bytes that have arrived and were not read."""
        with self._lock:
            return self._opened().waiting(installed().now_ns())

    def read(self, size: int = 1, /) -> bytes:
        """Wait for `size` bytes or the time-out, whichever is first."""
        clock = installed()
        deadline_ns = None if self.timeout is None else clock.now_ns() + round(self.timeout * NS)
        out = bytearray()
        while True:
            now_ns = clock.now_ns()
            until_ns = now_ns if deadline_ns is None else min(now_ns, deadline_ns)
            with self._lock:
                out += self._opened().read(size - len(out), until_ns)
                next_ns = self._opened().next_ns()
            if len(out) >= size or (deadline_ns is not None and now_ns >= deadline_ns):
                return bytes(out)
            wakes = [t for t in (next_ns, deadline_ns) if t is not None]
            poll_ns = now_ns + round(self._POLL_S * clock.speed * NS)
            clock.wait_until(min([*wakes, poll_ns]) if deadline_ns is None else min(wakes))

    def write(self, data: Any, /) -> int:
        """Give bytes to the line; they leave at its pace."""
        payload = bytes(data)
        with self._lock:
            self._sent_by_ns = self._opened().write(payload, installed().now_ns())
        return len(payload)

    def flush(self) -> None:
        """Wait until the last byte has left."""
        self._opened()
        installed().wait_until(self._sent_by_ns)

    def reset_input_buffer(self) -> None:
        """Throw away what has arrived."""
        with self._lock:
            line, now_ns = self._opened(), installed().now_ns()
            line.read(line.waiting(now_ns), now_ns)

    def reset_output_buffer(self) -> None:
        """Nothing waits on this side."""
        self._opened()

    def _reconfigure_port(self) -> None:
        if self._line is not None:
            self._line.set_pace(self.baudrate, self.stopbits)

    def _opened(self) -> Line:
        if self._line is None:
            raise PortNotOpenError()
        return self._line
