"""Light that the camera saw come or go, against the marks of who switched it: the clocks' bias."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from onset.recording.marks import PlacedMark
from onset.recording.read import Recording
from onset.recording.seen import Bias, SeenMark, bias_of

Floats = npt.NDArray[np.float64]

SWITCHES = ("shutter-open", "shutter-close", "set")
"""Marks of things that can change the light."""
BESIDE = 8
"""Frames that are looked at on either side of a mark."""
LEAST_FRAMES = 5
"""Two before the step, the one in which it lies, two after it."""
LEAST_CONTRAST = 8.0
"""Steps smaller than this many standard deviations of a frame's mean are none."""


def light_bias(recording: Recording, marks: list[PlacedMark]) -> Bias | None:
    """Bias of the stated times against the images; None where no switch of the light is seen."""
    switches = sorted((mark for mark in marks if mark.what in SWITCHES), key=lambda mark: mark.t_s)
    ends_s = [-math.inf, *(mark.t_s for mark in switches), math.inf]
    seen = [
        _seen(recording, mark, (before_s, after_s))
        for mark, before_s, after_s in zip(switches, ends_s[:-2], ends_s[2:], strict=True)
    ]
    return bias_of([found for found in seen if found is not None])


def step_in(means: Floats, starts_s: Floats, exposure_s: float) -> tuple[float, float] | None:
    """When the light changed, and the standard deviation of that, s; None where it did not.

    `means` (n,) are frames' mean intensities, `starts_s` (n,) their starts of exposure. The frame
    in which it happened has the mean of before and after in proportion to the time of each.
    Between two exposures nothing is seen: such a change is put in the middle of the pause.
    """
    n = len(means)
    if n < LEAST_FRAMES:
        return None
    split = _best_split(means)
    before, after = means[: max(split - 1, 1)], means[split + 2 :]
    if len(before) < 2 or len(after) < 2:
        return None
    low, high = float(np.median(before)), float(np.median(after))
    noise = max(_scatter(before), _scatter(after), 1e-12)
    contrast = (high - low) / noise
    if abs(contrast) < LEAST_CONTRAST:
        return None
    around = slice(split - 1, split + 2)
    dark = float(np.sum((high - means[around]) / (high - low)))  # exposures before the change
    return _dated(min(max(dark, 0.0), 3.0), starts_s[around], exposure_s, 2 / abs(contrast))


def _seen(recording: Recording, mark: PlacedMark, others_s: tuple[float, float]) -> SeenMark | None:
    """From the frames around a mark, but not beyond the switches before and after it: a flash."""
    if len(recording) == 0:
        return None
    at = recording.at(mark.t_s)
    first, last = max(at - BESIDE, 0), min(at + BESIDE + 1, len(recording))
    if math.isfinite(others_s[0]):
        first = max(first, recording.at(others_s[0]) + 2)
    if math.isfinite(others_s[1]):
        last = min(last, recording.at(others_s[1]) - 1)
    if last - first < LEAST_FRAMES or np.any(np.diff(recording.numbers[first:last]) != 1):
        return None  # the frame in question may be among the missing
    exposures_s = recording.exposures_s[first:last]
    if not np.all(exposures_s == exposures_s[0]):
        return None  # means of unlike exposures do not compare
    means = np.array([recording[i].mean(dtype=np.float64) for i in range(first, last)])
    found = step_in(means, recording.times_s[first:last], float(exposures_s[0]))
    if found is None:
        return None
    return SeenMark.of(mark, *found)


def _best_split(means: Floats) -> int:
    """Index of the frame in which a step lies: the smallest squares around two levels."""
    n = len(means)
    costs = [means[:i].var() * i + means[i + 1 :].var() * (n - i - 1) for i in range(1, n - 1)]
    return 1 + int(np.argmin(costs))


def _scatter(values: Floats) -> float:
    """Standard deviation without slow changes."""
    return float(np.std(np.diff(values)) / math.sqrt(2)) if len(values) > 2 else 0.0


def _dated(dark: float, starts_s: Floats, exposure_s: float, sd: float) -> tuple[float, float]:
    """Time after `dark` (+- `sd`) of these exposures, and its standard deviation, s."""
    edge = round(dark)
    ends_s = starts_s + exposure_s
    if 0 < edge < len(starts_s) and abs(dark - edge) < 3 * sd:
        pause_s = max(float(starts_s[edge] - ends_s[edge - 1]), 0.0)
        middle_s = float(starts_s[edge] + ends_s[edge - 1]) / 2
        off_s = (dark - edge) * exposure_s if pause_s < exposure_s / 10 else 0.0
        return middle_s + off_s, math.hypot(sd * exposure_s, pause_s / math.sqrt(12))
    frame = min(int(dark), len(starts_s) - 1)
    return float(starts_s[frame]) + (dark - frame) * exposure_s, sd * exposure_s
