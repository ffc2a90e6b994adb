"""A New Era pump at the end of a wire: framing, addresses, alarms, watchdog."""

from __future__ import annotations

import math
import random
import re

from onset.dialects.new_era import Command, Mode, Reply, burst, encode_reply, parse_command
from onset.dialects.new_era_numbers import PLUNGER_SPEEDS
from onset.dialects.new_era_readers import CommandReader, CommandText
from onset.dialects.reading import NEED_MORE, BadBytes
from onset.experiment.clock import NS
from onset.simulated import line
from onset.simulated.new_era_commands import Commands
from onset.simulated.new_era_pump import Memory, PumpBody, Refusal, Syringe
from onset.simulated.parameters import Parameters
from onset.simulated.world import World

PACKET_SILENCE_NS = NS // 2
"""An incomplete packet is thrown away after this."""

ACTIONS = {"RUN", "RUNE", "STP", "PUR"}
MOTION = {*ACTIONS, "RAT"}


class NewEra:
    """One pump; a command is carried out between its arrival and the start of its reply."""

    def __init__(
        self,
        body: PumpBody,
        *,
        version: str = "NE1000V3.928",
        baud: int | None = None,
        query_ms: float = 3.0,
        set_ms: float = 5.0,
        buffers_input: bool = False,
        seed: int = 0,
    ) -> None:
        self.body = body
        self._buffers_input = buffers_input
        self.baud = baud
        self._query_ns, self._set_ns = round(query_ms * 1e-3 * NS), round(set_ms * 1e-3 * NS)
        self._random = random.Random(seed)
        self._reader = CommandReader(self._mode)
        self._heard_ns = self._busy_until_ns = 0
        self._keypad_until_ns = 0
        self._deadline_ns: int | None = None
        self._unasked: list[line.Reply] = []
        self._commands = Commands(body, version)

    @classmethod
    def from_parameters(cls, given: Parameters, world: World) -> NewEra:
        """The pump that an address describes; what it leaves out is as in a fresh pump.

        `pump`, `reagent`, `ug_per_ml`, `seed`, `motor_lag_ms`; the syringe that is truly in it:
        `diameter_mm`, `content_ul`, `syringe_ul`; what its memory holds: `address`,
        `memory_diameter_mm`, `memory_safe_s`; and `version`, `device_baud`, `query_ms`, `set_ms`,
        `buffers_input` (the manual forbids to speak before the reply has begun; what happens then
        it does not say: lost here, carried out later with `buffers_input=1`).
        """
        diameter_mm = given.number("diameter_mm", 14.43)
        seed = given.integer("seed", 0)
        pump, model = given.text("pump", ""), given.text("model", "NE-1000")
        if model not in PLUNGER_SPEEDS:
            raise ValueError(f"sim://new-era: no model {model}; {', '.join(PLUNGER_SPEEDS)}")
        body = PumpBody(
            world.plunger(pump, given.text("reagent", ""), given.number("ug_per_ml", 0.0)),
            memory=Memory(
                diameter_mm=given.number("memory_diameter_mm", diameter_mm),
                address=given.integer("address", 0),
                safe_s=given.integer("memory_safe_s", 0),
            ),
            syringe=Syringe(
                diameter_mm,
                given.number("content_ul", given.number("syringe_ul", math.inf)),
                given.number("syringe_ul", math.inf) if "content_ul" in given.values else math.inf,
            ),
            model=model,
            motor_lag_ms=given.number("motor_lag_ms", 0.0),
            seed=_seed(seed, pump, "lag"),
        )
        return cls(
            body,
            version=given.text("version", f"{model.replace('-', '')}V3.928"),
            baud=given.integer_or_none("device_baud"),
            query_ms=given.number("query_ms", 3.0),
            set_ms=given.number("set_ms", 5.0),
            buffers_input=bool(given.integer("buffers_input", 0)),
            seed=_seed(seed, pump, "answer"),
        )

    def receive(self, byte: bytes, t_ns: int) -> list[line.Reply]:
        """One byte; what comes before the reply to the previous command has begun is lost."""
        replies = self.advance(t_ns)
        if t_ns < self._busy_until_ns and not self._buffers_input:
            return replies
        if self._reader.in_packet and t_ns - self._heard_ns > PACKET_SILENCE_NS:
            self._reader.clear()
        self._heard_ns = t_ns
        self._reader.feed(byte)
        while (outcome := self._reader.next()) is not NEED_MORE:
            if isinstance(outcome, CommandText):
                for text in burst(outcome.text):
                    replies += self._answer(text, t_ns, safe=outcome.safe)
            elif isinstance(outcome, BadBytes) and outcome.why == "a wrong checksum":
                replies += self._say(self._status(t_ns, error="COM"), t_ns + self._query_ns)
        return replies

    def advance(self, t_ns: int) -> list[line.Reply]:
        """In Safe mode an alarm is sent unasked, which does not acknowledge it."""
        while (alarm_ns := self._alarm_ns()) is not None and alarm_ns <= t_ns:
            self._alarm_comes(alarm_ns)
        self.body.settle(t_ns)
        said = [reply for reply in self._unasked if reply.at_ns <= t_ns]
        self._unasked = self._unasked[len(said) :]
        return said

    def next_ns(self) -> int | None:
        """When it next speaks unasked, as far as is in sight."""
        if self._unasked:
            return self._unasked[0].at_ns
        return self._alarm_ns() if self._mode == "safe" else None

    def _alarm_ns(self) -> int | None:
        alarms = [t for t in (self._deadline_ns, self.body.alarms_ns()) if t is not None]
        return min(alarms, default=None)

    def raise_alarm(self, alarm: str, t_ns: int) -> None:
        """A fault from outside: `S` stall, `E` program error ..."""
        self.body.fault(alarm, t_ns)
        self._tell_alarm(t_ns)

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back."""
        self.body.power_cycle(t_ns)
        self._reader = CommandReader(self._mode)
        self._deadline_ns = None
        self._tell_alarm(t_ns)

    def touch(self, t_ns: int, until_ns: int) -> None:  # noqa: ARG002
        """A value is edited on the keypad: the next command waits until that is over."""
        self._keypad_until_ns = until_ns

    @property
    def _mode(self) -> Mode:
        return "safe" if self.body.memory.safe_s else "basic"

    def _alarm_comes(self, t_ns: int) -> None:
        if self._deadline_ns is not None and self._deadline_ns <= t_ns:
            self._deadline_ns = None
            self.body.fault("T", t_ns)
        self.body.settle(t_ns)
        self._tell_alarm(t_ns)

    def _tell_alarm(self, t_ns: int) -> None:
        if self._mode == "safe":
            self._unasked += self._say(self._status(t_ns), t_ns)

    def _answer(self, text: str, t_ns: int, *, safe: bool) -> list[line.Reply]:
        command = parse_command(text)
        if not self._is_mine(command, text):
            return []
        if safe:
            self._feed_watchdog(t_ns)
        if command is None:
            return self._say(self._status(t_ns, error=""), t_ns + self._query_ns)
        delay_ns = self._set_ns if command.argument or command.word in ACTIONS else self._query_ns
        free_ns = max(t_ns, self._keypad_until_ns, self._busy_until_ns)
        self._busy_until_ns = free_ns + delay_ns
        return self._say(self._obey(command, free_ns, delay_ns), free_ns + delay_ns)

    def _is_mine(self, command: Command | None, text: str) -> bool:
        if command is not None:
            return command.system or command.address == self.body.memory.address
        digits = re.match(r"\d{0,2}", text, re.ASCII)
        return int((digits and digits[0]) or 0) == self.body.memory.address

    def _feed_watchdog(self, t_ns: int) -> None:
        if self._mode == "safe":
            self._deadline_ns = t_ns + self.body.memory.safe_s * NS
            self.body.publish(t_ns, self._deadline_ns)

    def _obey(self, command: Command, t_ns: int, delay_ns: int) -> Reply:
        alarm, self.body.alarm = self.body.alarm, None
        if alarm is not None and command.word != "SAF":
            return Reply("", alarm=alarm, address=self.body.memory.address)
        motion = command.word in MOTION
        acts_ns = t_ns + (round(self._random.random() * delay_ns) if motion else 0)
        try:
            data = self._commands.obey(command, acts_ns)
        except Refusal as no:
            return self._status(acts_ns, error=no.code)
        self._after(command.word, acts_ns)
        if alarm is not None:
            return Reply("", alarm=alarm, address=self.body.memory.address)
        return self._status(acts_ns, data=data)

    def _after(self, word: str, t_ns: int) -> None:
        if word in {"SAF", "RESET"}:
            self._reader.mode = self._mode
            self._deadline_ns = None
            self._feed_watchdog(t_ns)
        if word in MOTION or word in {"SAF", "RESET"}:
            self.body.publish(t_ns, self._deadline_ns)
        if self.baud is not None:
            self.baud = self._commands.baud or self.baud

    def _status(self, t_ns: int, *, data: str = "", error: str | None = None) -> Reply:
        if self.body.alarm is not None:
            return Reply("", alarm=self.body.alarm, address=self.body.memory.address)
        return Reply(self.body.prompt(t_ns), data, error, address=self.body.memory.address)

    def _say(self, reply: Reply, at_ns: int) -> list[line.Reply]:
        return [line.Reply(at_ns, encode_reply(reply, mode=self._mode))]


def _seed(seed: int, pump: str, what: str) -> int:
    return random.Random(f"{seed}/{pump}/{what}").getrandbits(32)
