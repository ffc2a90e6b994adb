"""A Sutter Lambda SC: every byte is echoed at once, CR follows when the blade has arrived."""

from __future__ import annotations

from typing import Literal

from onset.dialects.reading import NEED_MORE
from onset.dialects.sutter_lambda import (
    BAUD_RATES,
    CODES,
    CR,
    INVERSE,
    ONE,
    Action,
    Command,
    CommandReader,
    ShutterMode,
    StatusReply,
    encode_answer,
)
from onset.simulated.line import Reply
from onset.simulated.parameters import Parameters
from onset.simulated.world import LightHistory, World

_MODES: dict[Action, ShutterMode] = {
    "fast": "fast",
    "soft": "soft",
    "neutral-density": "neutral-density",
}


class SutterLambda:
    """Shutter A; quirks that were seen can be switched on."""

    def __init__(
        self,
        light: LightHistory,
        *,
        opening_ms: float = 8.0,
        closing_ms: float = 8.0,
        inverts_echo: bool = False,
        sends_one: bool = False,
        type_name: str = "SC",
        baud: int | None = BAUD_RATES[0],
    ) -> None:
        self.baud = baud
        self._light = light
        self._opening_ns, self._closing_ns = round(opening_ms * 1e6), round(closing_ms * 1e6)
        self._inverts_echo, self._sends_one = inverts_echo, sends_one
        self._type_name = type_name
        self._state: Literal["open", "closed"] = "closed"
        self._mode: ShutterMode = "fast"
        self._level: int | None = None
        self._reader = CommandReader()
        light.fit_shutter()

    @classmethod
    def from_parameters(cls, given: Parameters, world: World) -> SutterLambda:
        """`opening_ms`, `closing_ms`, `inverts_echo`, `sends_one`, `type`, `device_baud`.

        An empty `type` is an old 10-2, which does not answer to 253.
        """
        opening_ms = given.number("opening_ms", 8.0)
        return cls(
            world.light,
            opening_ms=opening_ms,
            closing_ms=given.number("closing_ms", opening_ms),
            inverts_echo=bool(given.integer("inverts_echo", 0)),
            sends_one=bool(given.integer("sends_one", 0)),
            type_name=given.text("type", "SC"),
            baud=given.integer("device_baud", BAUD_RATES[0]),
        )

    def receive(self, byte: bytes, t_ns: int) -> list[Reply]:
        """Echo; answer when the command is complete and done."""
        self._reader.feed(byte)
        heard = self._reader.next()
        if isinstance(heard, Command):
            return self._obey(heard, t_ns)
        while self._reader.next() is not NEED_MORE:
            continue
        return [Reply(t_ns, byte)]

    def advance(self, t_ns: int) -> list[Reply]:  # noqa: ARG002
        """It never speaks unasked."""
        return []

    def next_ns(self) -> None:
        """It never speaks unasked."""

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back: closed."""
        self._reader.clear()
        self._close(t_ns)

    def _obey(self, command: Command, t_ns: int) -> list[Reply]:
        match command.action:
            case "status":
                status = StatusReply(self._state, self._mode, self._level)
                return [Reply(t_ns, encode_answer(status))]
            case "type":
                text = self._type_name.encode("ascii")
                return [Reply(t_ns, bytes([CODES["type"], *text, CR]))] if text else []
            case "open" | "open-conditional":
                return self._moved(command, t_ns, self._open(t_ns))
            case "close" | "reset":
                return self._moved(command, t_ns, self._close(t_ns))
            case "fast" | "soft" | "neutral-density":
                self._mode, self._level = _MODES[command.action], command.level
        return self._moved(command, t_ns, t_ns)

    def _open(self, t_ns: int) -> int:
        self._state = "open"
        self._light.open(t_ns + self._opening_ns)
        return t_ns + self._opening_ns

    def _close(self, t_ns: int) -> int:
        self._state = "closed"
        self._light.close(t_ns + self._closing_ns)
        return t_ns + self._closing_ns

    def _moved(self, command: Command, t_ns: int, done_ns: int) -> list[Reply]:
        last = CODES[command.action] if command.level is None else command.level
        if self._inverts_echo and command.action in INVERSE:
            last = CODES[INVERSE[command.action]]
        ending = bytes([ONE, CR] if self._sends_one else [CR])
        return [Reply(t_ns, bytes([last])), Reply(done_ns, ending)]
