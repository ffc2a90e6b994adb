"""A Thorlabs SC10 shutter: asked where it is, toggled if need be, and asked again.

`ens` toggles, so it is never sent twice: when its answer is lost, the state is asked anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from onset.dialects.reading import BadBytes, NeedMore
from onset.dialects.thorlabs_sc10 import (
    MANUAL,
    Ask,
    Do,
    Reply,
    ReplyReader,
    Set,
    encode_command,
    text_of,
)
from onset.errors import DeviceFault, OnsetError, WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import ShutterSpec
from onset.hardware.patience import Patience, bounded
from onset.hardware.port import RETRY_WITHIN_S, Answer, Garbled, Port, Silent
from onset.hardware.semantic import OnBytes, Sent, ShutterState

REPLY_WITHIN_S = 0.5
MOST_TRIES = 3
CONFIRM_WITHIN_NS = 500_000_000


class EchoReader:
    """Replies to one command only, known by its echo; others are late and passed over."""

    def __init__(self, echo: str) -> None:
        self._echo, self._reader = echo, ReplyReader()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._reader.feed(data)

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._reader.clear()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply that echoes the command."""
        found = self._reader.next()
        if isinstance(found, Reply) and found.echo != self._echo:
            return BadBytes(found.echo.encode(), "the echo of another command")
        return found


@dataclass(frozen=True, slots=True)
class Toggled:
    """One `ens` whose answer came; or none was needed, or its answer was lost."""

    asked_ns: int
    sent_ns: int
    replied_ns: int
    over_ns: int
    """The answer was complete: the blade had been told."""


