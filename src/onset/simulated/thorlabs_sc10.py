"""A Thorlabs SC10: every byte is echoed, `ens` toggles, the blade needs some ms."""

from __future__ import annotations

from onset.dialects.reading import NEED_MORE
from onset.dialects.thorlabs_sc10 import (
    AUTO,
    BAUD_RATES,
    MANUAL,
    PROMPT,
    REPEAT,
    SINGLE,
    Ask,
    CommandReader,
    Do,
    Refusal,
    Set,
)
from onset.experiment.clock import NS
from onset.simulated.line import Reply
from onset.simulated.parameters import Parameters
from onset.simulated.world import LightHistory, World

FACTORY = {"mode": MANUAL, "trig": 0, "xto": 0, "open": 1000, "shut": 1000, "rep": 1, "baud": 0}
IDENTITY = "THORLABS SC10 VERSION 1.07"
MOST_CYCLES = 200
"""Auto mode is planned ahead for so many."""


class ThorlabsSC10:
    """Its blade follows from the last toggle, the mode and the time."""

    def __init__(
        self,
        light: LightHistory,
        *,
        opening_ms: float = 8.0,
        closing_ms: float = 8.0,
        answer_ms: float = 1.0,
        mode: int = MANUAL,
        interlock: bool = False,
        baud: int | None = None,
    ) -> None:
        self.baud = baud
        self.interlock = interlock
        self._light = light
        self._opening_ns, self._closing_ns = round(opening_ms * 1e6), round(closing_ms * 1e6)
        self._answer_ns = round(answer_ms * 1e6)
        self._settings = {**FACTORY, "mode": mode}
        self._saved = dict(self._settings)
        self._enabled_ns: int | None = None
        self._ends_ns: int | None = None
        self._reader = CommandReader()
        light.fit_shutter()

    @classmethod
    def from_parameters(cls, given: Parameters, world: World) -> ThorlabsSC10:
        """`opening_ms`, `closing_ms`, `answer_ms`, `mode`, `interlock`, `device_baud`."""
        opening_ms = given.number("opening_ms", 8.0)
        return cls(
            world.light,
            opening_ms=opening_ms,
            closing_ms=given.number("closing_ms", opening_ms),
            answer_ms=given.number("answer_ms", 1.0),
            mode=given.integer("mode", MANUAL),
            interlock=bool(given.integer("interlock", 0)),
            baud=given.integer_or_none("device_baud"),
        )

    def receive(self, byte: bytes, t_ns: int) -> list[Reply]:
        """Echo; at CR do what was asked and answer."""
        replies = [Reply(t_ns, byte)] if byte != b"\n" else []
        self._reader.feed(byte)
        while (heard := self._reader.next()) is not NEED_MORE:
            values = (
                [] if not isinstance(heard, Ask | Set | Do | Refusal) else self._do(heard, t_ns)
            )
            text = "".join(f"{value}\r" for value in values).encode("ascii")
            replies.append(Reply(t_ns + self._answer_ns, text + PROMPT))
        return replies

    def advance(self, t_ns: int) -> list[Reply]:  # noqa: ARG002
        """It never speaks unasked."""
        return []

    def next_ns(self) -> None:
        """It never speaks unasked."""

    def trip_interlock(self, t_ns: int) -> None:
        """The interlock opens: the shutter closes and stays closed."""
        self.interlock = True
        self._disable(t_ns)

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back: closed, settings as saved."""
        self._disable(t_ns)
        self._settings = dict(self._saved)
        self._reader.clear()

    def _do(self, command: Ask | Set | Do | Refusal, t_ns: int) -> list[str]:
        match command:
            case Refusal(_, error):
                return [f"Command error {error}"]
            case Ask(word):
                return [self._answer(word, t_ns)]
            case Set(word, value):
                self._settings[word] = value
                self._after_setting(word, t_ns)
            case Do("ens"):
                self._toggle(t_ns)
            case Do("savp"):
                self._saved = dict(self._settings)
            case Do("resp"):
                self._settings = dict(self._saved)
            case Do("default"):
                self._settings = dict(FACTORY)
        return []

    def _answer(self, word: str, t_ns: int) -> str:
        match word:
            case "id" | "*idn":
                return IDENTITY
            case "ens":
                return str(int(self._is_enabled(t_ns)))
            case "closed":
                return str(int(not self._light.is_open(t_ns)))
            case "interlock":
                return str(int(self.interlock))
            case "":
                return " ".join(("id?", "ens", *(f"{name}=n" for name in self._settings)))
        return str(self._settings[word])

    def _after_setting(self, word: str, t_ns: int) -> None:
        if word == "baud" and self.baud is not None:
            self.baud = BAUD_RATES[self._settings["baud"]]
        if word == "mode" and self._is_enabled(t_ns):
            self._enable(t_ns)

    def _toggle(self, t_ns: int) -> None:
        if self._is_enabled(t_ns):
            self._disable(t_ns)
        elif not self.interlock:
            self._enable(t_ns)

    def _is_enabled(self, t_ns: int) -> bool:
        if self._enabled_ns is None:
            return False
        return self._ends_ns is None or t_ns < self._ends_ns

    def _enable(self, t_ns: int) -> None:
        self._enabled_ns, self._ends_ns = t_ns, None
        mode = self._settings["mode"]
        if mode == MANUAL:
            self._light.open(t_ns + self._opening_ns)
        elif mode in (AUTO, SINGLE, REPEAT):
            cycles = {AUTO: MOST_CYCLES, SINGLE: 1, REPEAT: self._settings["rep"]}[mode]
            end_ns = self._cycle(t_ns, cycles)
            self._ends_ns = None if mode == AUTO else end_ns
        # Gated by the external input, which nobody drives here: armed, and dark.

    def _cycle(self, t_ns: int, cycles: int) -> int:
        open_ns, shut_ns = (self._settings[name] * NS // 1000 for name in ("open", "shut"))
        for _ in range(cycles):
            self._light.open(t_ns + self._opening_ns)
            self._light.close(t_ns + max(open_ns, self._opening_ns) + self._closing_ns)
            t_ns += max(open_ns + shut_ns, self._opening_ns + self._closing_ns + 1)
        return t_ns

    def _disable(self, t_ns: int) -> None:
        self._enabled_ns = self._ends_ns = None
        self._light.close(t_ns + self._closing_ns)
