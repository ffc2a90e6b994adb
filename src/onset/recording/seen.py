"""Marks against what images or a line show of the same: the bias of the stated times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onset.recording.marks import PlacedMark


@dataclass(frozen=True, slots=True)
class SeenMark:
    """One thing done: where the mark says it was, and where the images or a line say."""

    what: str
    step: int | None
    t_s: float
    t_halfwidth_s: float
    seen_s: float
    """In the images: when half of the step had happened."""
    seen_sd_s: float
    bias_s: float
    """Mark minus what was seen."""

    @classmethod
    def of(cls, mark: PlacedMark, seen_s: float, seen_sd_s: float) -> SeenMark:
        """The mark against what was seen."""
        bias_s = mark.t_s - seen_s
        return cls(mark.what, mark.step, mark.t_s, mark.t_halfwidth_s, seen_s, seen_sd_s, bias_s)


@dataclass(frozen=True, slots=True)
class Bias:
    """Mean of all such marks of a film."""

    bias_s: float
    sd_s: float
    """Of the mean."""
    marks: tuple[SeenMark, ...]


def bias_of(seen: Sequence[SeenMark]) -> Bias | None:
    """Their mean, and its standard deviation from their own errors or their scatter."""
    if not seen:
        return None
    biases = np.array([mark.bias_s for mark in seen])
    own_sd = math.hypot(*(mark.seen_sd_s for mark in seen)) / len(seen)
    scatter = float(biases.std(ddof=1)) / math.sqrt(len(seen)) if len(seen) > 1 else 0.0
    return Bias(float(biases.mean()), max(own_sd, scatter), tuple(seen))
