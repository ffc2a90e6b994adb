"""A Uniblitz shutter driver: mute, one byte a move; its blade needs some ms."""

from __future__ import annotations

from typing import cast

from onset.dialects.uniblitz import BAUD, Model, Move, decode
from onset.experiment.clock import NS
from onset.simulated.line import Reply
from onset.simulated.parameters import Parameters
from onset.simulated.world import LightHistory, World


class Uniblitz:
    """Light goes through the first channel; D1 `trigger` opens, a second one closes."""

    def __init__(
        self,
        light: LightHistory,
        model: Model = "uniblitz-d1",
        *,
        unit: int | None = None,
        opening_ms: float = 8.0,
        closing_ms: float = 8.0,
        baud: int = BAUD,
    ) -> None:
        self.baud: int | None = baud
        self._light, self._model, self._unit = light, model, unit
        self._opening_ns = round(opening_ms * 1e-3 * NS)
        self._closing_ns = round(closing_ms * 1e-3 * NS)
        self._open = False
        light.fit_shutter()

    @classmethod
    def from_parameters(cls, given: Parameters, world: World) -> Uniblitz:
        """`opening_ms`, `closing_ms`, `unit`, `device_baud`."""
        opening_ms = given.number("opening_ms", 8.0)
        return cls(
            world.light,
            cast(Model, given.dialect),
            unit=given.integer_or_none("unit"),
            opening_ms=opening_ms,
            closing_ms=given.number("closing_ms", opening_ms),
            baud=given.integer("device_baud", BAUD),
        )

    def receive(self, byte: bytes, t_ns: int) -> list[Reply]:
        """Move; never answer."""
        move = decode(byte[0], self._model, self._unit)
        if move is not None and move.channel in (None, 1):
            self._carry_out(move, t_ns)
        return []

    def advance(self, t_ns: int) -> list[Reply]:  # noqa: ARG002
        """It never speaks."""
        return []

    def next_ns(self) -> None:
        """It never speaks."""

    def _carry_out(self, move: Move, t_ns: int) -> None:
        opens = {"open": True, "close": False, "trigger": not self._open, "reset": False}
        self._open = opens[move.action]
        if self._open:
            self._light.open(t_ns + self._opening_ns)
        else:
            self._light.close(t_ns + self._closing_ns)
