"""A serial line between a host and an emulated device, as a pure function of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from onset.experiment.clock import NS


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes that a device begins to send at `at_ns`."""

    at_ns: int
    data: bytes


class Emulator(Protocol):
    """The device's end of a wire. It has no thread: every call says what time it is.

    Times never run backwards from call to call, but they may lie ahead of the clock: the line hands
    over a byte when it is written, with the time at which its last bit will arrive.
    """

    @property
    def baud(self) -> int | None:
        """What the device is set to; None: whatever the host uses."""
        ...

    def receive(self, byte: bytes, t_ns: int) -> Sequence[Reply]:
        """One byte has arrived; what is answered to it, if anything."""
        ...

    def advance(self, t_ns: int) -> Sequence[Reply]:
        """What the device says unasked up to `t_ns`."""
        ...

    def next_ns(self) -> int | None:
        """When the device will next say something unasked, as far as it knows."""
        ...


class Line:
    """Paces bytes by the baud rate both ways; keeps what was sent until its time has come."""

    def __init__(self, emulator: Emulator, *, baud: int, stop_bits: float = 1) -> None:
        self.emulator = emulator
        self.set_pace(baud, stop_bits)
        self._host_free_ns = self._device_free_ns = 0
        self._coming: deque[tuple[int, int]] = deque()

    def set_pace(self, baud: int, stop_bits: float) -> None:
        """The host changes its settings; eight data bits, no parity."""
        self.baud = baud
        self.byte_ns = round((9 + stop_bits) * NS / baud)

    def write(self, data: bytes, t_ns: int) -> int:
        """The host gives `data` to the port at `t_ns`; returns when the last bit will have left."""
        self._speak(self.emulator.advance(t_ns))
        for byte in self._as_heard(data, self.baud, self.emulator.baud):
            self._host_free_ns = max(self._host_free_ns, t_ns) + self.byte_ns
            self._speak(self.emulator.receive(bytes([byte]), self._host_free_ns))
        return self._host_free_ns

    def waiting(self, t_ns: int) -> int:
        """How many bytes have arrived at the host by `t_ns` and were not read."""
        self._speak(self.emulator.advance(t_ns))
        return sum(1 for at_ns, _ in self._coming if at_ns <= t_ns)

    def read(self, size: int, t_ns: int) -> bytes:
        """Take up to `size` bytes that have arrived at the host by `t_ns`."""
        out = bytearray()
        for _ in range(min(size, self.waiting(t_ns))):
            out.append(self._coming.popleft()[1])
        return bytes(out)

    def next_ns(self) -> int | None:
        """When the next unread byte arrives at the host, as far as is known."""
        if self._coming:
            return self._coming[0][0]
        return self.emulator.next_ns()

    def _speak(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            for byte in self._as_heard(reply.data, self.emulator.baud, self.baud):
                self._device_free_ns = max(self._device_free_ns, reply.at_ns) + self.byte_ns
                self._coming.append((self._device_free_ns, byte))

    @staticmethod
    def _as_heard(data: bytes, sender_baud: int | None, receiver_baud: int | None) -> bytes:
        if None in (sender_baud, receiver_baud) or sender_baud == receiver_baud:
            return data
        assert sender_baud is not None
        assert receiver_baud is not None
        return misheard(data, sender_baud, receiver_baud)


def misheard(data: bytes, sender_baud: int, receiver_baud: int) -> bytes:
    """What a receiver at the wrong baud rate makes of `data` (8N1, bytes back to back).

    The receiver samples the middle of its own bits after each falling edge; bytes without a valid
    stop bit are handed on too, as UARTs do.
    """
    bits = [1] * 10
    for byte in data:
        bits += [0, *(byte >> place & 1 for place in range(8)), 1]
    bits += [1] * 20
    per_bit = sender_baud / receiver_baud

    def level(t: float) -> int:
        return bits[min(int(t), len(bits) - 1)]

    heard, t = bytearray(), 0.0
    while t < len(bits):
        if level(t):
            t = float(int(t) + 1)
            continue
        heard.append(sum(level(t + (place + 1.5) * per_bit) << place for place in range(8)))
        t += 9.5 * per_bit
        while t < len(bits) and not level(t):
            t = float(int(t) + 1)
    return bytes(heard)
