"""Spots that the live detector wrote into the recording, as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from onset.errors import RecordingFault

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spot:
    """One line of live_spots.jsonl."""

    spot: int
    y_px: float
    x_px: float
    direction: str
    detected_frame: int
    onset_frame: int
    onset_s: float
    score: float


@dataclass(frozen=True, slots=True)
class Spots:
    """Columns of n spots, in the order in which they were found."""

    number: Ints
    y_px: Floats
    x_px: Floats
    turned_off: Bools
    onset_s: Floats
    """Time of the film, s."""
    detected_frame: Ints

    def __len__(self) -> int:
        return len(self.number)

    def followed_by(self, newer: Spots) -> Spots:
        """These, then the newer ones."""
        both = {
            field.name: np.concatenate((getattr(self, field.name), getattr(newer, field.name)))
            for field in fields(self)
        }
        return Spots(**both)


NAMES = tuple(field.name for field in fields(Spot))


def parse_spot(line: bytes) -> Spot:
    """The spot of one line; what else the line holds is left to later readers."""
    try:
        record = json.loads(line)
        return Spot(**{name: record[name] for name in NAMES})
    except (ValueError, KeyError, TypeError) as error:
        shown = line[:60].decode("utf-8", "replace").strip()
        raise RecordingFault(f"live_spots.jsonl: not a spot ({error!r}): {shown}") from None


def as_columns(spots: Iterable[Spot]) -> Spots:
    """Spots as columns."""
    rows = list(spots)
    return Spots(
        number=np.array([spot.spot for spot in rows], np.int64),
        y_px=np.array([spot.y_px for spot in rows], np.float64),
        x_px=np.array([spot.x_px for spot in rows], np.float64),
        turned_off=np.array([spot.direction == "off" for spot in rows], np.bool_),
        onset_s=np.array([spot.onset_s for spot in rows], np.float64),
        detected_frame=np.array([spot.detected_frame for spot in rows], np.int64),
    )


NO_SPOTS = as_columns([])
