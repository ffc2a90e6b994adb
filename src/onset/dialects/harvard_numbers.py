"""Numbers, units, limits and the status line of Harvard pumps, as floats in ul and ul/min."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

VOLUME_UL: dict[str, float] = {
    "l": 1e6,
    **dict.fromkeys(("ml", "m"), 1e3),
    **dict.fromkeys(("ul", "u"), 1.0),
    **dict.fromkeys(("nl", "n"), 1e-3),
    **dict.fromkeys(("pl", "p"), 1e-6),
}
"""Microlitres in one of each; long and short forms."""

MINUTES: dict[str, float] = {
    **dict.fromkeys(("hour", "hr", "h"), 60.0),
    **dict.fromkeys(("min", "m"), 1.0),
    **dict.fromkeys(("sec", "s"), 1.0 / 60.0),
}
"""Minutes in one of each; long and short forms."""

SHOWN_TIME: dict[str, str] = {"h": "hr", "m": "min", "s": "sec"}
SHOWN_VOLUME: tuple[str, ...] = ("ml", "ul", "nl", "pl")

DIAMETER_MM = (0.1, 33.0)
"""Smallest and largest inside diameter that an 11 Elite takes (its own `metrics`)."""

FL_PER_UL = 1e9

_AMOUNT = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([a-zA-Z%]+(?:/[a-zA-Z]+)?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Drive:
    """What bounds the speed of a plunger: the way of one microstep, slowest and fastest step."""

    microstep_mm: float
    slowest_s: float
    fastest_s: float


_SCREW_24_TPI = Drive(25.4 / 24.0 / 2.4 / (400 * 16), slowest_s=27.0, fastest_s=26e-6)

DRIVES: dict[str, Drive] = {"11 Elite": _SCREW_24_TPI, "Legato 100": _SCREW_24_TPI}


def rate_limits_ul_min(diameter_mm: float, model: str = "11 Elite") -> tuple[float, float]:
    """Slowest and fastest rate, uL/min, of a syringe of this inside diameter (mm) on a model.

    Area times speed of the screw, from what an 11 Elite says to `metrics`: 24 threads per inch,
    2.4:1, 400 steps of 16 microsteps, one per 27 s to 26 us. A Legato 100's recorded answer to
    `irate lim` (25.0404 nl/min to 26.0035 ml/min) is met in all six digits at 14.43 mm; that it had
    this diameter is inferred. A pump that is connected is asked instead.
    Raises ValueError for a model that is not in `DRIVES` (PHD Ultra: no source).
    """
    if model not in DRIVES:
        raise ValueError(f"{model}: speed limits not known; known: {', '.join(DRIVES)}")
    drive = DRIVES[model]
    step_ul = math.pi * diameter_mm**2 / 4.0 * drive.microstep_mm
    return step_ul / drive.slowest_s * 60.0, step_ul / drive.fastest_s * 60.0


def read_volume_ul(text: str) -> float:
    """`1.69023 ul`, `8.6284 ml`, `5 m` in uL; ValueError for anything else."""
    number, unit = _amount(text)
    if unit not in VOLUME_UL:
        raise ValueError(f"{text!r} is not a volume")
    return number * VOLUME_UL[unit]


def read_rate_ul_min(text: str) -> float:
    """`199.49 ul/min`, `7.5 m/h`, `7.5 ml/hr` in uL/min; ValueError for anything else."""
    number, unit = _amount(text)
    volume, _, time = unit.partition("/")
    if volume not in VOLUME_UL or time not in MINUTES:
        raise ValueError(f"{text!r} is not a rate")
    return number * VOLUME_UL[volume] / MINUTES[time]


def read_limits_ul_min(text: str) -> tuple[float, float]:
    """`25.0404 nl/min to 26.0035 ml/min` in uL/min; ValueError for anything else."""
    low, to, high = text.partition(" to ")
    if not to:
        raise ValueError(f"{text!r} is not a pair of rates")
    return read_rate_ul_min(low), read_rate_ul_min(high)


def read_diameter_mm(text: str) -> float:
    """`7.2620 mm` or `7.262`; ValueError for anything else."""
    if re.fullmatch(r"\s*\d+\.?\d*\s*", text, re.ASCII):
        return float(text)
    number, unit = _amount(text)
    if unit != "mm":
        raise ValueError(f"{text!r} is not a diameter")
    return number


def time_unit(rate: str) -> str:
    """The short time unit in a rate: `7.5 ml/hr` -> `h`."""
    return _amount(rate)[1].partition("/")[2][:1]


def sent_rate(rate_ul_min: float) -> str:
    """Number and long units, which all of the family take: 125 -> `125 ul/min`."""
    return f"{sent_volume(rate_ul_min)}/min"


def sent_volume(volume_ul: float) -> str:
    """Number and unit that say a volume: 500 -> `500 ul`; ValueError if six digits cannot."""
    unit = next((u for u in ("ml", "ul") if volume_ul >= 10 * VOLUME_UL[u]), "nl")
    number = f"{volume_ul / VOLUME_UL[unit]:.6g}"
    if "e" in number or not volume_ul > 0:
        raise ValueError(f"{volume_ul} uL cannot be said in this dialect")
    return f"{number} {unit}"


def shown_volume(volume_ul: float) -> str:
    """Six digits and the unit in which the number is at least 1, as the pump writes."""
    unit = next((u for u in SHOWN_VOLUME if volume_ul >= VOLUME_UL[u] * (1 - 1e-9)), None)
    return "0 ul" if unit is None else f"{volume_ul / VOLUME_UL[unit]:g} {unit}"


def shown_rate(rate_ul_min: float, time: str = "m") -> str:
    """A rate as the pump writes it, per hour, minute or second (`h`, `m`, `s`)."""
    return f"{shown_volume(rate_ul_min * MINUTES[time])}/{SHOWN_TIME[time]}"


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to `status`: exact, unrounded, for the current direction."""

    rate_fl_s: int
    time: int
    """Run time; manuals disagree on the unit: s (PHD Ultra), ms (Legato), 1/56 MHz (Elite)."""
    volume_fl: int
    direction: Literal["infuse", "withdraw"]
    running: bool
    """Never true from a PHD Ultra, which does not say: take the prompt."""
    limit: Literal["infuse", "withdraw"] | None = None
    stalled: bool = False
    trigger: bool = False
    pin: Literal["infuse", "withdraw"] = "infuse"
    target_reached: bool | None = False
    """None from a PHD Ultra, which has no such flag."""

    @property
    def rate_ul_min(self) -> float:
        """Rate, uL/min."""
        return self.rate_fl_s * 60.0 / FL_PER_UL

    @property
    def volume_ul(self) -> float:
        """Volume, uL."""
        return self.volume_fl / FL_PER_UL


