"""Uniblitz (Vincent) shutter drivers: one byte, no terminator, never an answer.

D3 and D4 reuse the codes of D1 with another meaning, so the model must be named, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Action: TypeAlias = Literal["open", "close", "trigger", "reset"]
Model: TypeAlias = Literal["uniblitz-d1", "uniblitz-d3"]


@dataclass(frozen=True, slots=True)
class Move:
    """What one byte asks for; channel None means all that the driver has."""

    action: Action
    channel: int | None = None


D1: dict[int, Move] = {
    0x40: Move("open"),
    0x41: Move("close"),
    0x42: Move("trigger"),
    0x43: Move("reset"),
    0x44: Move("open", 2),
    0x45: Move("close", 2),
}
"""VMM-D1, VMM-T1, D122 addressed globally; a dual unit's second shutter is 4 further on."""

D3: dict[int, Move] = {
    0x40: Move("open", 1),
    0x41: Move("close", 1),
    0x42: Move("open", 2),
    0x43: Move("close", 2),
    0x44: Move("open", 3),
    0x45: Move("close", 3),
    0x46: Move("open"),
    0x47: Move("close"),
}
"""VMM-D3, VMM-D4: three channels, and all of them."""

TABLES: dict[Model, dict[int, Move]] = {"uniblitz-d1": D1, "uniblitz-d3": D3}

BAUD = 9600


def encode(move: Move, model: Model, unit: int | None = None) -> bytes:
    """The byte for `move`; `unit` 0-7 addresses one D1 of several. ValueError if there is none."""
    if unit is not None and (model != "uniblitz-d1" or not 0 <= unit <= 7):
        raise ValueError(f"{model} has no unit {unit}")
    for code, known in TABLES[model].items():
        if known == move:
            return bytes([code if unit is None else code + 0x40 + 0x10 * unit])
    raise ValueError(f"{model} has no byte for {move}")


def decode(code: int, model: Model, unit: int | None = None) -> Move | None:
    """What the byte means to a driver of this model and unit; None if it is not for it."""
    if model == "uniblitz-d1" and code >= 0x80:
        return D1.get(code - 0x40 - 0x10 * unit) if unit is not None else None
    return TABLES[model].get(code)
