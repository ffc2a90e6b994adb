"""Options of commands that are quantities with a unit."""

from __future__ import annotations

from onset.errors import FileMistake
from onset.experiment.quantities import Kind, parse


def quantity(option: str, text: str, kind: Kind, *, above_zero: bool = False) -> float:
    """What was typed, in the unit of `kind`; FileMistake names the option."""
    try:
        value = parse(text, kind)
    except ValueError as mistake:
        raise FileMistake(option, "", str(mistake)) from None
    if value < 0 or (above_zero and value == 0):
        raise FileMistake(option, "", f"'{text}' must be above 0")
    return value


def optional_quantity(
    option: str, text: str | None, kind: Kind, *, above_zero: bool = False
) -> float | None:
    """The same of an option that may be left out."""
    return None if text is None else quantity(option, text, kind, above_zero=above_zero)