_WAYS: dict[str, Literal["infuse", "withdraw"]] = {"I": "infuse", "W": "withdraw"}
_LETTERS = {way: letter for letter, way in _WAYS.items()}
_STATUS = re.compile(r"(\d+) (\d+) (\d+) ([iIwW])([iIwW.])([S.])([T.])([IW])([T.])?", re.ASCII)


def read_status(text: str) -> Status:
    """The status line, of five flags or six; ValueError for anything else."""
    match = _STATUS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a status line")
    return Status(
        rate_fl_s=int(match[1]),
        time=int(match[2]),
        volume_fl=int(match[3]),
        direction=_WAYS[match[4].upper()],
        running=match[4].isupper(),
        limit=_WAYS.get(match[5].upper()),
        stalled=match[6] == "S",
        trigger=match[7] == "T",
        pin=_WAYS[match[8]],
        target_reached=None if match[9] is None else match[9] == "T",
    )


def shown_status(status: Status) -> str:
    """The status line as a pump writes it."""
    way = _LETTERS[status.direction]
    flags = "".join(
        (
            way if status.running else way.lower(),
            "." if status.limit is None else _LETTERS[status.limit],
            "S" if status.stalled else ".",
            "T" if status.trigger else ".",
            _LETTERS[status.pin],
            "" if status.target_reached is None else "T" if status.target_reached else ".",
        )
    )
    return f"{status.rate_fl_s} {status.time} {status.volume_fl} {flags}"


def _amount(text: str) -> tuple[float, str]:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number with a unit")
    return float(match[1]), match[2].lower()
