"""A line on which things go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from onset.simulated.faults import ANSWER_FAULTS, DEVICE_FAULTS, Faults
from onset.simulated.line import Emulator, Line, Reply

POWER_UP_NS = 300_000_000
"""A pump hears nothing while it starts up."""


@runtime_checkable
class Breakable(Protocol):
    """A device that can fail by itself."""

    def raise_alarm(self, alarm: str, t_ns: int) -> None:
        """A fault of the device, by the letter of its dialect."""
        ...

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back."""
        ...

    def touch(self, t_ns: int, until_ns: int) -> None:
        """Somebody is at its keypad or screen."""
        ...


class Vanished(OSError):
    """The cable was pulled."""


class FaultyLine(Line):
    """Like a line, but with faults."""

    def __init__(
        self, emulator: Emulator, faults: Faults, *, baud: int, stop_bits: float = 1
    ) -> None:
        super().__init__(emulator, baud=baud, stop_bits=stop_bits)
        self._faults = faults
        self._vanished = False
        self._dark_until_ns = 0
        self._next_answer: list[str] = []

    def write(self, data: bytes, t_ns: int) -> int:
        """Faults happen with the host's questions."""
        self._must_be_there()
        for kind in self._faults.at_question(t_ns):
            data = self._happens(kind, data, t_ns)
        return super().write(b"" if t_ns < self._dark_until_ns else data, t_ns)

    def waiting(self, t_ns: int) -> int:
        """How many bytes have arrived."""
        self._must_be_there()
        return super().waiting(t_ns)

    def _happens(self, kind: str, data: bytes, t_ns: int) -> bytes:
        if kind == "vanish":
            self._vanished = True
            self._must_be_there()
        if kind in ANSWER_FAULTS:
            self._next_answer.append(kind)
            return data
        if kind in DEVICE_FAULTS:
            self._break(kind, t_ns)
            return data
        return self._faults.garble(kind.removesuffix("-question"), data)

    def _break(self, kind: str, t_ns: int) -> None:
        device = self.emulator
        if not isinstance(device, Breakable):
            raise TypeError(f"{type(device).__name__} knows no fault {kind!r}")
        if kind == "alarm":
            device.raise_alarm("S", t_ns)
        elif kind == "keypad":
            device.touch(t_ns, t_ns + self._faults.keypad_ns)
        else:
            device.power_cycle(t_ns)
            self._dark_until_ns = t_ns + POWER_UP_NS

    def _speak(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            kinds, self._next_answer = self._next_answer, []
            said = [reply]
            for kind in kinds:
                said = [spoilt for one in said for spoilt in self._faults.spoil(kind, one)]
            super()._speak(said)

    def _must_be_there(self) -> None:
        if self._vanished:
            raise Vanished("device reports readiness to read but returned no data")
