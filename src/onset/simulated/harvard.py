"""A Harvard pump at the end of a wire: framing, addresses, poll mode, what it says unasked."""

from __future__ import annotations

import math
import random

from onset.dialects.harvard import Command, Reply, Unknown, encode_reply
from onset.dialects.harvard_readers import CommandReader
from onset.dialects.reading import NEED_MORE, BadBytes
from onset.experiment.clock import NS
from onset.simulated import line
from onset.simulated.harvard_commands import MOTION, Commands
from onset.simulated.harvard_models import Model, model_named
from onset.simulated.harvard_pump import Memory, PumpBody, Refusal, Syringe
from onset.simulated.parameters import Parameters
from onset.simulated.world import World


class Harvard:
    """One pump; a command is carried out between its arrival and the start of its reply."""

    def __init__(
        self,
        body: PumpBody,
        *,
        model: Model | None = None,
        baud: int | None = None,
        query_ms: float = 5.0,
        set_ms: float = 15.0,
        seed: int = 0,
    ) -> None:
        self.body = body
        self.baud = baud
        self._model = model or model_named("")
        self._query_ns, self._set_ns = round(query_ms * 1e-3 * NS), round(set_ms * 1e-3 * NS)
        self._random = random.Random(seed)
        self._reader = CommandReader()
        self._commands = Commands(body, self._model)
        self._unasked: list[line.Reply] = []
        self._touched = False

    @classmethod
    def from_parameters(cls, given: Parameters, world: World) -> Harvard:
        """The pump that an address describes; what it leaves out is as in a fresh pump.

        `model` (a name with legato, elite or phd ultra in it), `pump`, `reagent`, `ug_per_ml`,
        `seed`, `motor_lag_ms`; the syringe that is truly in it: `diameter_mm`, `content_ul`,
        `syringe_ul`; what its memory holds: `address`, `memory_diameter_mm`, `memory_syringe_ul`,
        `memory_target_ul`, `memory_target_s`; and `device_baud`, `query_ms`, `set_ms`.
        """
        diameter_mm = given.number("diameter_mm", 14.43)
        syringe_ul = given.number("syringe_ul", math.inf)
        seed, pump = given.integer("seed", 0), given.text("pump", "")
        body = PumpBody(
            world.plunger(pump, given.text("reagent", ""), given.number("ug_per_ml", 0.0)),
            memory=Memory(
                diameter_mm=given.number("memory_diameter_mm", diameter_mm),
                syringe_ul=given.number("memory_syringe_ul", 10_000.0),
                target_ul=given.number_or_none("memory_target_ul"),
                target_s=given.number_or_none("memory_target_s"),
                address=given.integer("address", 0),
            ),
            syringe=Syringe(diameter_mm, given.number("content_ul", syringe_ul), syringe_ul),
            motor_lag_ms=given.number("motor_lag_ms", 0.0),
            seed=_seed(seed, pump, "lag"),
        )
        return cls(
            body,
            model=model_named(given.text("model", "")),
            baud=given.integer_or_none("device_baud"),
            query_ms=given.number("query_ms", 5.0),
            set_ms=given.number("set_ms", 15.0),
            seed=_seed(seed, pump, "answer"),
        )

    def receive(self, byte: bytes, t_ns: int) -> list[line.Reply]:
        """One byte; a command ends at CR."""
        replies = self.advance(t_ns)
        if self._commands.system.echoes:
            replies.append(line.Reply(t_ns, byte))
        self._reader.feed(byte)
        while (heard := self._reader.next()) is not NEED_MORE:
            if isinstance(heard, BadBytes):
                heard = Unknown(repr(heard.data))
            assert isinstance(heard, Command | Unknown)
            replies += self._answer(heard, t_ns)
        return replies

    def advance(self, t_ns: int) -> list[line.Reply]:
        """Without poll mode it says unasked that it has stopped by itself."""
        self._settle(t_ns)
        said = [reply for reply in self._unasked if reply.at_ns <= t_ns]
        self._unasked = self._unasked[len(said) :]
        return said

    def next_ns(self) -> int | None:
        """When it next speaks unasked, as far as is in sight."""
        if self._unasked:
            return self._unasked[0].at_ns
        return None if self._commands.system.polls else self.body.ends_ns()

    def raise_alarm(self, alarm: str, t_ns: int) -> None:
        """A fault from outside: `S` or `*` is a stall."""
        if alarm not in {"S", "*"}:
            raise ValueError(f"a Harvard pump has no alarm {alarm}")
        self.advance(t_ns)
        self.body.stall(t_ns)
        self._tell(t_ns)

    def power_cycle(self, t_ns: int) -> None:
        """Power fails and comes back; poll mode is lost."""
        self.body.power_cycle(t_ns)
        self._reader.clear()
        self._unasked.clear()
        self._commands = Commands(self.body, self._model)

    def touch(self, t_ns: int, until_ns: int) -> None:  # noqa: ARG002
        """Its screen was touched: it hears nothing until a bare line end comes."""
        self._touched = True

    def _settle(self, t_ns: int) -> None:
        end_ns = self.body.ends_ns()
        self.body.settle(t_ns)
        if end_ns is not None and end_ns <= t_ns:
            self._tell(end_ns)

    def _tell(self, t_ns: int) -> None:
        if not self._commands.system.polls:
            reply = self._reply((), self.body.prompt(t_ns), addressed=False, bare=False)
            self._unasked.append(line.Reply(t_ns, encode_reply(reply)))

    def _answer(self, heard: Command | Unknown, t_ns: int) -> list[line.Reply]:
        if self._touched and heard != Command(""):
            return []
        self._touched = False
        # One that is spoken to without address answers whatever its own is (recorded, USB).
        if heard.address not in (None, self.body.memory.address):
            return []
        moves = isinstance(heard, Command) and heard.word in MOTION
        sets = isinstance(heard, Command) and bool(heard.arguments)
        delay_ns = self._set_ns if moves or sets else self._query_ns
        acts_ns = t_ns + (round(self._random.random() * delay_ns) if moves else 0)
        before = self.body.memory.address
        lines = self._obey(heard, acts_ns)
        if self.baud is not None:
            self.baud = self._commands.system.baud or self.baud
        self._settle(t_ns + delay_ns)
        reply = self._reply(
            lines,
            self.body.prompt(t_ns + delay_ns),
            addressed=heard.address is not None,
            bare=before != self.body.memory.address,
        )
        return [line.Reply(t_ns + delay_ns, encode_reply(reply))]

    def _obey(self, heard: Command | Unknown, t_ns: int) -> tuple[str, ...]:
        if isinstance(heard, Unknown):
            return Refusal("Command error:", "Unknown command").lines
        self._settle(t_ns)
        try:
            return self._commands.obey(heard, t_ns)
        except Refusal as no:
            return no.lines

    def _reply(self, lines: tuple[str, ...], prompt: str, *, addressed: bool, bare: bool) -> Reply:
        address = self.body.memory.address
        return Reply(
            prompt,
            lines,
            address=address if address or addressed else None,
            xon=self._commands.system.polls,
            bare_lines=bare,
        )


def _seed(seed: int, pump: str, what: str) -> int:
    return random.Random(f"{seed}/{pump}/{what}").getrandbits(32)