class SC10Shutter:
    """Enable key pressed over the wire; the blade's own sensor confirms."""

    confirmed = True

    def __init__(self, port: Port, clock: Clock, *, opening_ms: float) -> None:
        self._port, self._clock = port, clock
        self._opening_ns = round(opening_ms * 1e6)
        self._state: ShutterState = "unknown"
        self._is_manual = False
        self._identity = " ".join(self._ask("id").values)

    @property
    def patience(self) -> Patience:
        """What is left of it."""
        return self._port.patience

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._port.round_trip_ns

    def identify(self) -> str:
        """Model and firmware as it says it."""
        return self._identity

    @property
    def state(self) -> ShutterState:
        """Where the sensor saw it after the last command."""
        return self._state

    @bounded
    def open(self) -> Sent:
        """Let light through."""
        return self._bring(is_open=True)

    @bounded
    def close(self) -> Sent:
        """Block the light."""
        return self._bring(is_open=False)

    @bounded
    def make_safe(self) -> None:
        """Close; again when what came back made no sense."""
        for _ in range(MOST_TRIES - 1):
            try:
                self.close()
                return
            except (Garbled, DeviceFault):
                self._port.settle()
        self.close()

    def shout(self) -> bool:
        """`ens` toggles: only where it was surely seen open does it surely close."""
        return self._state == "open" and self._port.shout(encode_command(Do("ens")))

    def close_port(self) -> None:
        """Give the port back."""
        self._port.close()

    def _be_manual(self) -> None:
        """In other modes `ens` only arms. Disarmed first, then the mode."""
        if self._is_manual:
            return
        if self._value("mode") != MANUAL:
            if self._value("ens"):
                self._toggle()
            self._exchange(Set("mode", MANUAL))
            if self._value("mode") != MANUAL:
                raise DeviceFault("shutter: the SC10 does not take manual mode")
        self._is_manual = True

    def _bring(self, *, is_open: bool) -> Sent:
        self._be_manual()
        self._state = "unknown"
        first: Toggled | None = None
        for _ in range(MOST_TRIES):
            looked = self._exchange(Ask("ens"))
            if bool(_number(looked.message)) == is_open:
                break
            toggled = self._toggle()
            first = first or toggled
        else:
            raise self._stuck(is_open=is_open)
        return self._confirmed(first, looked, is_open=is_open)

    def _toggle(self) -> Toggled:
        asked_ns = self._clock.now_ns()
        command = Do("ens")
        try:
            answer = self._once(command, REPLY_WITHIN_S)
        except (Silent, Garbled):
            self._port.settle()
            now_ns = self._clock.now_ns()
            return Toggled(asked_ns, asked_ns, now_ns, now_ns)
        if answer.message.error is not None:
            raise DeviceFault(f"shutter: the SC10 refused ens: {answer.message.error}")
        return Toggled(answer.asked_ns, answer.sent_ns, answer.replied_ns, self._clock.now_ns())

    def _confirmed(self, done: Toggled | None, looked: Answer[Reply], *, is_open: bool) -> Sent:
        wanted = 0 if is_open else 1
        give_up_ns = self._clock.now_ns() + self._opening_ns + CONFIRM_WITHIN_NS
        while (seen := self._exchange(Ask("closed"))) and _number(seen.message) != wanted:
            if self._clock.now_ns() > give_up_ns:
                raise self._stuck(is_open=is_open)
        seen_ns = self._clock.now_ns() - self._port.wire_ns(b"0\r> ")
        self._state = "open" if is_open else "closed"
        if done is None:  # it was there before it was asked
            done = Toggled(looked.asked_ns, looked.sent_ns, looked.replied_ns, looked.replied_ns)
        # The sensor sees that it is closed, not that it is fully open.
        moved_ns = done.over_ns + self._opening_ns
        return Sent(
            asked_ns=done.asked_ns,
            sent_ns=done.sent_ns,
            replied_ns=done.replied_ns,
            confirmed_ns=seen_ns,
            earliest_ns=done.asked_ns + self._port.wire_ns(b"ens\r"),
            latest_ns=moved_ns if is_open else min(moved_ns, seen_ns),
        )

    def _stuck(self, *, is_open: bool) -> DeviceFault:
        verb = "open" if is_open else "close"
        if self._value("interlock"):
            return DeviceFault(f"shutter: it does not {verb}: its interlock has tripped")
        return DeviceFault(f"shutter: it was told to {verb} and does not; block the beam by hand")

    def _value(self, word: str) -> int:
        return _number(self._ask(word))

    def _ask(self, word: str) -> Reply:
        return self._exchange(Ask(word)).message

    def _exchange(self, command: Ask | Set) -> Answer[Reply]:
        """Ask, and once more when the answer is lost (the first after opening a port often is)."""
        try:
            return self._valid(command, self._once(command, REPLY_WITHIN_S))
        except (Silent, Garbled):
            self._port.settle()
            return self._valid(command, self._once(command, RETRY_WITHIN_S))

    def _once(self, command: Ask | Set | Do, within_s: float) -> Answer[Reply]:
        reader = EchoReader(text_of(command))
        return self._port.ask(encode_command(command), reader, within_s=within_s)

    def _valid(self, command: Ask | Set, answer: Answer[Reply]) -> Answer[Reply]:
        reply = answer.message
        if reply.error is not None:
            raise DeviceFault(f"shutter: the SC10 refused {reply.echo}: {reply.error}")
        if isinstance(command, Ask) and not reply.values:
            raise Garbled(f"shutter: the SC10 gave no answer to {reply.echo}")
        return answer


def _number(reply: Reply) -> int:
    if reply.values[0] not in set("012345"):
        raise Garbled(f"shutter: {reply.values[0]!r} is no answer to {reply.echo}")
    return int(reply.values[0])


def open_sc10(spec: ShutterSpec, clock: Clock, on_bytes: OnBytes) -> SC10Shutter:
    """Open the port and ask who it is; the port is given back when that fails."""
    if spec.port is None:
        raise WireFault("shutter: no port is named in the rig")
    port = Port(spec.port, who="shutter", baud=spec.baud, clock=clock, on_bytes=on_bytes)
    try:
        return SC10Shutter(port, clock, opening_ms=spec.opening_ms)
    except OnsetError:
        port.close()
        raise
