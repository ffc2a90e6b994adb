"""Numbers as people read them: as many digits as the error leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence


def with_error(value: float, sd: float | None) -> str:
    """`5.02 ± 0.07`; the value alone where the error is not known."""
    if value is None or not math.isfinite(value):
        return "not known"
    if sd is None or not math.isfinite(sd) or sd <= 0:
        return f"{value:.3g}"
    digits = decimals(sd)
    return f"{value:.{digits}f} ± {sd:.{digits}f}"


def with_interval(value: float, interval: Sequence[float] | None) -> str:
    """`5.02 (4.88 to 5.16)`."""
    if value is None or not math.isfinite(value):
        return "not known"
    if interval is None or not all(map(math.isfinite, interval)):
        return f"{value:.3g}"
    low, high = interval
    digits = decimals((high - low) / 4) if high > low else 2
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def decimals(sd: float) -> int:
    """Digits after the point that show an error with two figures, if it begins with 1, else one."""
    if not (math.isfinite(sd) and sd > 0):
        return 2
    exponent = math.floor(math.log10(sd))
    return max(0, -exponent + (1 if sd / 10.0**exponent < 2 else 0))


def counted(count: int, noun: str) -> str:
    """`1 spot`, `2 spots`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
