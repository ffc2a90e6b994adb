"""Micro-Manager properties of a simulated camera, kept as one frozen record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pymmcore_plus.experimental.unicore import CameraDevice

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Property:
    """A property's name, the field of the record that holds it, and how its text is read."""

    name: str
    field: str
    read: Callable[[Any], object]
    """Raises ValueError with one sentence for what cannot be."""


class SettingsCamera(CameraDevice, Generic[Record]):
    """A camera whose properties are the fields of a frozen dataclass."""

    def __init__(self, settings: Record, properties: tuple[Property, ...]) -> None:
        super().__init__()
        self.settings = settings
        for item in properties:
            self._register(item)

    def _register(self, item: Property) -> None:
        self.register_property(
            item.name,
            getter=lambda _: getattr(self.settings, item.field),
            setter=lambda _, value: self._change(item, value),
            property_type=type(getattr(self.settings, item.field)),
        )

    def _change(self, item: Property, value: object) -> None:
        """Take a new value over; the next sequence uses it."""
        self.settings = replace(self.settings, **{item.field: item.read(value)})  # type: ignore[type-var]


def one_of(*allowed: str) -> Callable[[object], str]:
    """A reader of one of these words."""

    def read(value: object) -> str:
        if str(value) not in allowed:
            raise ValueError(f"{value} is not one of {', '.join(allowed)}")
        return str(value)

    return read


def at_least(low: float) -> Callable[[object], float]:
    """A reader of a number."""

    def read(value: object) -> float:
        number = float(str(value))
        if not number >= low:
            raise ValueError(f"{value} is less than {low:g}")
        return number

    return read


def whole(low: int) -> Callable[[object], int]:
    """A reader of a whole number."""

    def read(value: object) -> int:
        number = int(str(value))
        if number < low:
            raise ValueError(f"{value} is less than {low}")
        return number

    return read


def counts(value: object) -> str:
    """A reader of whole numbers with commas between them."""
    numbers = [int(part) for part in str(value).split(",") if part.strip()]
    return ",".join(str(number) for number in numbers)


def interval(value: object) -> str:
    """A reader of two numbers with a comma between them, the smaller first."""
    low, comma, high = str(value).partition(",")
    if not comma or not 0.0 <= float(low) <= float(high):
        raise ValueError(f"{value} is not LEAST,MOST")
    return str(value)
