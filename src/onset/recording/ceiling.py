"""The largest value that a camera can give, from what a recording knows of it."""

from __future__ import annotations

from collections.abc import Mapping

MOST = 65_535


def saturation_of(properties: Mapping[str, str]) -> int:
    """The largest value that the camera can give, from its properties; 16 bit where none tells."""
    for name, value in properties.items():
        if name.replace("-", ".").endswith((".BitDepth", ".Bits", "BitDepth")):
            digits = "".join(c for c in value if c.isdigit())
            if digits and 8 <= int(digits) <= 16:
                return (1 << int(digits)) - 1
    return MOST
