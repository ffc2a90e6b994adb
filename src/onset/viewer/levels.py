"""How pixel values are distributed, and how many are at the camera's end; no Qt in here."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.viewer.spots import Floats

BINS = 128
SOME_PIXELS = 65_536


@dataclass(frozen=True, slots=True)
class Levels:
    """Counts of pixel values between `low` and `high`, from a part of the pixels."""

    low: float
    high: float
    counts: Floats
    saturated: int
    """Pixels of the whole picture at the camera's largest value."""


def levels(image: npt.NDArray[np.generic], saturation: int) -> Levels:
    """Histogram of a picture of shape (height, width)."""
    step = max(round(math.sqrt(image.size / SOME_PIXELS)), 1)
    some = image[::step, ::step].ravel()
    low, high = float(some.min()), float(image.max())
    counts, _ = np.histogram(some, BINS, (low, max(high, low + BINS)))
    full = 0
    if high >= saturation:
        full = int(np.count_nonzero(image.astype(np.float64) >= saturation))
    return Levels(low, max(high, low + BINS), counts.astype(np.float64), full)
