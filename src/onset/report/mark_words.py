"""What was done at a mark, in words, for page and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mark_words(mark: Mapping[str, Any]) -> str:
    """Reagent, rate, volume, front: all that a mark of the document of `onset info` tells."""
    words = []
    if mark["reagent"]:
        strength = mark["reagent"]["ug_per_ml"]
        stated = f" {strength:g} ug/mL" if strength is not None else ""
        words.append(mark["reagent"]["name"] + stated)
    words += [_value(key, value) for key, value in mark["values"].items() if value is not None]
    if mark["arrival"]:
        words.append(f"front at the field: {_times(mark['arrival'])}")
    return ", ".join(word for word in words if word)


def _value(key: str, value: Any) -> str:
    match key:
        case "rate_ul_min":
            return f"{value:g} uL/min"
        case "volume_ul":
            return f"{value:g} uL"
        case "delivered_ul":
            return f"{value:g} uL delivered"
        case "duration_s":
            return f"{value:g} s"
        case "confirmed":
            return "" if value else "not confirmed by the shutter"
        case "text":
            return str(value)
        case _:
            return f"{key} {value}"


def _times(front: Mapping[str, Any]) -> str:
    known = [front[key] for key in ("t10_s", "t50_s", "t90_s") if front[key] is not None]
    if not known:
        return "unknown"
    if max(known) - min(known) < 0.05:
        return f"{known[0]:.1f} s"
    return f"{min(known):.1f} to {max(known):.1f} s (t10 to t90)"
