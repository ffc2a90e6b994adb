"""Talking with a New Era pump so that every question gets its own answer, in Basic and Safe mode.

A question whose answer is lost or garbled is asked once more, behind a pause in which late answers
are thrown away. The first command after an alarm is not carried out, so it is sent again.
"""

from __future__ import annotations

import math
import re

from onset.dialects.new_era import ALARMS, BAUD_RATES, ERRORS, Mode, Reply, encode_command, packet
from onset.dialects.new_era_readers import ReplyReader
from onset.errors import DeviceFault, WireFault
from onset.hardware.port import REPLY_WITHIN_S, RETRY_WITHIN_S, Answer, Garbled, Port, Silent
from onset.hardware.semantic import PumpState

STATES: dict[str, PumpState] = {
    "I": "infusing",
    "W": "withdrawing",
    "S": "stopped",
    "P": "paused",
    "T": "waiting",
    "U": "waiting",
    "X": "purging",
}
HARMLESS_ALARMS = {"R", "T"}
"""While the pump rests: it was switched on, or nobody fed its watchdog."""
LONGEST_WATCHDOG_S = 255
PATIENCE_S = (REPLY_WITHIN_S, RETRY_WITHIN_S)
GREETING_S, ELSEWHERE_S = (0.8, 0.4), 0.12
"""A pump that is elsewhere is found and told within two seconds in all."""


class NewEraWire:
    """One address on one port, and the mode that the pump there is in."""

    def __init__(self, name: str, port: Port, address: int) -> None:
        self.name, self.port, self.address = name, port, address
        self.mode: Mode = "basic"
        self.alarm: str | None = None
        """The last alarm that was seen and matters."""

    def command(self, text: str, shape: str | None = None, *, may_refuse: bool = False) -> Reply:
        """Carried out for sure, or DeviceFault; `shape` is what its data must look like."""
        unknown = 0
        for _ in range(4):
            reply = self.exchange(text, shape).message
            if reply.alarm is not None:
                if reply.alarm not in HARMLESS_ALARMS:
                    self.alarm = reply.alarm
            elif reply.error == "" and unknown == 0:
                unknown += 1  # a flipped bit makes an unknown word
            elif reply.error is not None and not may_refuse:
                raise self.refused(text, reply)
            else:
                return reply
        raise self.alarmed(self.alarm or "R")

    def exchange(self, text: str, shape: str | None = None) -> Answer[Reply]:
        """Ask, and once more when the answer is lost or garbled; never for RUN or STP."""
        try:
            return self.once(text, shape)
        except (Silent, Garbled):
            return self.look(text, shape)

    def look(
        self, text: str = "", shape: str | None = None, *, within_s: float = RETRY_WITHIN_S
    ) -> Answer[Reply]:
        """Ask with a pause before and after it, in which late answers are thrown away."""
        self.port.settle()
        answer = self.once(text, shape, within_s=within_s)
        self.port.settle()
        return answer

    def once(
        self, text: str, shape: str | None = None, *, within_s: float = REPLY_WITHIN_S
    ) -> Answer[Reply]:
        """Ask once; Silent or Garbled when there is no proper answer."""
        answer = self.port.ask(self.as_bytes(text), ReplyReader(self.mode), within_s=within_s)
        reply = answer.message
        if reply.address != self.address:
            raise Garbled(f"pump {self.name}: pump {reply.address} answers for {self.address}")
        if reply.error == "COM":
            raise Garbled(f"pump {self.name}: {text} reached it with a wrong checksum")
        plain = reply.alarm is None and reply.error is None
        if plain and shape is not None and not re.fullmatch(shape, reply.data):
            raise Garbled(f"pump {self.name}: {reply.data!r} is no answer to {text}")
        return answer

    def enter_safe_mode(self, watchdog_s: float) -> bool:
        """Checksums both ways, and a watchdog; false if the pump does not know how."""
        seconds = min(LONGEST_WATCHDOG_S, max(1, math.ceil(watchdog_s)))
        try:
            self._switch(f"SAF{seconds}", "safe")
        except Garbled:
            self.port.settle()
            self.leave_safe_mode()
            return False
        return True

    def leave_safe_mode(self) -> None:
        """Back to Basic mode from any mode."""
        self._switch("SAF0", "basic")

    def greet(self) -> None:
        """The first words; one who does not answer them is looked for where it may be instead."""
        try:
            self._switch("SAF0", "basic", patience_s=GREETING_S)
        except Silent as silent:
            raise self._found_elsewhere() or silent from silent

    def _found_elsewhere(self) -> WireFault | None:
        """Another address, or another baud rate: asked in words that every address hears."""
        here, port = self.port.wire.baud, self.port
        for baud in (here, *(rate for rate in BAUD_RATES[:2] if rate != here)):
            with port.at_baud(baud):
                try:
                    reply = port.ask(b"*ADR\r", ReplyReader(), within_s=ELSEWHERE_S).message
                except (Silent, Garbled):
                    continue
            if baud != here:
                return WireFault(
                    f"{port.who}: no answer at {here} baud, but one at {baud}: "
                    "set the baud rate in the rig, or on the pump"
                )
            if reply.address != self.address:
                return WireFault(
                    f"{port.who}: no pump at address {self.address}, but one at address "
                    f"{reply.address}: set the address in the rig, or on the pump"
                )
        return None

    def as_bytes(self, text: str, mode: Mode | None = None) -> bytes:
        """The bytes of a command in this mode, or the one that the pump is in."""
        return encode_command(text, address=self.address, mode=mode or self.mode)

    def refused(self, text: str, reply: Reply) -> DeviceFault:
        """What to raise when the pump says no."""
        why = ERRORS[reply.error or ""]
        return DeviceFault(f"pump {self.name} ({STATES[reply.prompt]}) refused {text}: {why}")

    def alarmed(self, alarm: str) -> DeviceFault:
        """What to raise when the pump is in alarm."""
        return DeviceFault(f"pump {self.name} raised an alarm: {ALARMS[alarm]}")

    def _switch(
        self, text: str, mode: Mode, *, patience_s: tuple[float, float] = PATIENCE_S
    ) -> None:
        data = packet(f"{self.address or ''}{text}".encode())
        first_s, again_s = patience_s
        try:
            reply = self.port.ask(data, ReplyReader(mode), within_s=first_s).message
        except (Silent, Garbled):
            self.port.settle()
            reply = self.port.ask(data, ReplyReader(mode), within_s=again_s).message
            self.port.settle()
        if reply.error is not None:
            raise Garbled(f"pump {self.name} refused {text}: {ERRORS[reply.error]}")
        self.mode = mode
        if reply.alarm is not None and reply.alarm not in HARMLESS_ALARMS:
            self.alarm = reply.alarm


def close_quietly(wire: NewEraWire) -> None:
    """Basic mode, so that the next user's program is understood; then the port."""
    try:
        if wire.mode == "safe":
            wire.leave_safe_mode()
    except WireFault:
        return  # a dead wire cannot be disarmed; the watchdog stops the pump
    finally:
        wire.port.close()
