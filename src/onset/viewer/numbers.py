"""Numbers and quantities as people type them: English or German decimals, with their unit."""

from __future__ import annotations

import re

from onset.experiment.quantities import Kind, parse

_NUMBER = re.compile(r"[+-]?[\d.,'\u2019\u00a0\u202f ]*\d[\d.,]*")


def with_point(text: str) -> str:
    """The text with its first number written with a decimal point: `7,5 mL/h` -> `7.5 mL/h`.

    Where both signs occur the last one is the decimal sign, and where one occurs more than once it
    groups thousands: `1.250,5` and `1,250.5` are the same, `1.250.000` is a million and a quarter.
    A single sign is always the decimal one: `1,250` is 1.25, as the field shows at once.
    """
    match = _NUMBER.search(text)
    if match is None:
        return text
    found = match.group()
    plain = re.sub(r"['\u2019\u00a0\u202f ]", "", found)
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0:
        sign = plain[last]
        if plain.count(sign) > 1:
            plain = re.sub(r"[.,]", "", plain)
        else:
            plain = re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :]
    spaced = " " if found.endswith(" ") else ""
    return text[: match.start()] + plain + spaced + text[match.end() :]


def read_number(text: str) -> float | None:
    """A plain number; None where it is none."""
    try:
        return float(with_point(text.strip()))
    except ValueError:
        return None


def read_quantity(text: str, kind: Kind) -> float:
    """A quantity in the unit of `kind`; ValueError says what was expected."""
    return parse(with_point(text.strip()), kind)
