"""Values as JSON text that any machine spells the same way, with a checksum."""

from __future__ import annotations

import dataclasses
import json
import math
import zlib
from collections.abc import Mapping
from enum import Enum, Flag
from pathlib import PurePath

import numpy as np


def plain(value: object) -> object:
    """The value with nothing in it but JSON's own types; bytes become a Python bytes literal."""
    if value is None or (isinstance(value, str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return int(value.value) if isinstance(value, Flag) else plain(value.value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, (bytes, bytearray)):
        return repr(bytes(value))
    return _plain_container(value)


def _plain_container(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, PurePath):
        return value.as_posix()
    raise TypeError(f"a {type(value).__name__} has no place in a ledger: {value!r}")


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces; `value` must be plain."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def crc32(text: str) -> int:
    """Checksum of a text's ASCII bytes."""
    return zlib.crc32(text.encode("ascii"))
