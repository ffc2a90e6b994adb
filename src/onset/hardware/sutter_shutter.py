"""A Sutter Lambda shutter: the byte is echoed at once, CR says that the blade has arrived.

Open and close are absolute, so they may be sent again when an answer is lost.
"""

from __future__ import annotations

from onset.dialects.reading import BadBytes, NeedMore
from onset.dialects.sutter_lambda import (
    Action,
    Answer,
    AnswerReader,
    Command,
    StatusReply,
    encode_command,
)
from onset.errors import DeviceFault, OnsetError, WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import ShutterSpec
from onset.hardware import port as ports
from onset.hardware.patience import Patience, bounded
from onset.hardware.port import RETRY_WITHIN_S, Garbled, Port, Silent
from onset.hardware.semantic import OnBytes, Sent, ShutterState

REPLY_WITHIN_S = 0.7
MOST_TRIES = 3


class ReaderOf:
    """Answers to one command only, its echo inverted or not; others are passed over."""

    def __init__(self, command: Command) -> None:
        self._command, self._reader = command, AnswerReader()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._reader.feed(data)

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._reader.clear()

    def next(self) -> Answer | NeedMore | BadBytes:
        """The next answer to the command."""
        found = self._reader.next()
        if isinstance(found, NeedMore | BadBytes) or found.answers(self._command):
            return found
        return BadBytes(b"", "the answer to another command")


class SutterShutter:
    """Shutter A. Its controller says where it is; a blade that is stuck it does not see."""

    confirmed = True

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port, self._clock = port, clock
        self._state: ShutterState = "unknown"
        self._exchange("on-line")

    @property
    def patience(self) -> Patience:
        """What is left of it."""
        return self._port.patience

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from byte to echo."""
        return self._port.round_trip_ns

    @bounded
    def identify(self) -> str:
        """Its status: the older controllers do not say their name."""
        status = self._exchange("status").message
        mode = status.mode if isinstance(status, StatusReply) else "of unknown mode"
        return f"Sutter Lambda, {mode}"

    @property
    def state(self) -> ShutterState:
        """Where the controller said that it arrived."""
        return self._state

    @bounded
    def open(self) -> Sent:
        """Let light through."""
        return self._move("open", "open")

    @bounded
    def close(self) -> Sent:
        """Block the light."""
        return self._move("close", "closed")

    @bounded
    def make_safe(self) -> None:
        """Close, and ask whether it is; again when what came back made no sense."""
        for _ in range(MOST_TRIES - 1):
            try:
                self._close_for_sure()
                return
            except (Garbled, DeviceFault):
                self._port.settle()
        self._close_for_sure()

    def shout(self) -> bool:
        """Close it, and wait for no answer."""
        return self._port.shout(encode_command(Command("close")))

    def close_port(self) -> None:
        """Give the port back."""
        self._port.close()

    def _close_for_sure(self) -> None:
        self.close()
        status = self._exchange("status").message
        if not isinstance(status, StatusReply) or status.state != "closed":
            self._state = "unknown"
            raise DeviceFault("shutter: it was told to close and is not; block the beam by hand")

    def _move(self, action: Action, then: ShutterState) -> Sent:
        self._state = "unknown"
        asked_ns = self._clock.now_ns()
        answer = self._exchange(action)
        arrived_ns = self._clock.now_ns()
        self._state = then
        return Sent(
            asked_ns=asked_ns,
            sent_ns=answer.sent_ns,
            replied_ns=answer.replied_ns,
            confirmed_ns=arrived_ns,
            earliest_ns=asked_ns + self._port.byte_ns,
            latest_ns=arrived_ns - self._port.byte_ns,
        )

    def _exchange(self, action: Action) -> ports.Answer[Answer]:
        try:
            return self._once(action, REPLY_WITHIN_S)
        except (Silent, Garbled):
            self._port.settle()
            answer = self._once(action, RETRY_WITHIN_S)
            self._port.settle()  # the first answer may come late, behind the second
            return answer

    def _once(self, action: Action, within_s: float) -> ports.Answer[Answer]:
        command = Command(action)
        return self._port.ask(encode_command(command), ReaderOf(command), within_s=within_s)


def open_sutter(spec: ShutterSpec, clock: Clock, on_bytes: OnBytes) -> SutterShutter:
    """Open the port and go on-line; the blade is not moved."""
    if spec.port is None:
        raise WireFault("shutter: no port is named in the rig")
    port = Port(spec.port, who="shutter", baud=spec.baud, clock=clock, on_bytes=on_bytes)
    try:
        return SutterShutter(port, clock)
    except OnsetError:
        port.close()
        raise
