"""Quantities that people write with units become floats whose name carries the unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from tokenize import TokenError
from typing import Annotated

import pint
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Kind:
    """One physical quantity: what it is called, its unit inside onset, and how people write it."""

    name: str
    unit: str
    example: str


TIME_S = Kind("a time", "s", "30 s")
TIME_MS = Kind("a time", "ms", "50 ms")
LENGTH_MM = Kind("a length", "mm", "14.43 mm")
LENGTH_UM = Kind("a length", "um", "0.13 um")
LENGTH_NM = Kind("a wavelength", "nm", "350 nm")
VOLUME_UL = Kind("a volume", "uL", "0.5 mL")
RATE_UL_MIN = Kind("a rate", "uL/min", "7.5 mL/h")
CONCENTRATION_UG_ML = Kind("a concentration (mass per volume)", "ug/mL", "1 ug/mL")
IRRADIANCE_UW_CM2 = Kind("an irradiance", "uW/cm^2", "15 uW/cm^2")
DOSE_MJ_CM2 = Kind("a dose", "mJ/cm^2", "5 mJ/cm^2")
DIFFUSION_UM2_S = Kind("a diffusion coefficient", "um^2/s", "700 um^2/s")
SIZE_MB = Kind("a size in memory", "MB", "512 MB")

# fmt: off
_NOT_A_UNIT = (  # what pint's parser raises on texts that are no unit
    pint.PintError, TokenError, SyntaxError, ValueError, TypeError, AttributeError,
    AssertionError, ArithmeticError, LookupError,
)
# fmt: on
_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s.].*?)\s*")


@cache
def _registry() -> pint.UnitRegistry[float]:
    return pint.UnitRegistry(cache_folder=None)


def parse(text: object, kind: Kind) -> float:
    """Read a quantity with its unit, as `"7.5 mL/h"`, into the unit of `kind`.

    Raises
    ------
    ValueError
        A bare number, an unknown unit or a wrong dimension; the message says what was expected.
    """
    expected = f"expected {kind.name} such as '{kind.example}'"
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError(f"{text} has no unit ({expected})")
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a quantity ({expected})")
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a number with a unit ({expected})")
    number, unit = match.groups()
    try:
        quantity = _registry().Quantity(float(number), unit.replace("µ", "u").replace("μ", "u"))
        return float(f"{quantity.to(kind.unit).magnitude:.12g}")
    except pint.DimensionalityError:
        raise ValueError(f"'{text}' is not {kind.name} ({expected})") from None
    except _NOT_A_UNIT:
        raise ValueError(f"'{text}' has a unit that is not known ({expected})") from None


def shown(value: float, kind: Kind, digits: int = 4) -> str:
    """Write a quantity the way a lab would: `0.5 mL`, `7.5 mL/h`, `275 s`."""
    return f"{value:.{digits}g} {kind.unit}"


def _validator(kind: Kind, *, least: float | None, above: float | None) -> BeforeValidator:
    def read(text: object) -> float:
        try:
            value = parse(text, kind)
        except ValueError as mistake:
            raise PydanticCustomError("quantity", "{said}", {"said": str(mistake)}) from None
        if (least is not None and value < least) or (above is not None and value <= above):
            bound = f"at least {least:g}" if least is not None else f"above {above:g}"
            raise PydanticCustomError(
                "quantity", "{said}", {"said": f"'{text}' must be {bound} {kind.unit}"}
            )
        return value

    return BeforeValidator(read)


def _schema(kind: Kind) -> WithJsonSchema:
    description = f"{kind.name} with its unit, such as '{kind.example}'"
    return WithJsonSchema(
        {"type": "string", "description": description, "examples": [kind.example]}
    )


def _written(kind: Kind) -> PlainSerializer:
    return PlainSerializer(lambda value: f"{value!r} {kind.unit}", return_type=str)


def _positive(kind: Kind) -> tuple[object, ...]:
    return _validator(kind, least=None, above=0.0), _schema(kind), _written(kind)


def _not_negative(kind: Kind) -> tuple[object, ...]:
    return _validator(kind, least=0.0, above=None), _schema(kind), _written(kind)


Seconds = Annotated[float, *_not_negative(TIME_S)]
PositiveSeconds = Annotated[float, *_positive(TIME_S)]
Milliseconds = Annotated[float, *_not_negative(TIME_MS)]
PositiveMilliseconds = Annotated[float, *_positive(TIME_MS)]
Millimetres = Annotated[float, *_positive(LENGTH_MM)]
Micrometres = Annotated[float, *_positive(LENGTH_UM)]
Nanometres = Annotated[float, *_positive(LENGTH_NM)]
Microlitres = Annotated[float, *_positive(VOLUME_UL)]
MicrolitresOrNone = Annotated[float, *_not_negative(VOLUME_UL)]
MicrolitresPerMinute = Annotated[float, *_positive(RATE_UL_MIN)]
MicrogramsPerMillilitre = Annotated[float, *_not_negative(CONCENTRATION_UG_ML)]
MicrowattsPerSquareCentimetre = Annotated[float, *_not_negative(IRRADIANCE_UW_CM2)]
MillijoulesPerSquareCentimetre = Annotated[float, *_positive(DOSE_MJ_CM2)]
SquareMicrometresPerSecond = Annotated[float, *_positive(DIFFUSION_UM2_S)]
Megabytes = Annotated[float, *_positive(SIZE_MB)]
