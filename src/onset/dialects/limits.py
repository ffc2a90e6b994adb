"""How slow and fast a pump of a dialect can go with a syringe; one line per dialect."""

from __future__ import annotations

from collections.abc import Callable

from onset.dialects import new_era_numbers

RATE_LIMITS: dict[str, tuple[Callable[[float, str], tuple[float, float]], str]] = {
    "new-era": (new_era_numbers.rate_limits_ul_min, "NE-1000"),
}
"""Function of diameter (mm) and model, and the model that is meant when none is named."""


def rate_limits_ul_min(
    dialect: str, model: str | None, diameter_mm: float
) -> tuple[float, float] | None:
    """Slowest and fastest rate, uL/min; None when they are not known."""
    if dialect not in RATE_LIMITS:
        return None
    limits, usual_model = RATE_LIMITS[dialect]
    try:
        return limits(diameter_mm, model or usual_model)
    except ValueError:
        return None
