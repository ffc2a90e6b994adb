"""Numbers, units and limits of New Era pumps: four digits; rates bounded by plunger speed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

RATE_UNITS: dict[str, float] = {"MH": 1000.0 / 60.0, "UM": 1.0, "UH": 1.0 / 60.0, "MM": 1000.0}
"""Microlitres per minute in one of each; the first that is exact is taken."""

VOLUME_UNITS: dict[str, float] = {"UL": 1.0, "ML": 1000.0}
"""Microlitres in one of each."""

ML_ABOVE_DIAMETER_MM = 14.0
"""Up to this diameter volumes are in microlitres, above it in millilitres."""

DIAMETER_MM = (0.1, 50.0)
"""Smallest and largest inside diameter that the pump takes."""


@dataclass(frozen=True, slots=True)
class PlungerSpeed:
    """Slowest and fastest that a model can push, mm/min."""

    low_mm_min: float
    high_mm_min: float


_NE_1000 = PlungerSpeed(0.04205 / 60.0, 51.005)
_NE_1600 = PlungerSpeed(0.026 / 60.0, 34.917)
_AL_4000 = PlungerSpeed(0.08276531 / 60.0, 180.8035714)

PLUNGER_SPEEDS: dict[str, PlungerSpeed] = {
    "NE-1000": _NE_1000,
    "AL-1000": _NE_1000,
    "NE-1200": _NE_1600,
    "NE-1600": _NE_1600,
    "NE-1800": _NE_1600,
    "AL-4000": _AL_4000,
    "NE-4000": _AL_4000,
}


def rate_limits_ul_min(diameter_mm: float, model: str = "NE-1000") -> tuple[float, float]:
    """Slowest and fastest rate, uL/min, of a syringe of this inside diameter (mm) on a model.

    Area times plunger speed (NE-1000 manual 12.5, NE-1600 manual 11.5, AL-4000 sheet).
    Raises ValueError for a model that is not in `PLUNGER_SPEEDS`.
    """
    if model not in PLUNGER_SPEEDS:
        raise ValueError(f"{model}: plunger speed not known; known: {', '.join(PLUNGER_SPEEDS)}")
    area_mm2 = math.pi * diameter_mm**2 / 4.0
    speed = PLUNGER_SPEEDS[model]
    return area_mm2 * speed.low_mm_min, area_mm2 * speed.high_mm_min


def model_of(version: str) -> str | None:
    """`NE1000V3.928` -> `NE-1000`; None for what does not look like a version."""
    match = re.match(r"([A-Z]{2})(\d+)", version)
    return f"{match[1]}-{match[2]}" if match else None


def sent_number(value: float) -> str:
    """At most four digits and three decimals, cut off, never rounded up: `7.5`, `26.59`, `1699`.

    Raises ValueError below 0 and above 9999. Float noise beyond nine digits is not cut at.
    """
    exact = Decimal(f"{value:.9g}")
    if not 0 <= exact < 10000:
        raise ValueError(f"{value} does not fit into four digits")
    cut = exact.quantize(_last_place(exact), rounding=ROUND_DOWN)
    text = f"{cut:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_number(value: float) -> str:
    """Always five characters, four digits and a point, as the pump writes: `7.500`, `1699.`."""
    exact = Decimal(f"{value:.9g}")
    text = f"{exact.quantize(_last_place(exact), rounding=ROUND_DOWN):f}"
    return text if "." in text else f"{text}."


def read_number(text: str) -> float:
    """A number as the pump or a host writes it; ValueError for anything else."""
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number of this dialect")
    return float(text)


def rate_words(rate_ul_min: float) -> tuple[str, str]:
    """Number and units that say a rate most exactly: 125 uL/min -> (`7.5`, `MH`)."""
    choices = []
    for units, ul_min in RATE_UNITS.items():
        try:
            number = sent_number(rate_ul_min / ul_min)
        except ValueError:
            continue
        choices.append((_error(float(number) * ul_min, rate_ul_min), number, units))
    if not choices:
        raise ValueError(f"{rate_ul_min} uL/min does not fit into four digits")
    _, number, units = min(choices, key=lambda choice: choice[0])
    return number, units


def volume_words(volume_ul: float) -> tuple[str, str]:
    """Number and units that say a volume most exactly: 500 uL -> (`500`, `UL`)."""
    units = "UL" if volume_ul < 10000 else "ML"
    return sent_number(volume_ul / VOLUME_UNITS[units]), units


def default_volume_units(diameter_mm: float) -> str:
    """The units that a diameter brings with it."""
    return "ML" if diameter_mm > ML_ABOVE_DIAMETER_MM else "UL"


def _last_place(value: Decimal) -> Decimal:
    digits_before_point = max(1, len(str(int(value))))
    return Decimal(1).scaleb(-max(0, 4 - digits_before_point))


def _error(said: float, meant: float) -> float:
    """Relative error; below 1e-6 all are alike, so that the order of the units decides."""
    error = abs(said - meant) / meant if meant else 0.0
    return error if error > 1e-6 else 0.0
