"""Time axes of the window: seconds since injection, in steps that do not jump about."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.viewer.seen import Seen
from onset.viewer.spots import Floats

NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
MOST_BINS = 50
LEAST_ONSET_S = 10.0
"""The colour scale is never shorter."""
NEARLY_ALL = 99.0
"""Per cent of the onsets that set the colour scale's end: one late spot does not."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time from `start_s` to `end_s`, both since `zero_s` of the film."""

    zero_s: float
    start_s: float
    end_s: float

    def bins(self) -> Floats:
        """Edges of a histogram's bins, one of them at 0."""
        width_s = nice_above((self.end_s - self.start_s) / MOST_BINS)
        first = math.floor(self.start_s / width_s + 1e-9)
        last = math.ceil(self.end_s / width_s - 1e-9)
        return np.arange(first, last + 1, dtype=np.float64) * width_s

    def part(self, since_s: Floats) -> Floats:
        """Where times lie on the colour scale: 0 up to zero, 1 at the end and beyond."""
        return np.asarray(np.clip(since_s / self.end_s, 0.0, 1.0), dtype=np.float64)


def film_axis(seen: Seen) -> Axis:
    """From the film's start to its planned end, or a nice number above what there is."""
    planned_s = seen.planned_end_s if seen.status == "running" else None
    latest_s = max(seen.end_s, planned_s or 0.0) - seen.zero_s
    return Axis(seen.zero_s, min(-seen.zero_s, 0.0), nice_above(max(latest_s, 1.0)))


def onset_axis(seen: Seen) -> Axis:
    """From the injection (or the first onset) to a nice number above nearly all onsets."""
    since_s = seen.spots.onset_s - seen.zero_s
    if len(since_s) == 0:
        return Axis(seen.zero_s, 0.0, LEAST_ONSET_S)
    latest_s = max(float(np.percentile(since_s, NEARLY_ALL)), LEAST_ONSET_S)
    earliest_s = min(float(since_s.min()), 0.0)
    return Axis(
        seen.zero_s, -nice_above(-earliest_s) if earliest_s < 0 else 0.0, nice_above(latest_s)
    )


def nice_above(value: float) -> float:
    """The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 (times a power of ten) that is not less."""
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in NICE if step * scale >= value * (1 - 1e-9))


def round_step(value: float) -> float:
    """The next of 1, 2, 5 (times a power of ten) that is not less: steps of a scale."""
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 2, 5, 10) if step * scale >= value * (1 - 1e-9))


def clock_text(t_s: float, injected_s: float | None) -> str:
    """The time that is written into the picture."""
    if injected_s is None:
        return f"t = {t_s:.1f} s"
    return f"t = {minus(f'{t_s - injected_s:+.1f}')} s since injection"


def minus(figure: str) -> str:
    """The figure with a true minus sign: as wide as a plus."""
    return figure.replace("-", "\N{MINUS SIGN}")


def minutes(t_s: float) -> str:
    """`4:35`, `1:02:03`."""
    whole = round(abs(t_s))
    hours, rest = divmod(whole, 3600)
    sign = "\N{MINUS SIGN}" if t_s < -0.5 else ""
    if hours:
        return f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{sign}{rest // 60}:{rest % 60:02d}"
