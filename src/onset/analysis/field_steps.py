"""When the whole field changes at once, as by another exposure or gain, and its pattern with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from onset.analysis.compiled import compiled
from onset.analysis.kernels import ONE, Floats, Image, row_between, spread

FRAMES = 8
"""A step is believed, and measured, after so many frames."""
STEP_SD = 1.0
"""A smaller step, in noise sd of a pixel, is within what the level of the field takes out."""
STEADY_SHARE = 0.3
"""Before and after it the field changes by less than this share of the step."""
LONGEST_WAITS = 0.125
"""A field that jumps more often than this share of the frames flickers: nothing waits for it."""
ODD_SD = 4.5
"""So far from its neighbours a pixel is not by chance."""


class FieldSteps:
    """Watches the mean level of the field, frame by frame, in noise sd of a pixel."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=2 * FRAMES)
        self._since, self._quiet = FRAMES, 0
        self._waits = False

    @property
    def waits(self) -> bool:
        """Just after a jump: alarms are looked at when it is known what it was."""
        return self._waits

    def step(self, level_sd: float) -> bool:
        """Take in a frame; whether a step is certain now that came `FRAMES` frames ago."""
        jumped = bool(self._levels) and abs(level_sd - self._levels[-1]) > STEP_SD
        self._levels.append(level_sd)
        self._quiet += 1
        if jumped and not self._waits:
            self._waits = self._quiet > FRAMES / LONGEST_WAITS
            self._since, self._quiet = 0, 0
        self._since += 1
        if self._since != FRAMES:
            return False
        self._waits = False
        return self._is_step()

    def _is_step(self) -> bool:
        if len(self._levels) < 2 * FRAMES:
            return False
        before, after = np.array(self._levels).reshape(2, FRAMES)
        size = abs(float(after.mean() - before.mean()))
        return size > STEP_SD and max(np.ptp(before), np.ptp(after)) < STEADY_SHARE * size


def pattern_change(
    mean: Floats,
    inverse_sd: Floats,
    kept: Sequence[tuple[Image, Floats]],
    nodes: tuple[Floats, Floats],
) -> Floats:
    """What to add to `mean`, (h, w) ADU, for pixels that have come to differ from their neighbours.

    Dark currents of hot pixels grow with exposure and gain. A spot that turned on just then is
    wider than a pixel and stays. `inverse_sd` is 0 where spots shine; `kept` are frames since the
    step with the level of each at the `nodes`.
    """
    residual = np.zeros_like(mean)
    for image, level in kept:
        add_residual(image, mean, level, *nodes, np.float32(1.0 / len(kept)), residual)
    away = residual - ndimage.median_filter(residual, 3, mode="nearest")
    scaled = away * inverse_sd
    spread_sd = 1.4826 * float(np.median(np.abs(scaled[inverse_sd > 0.0])))
    return np.where(np.abs(scaled) > ODD_SD * spread_sd, away, 0.0).astype(np.float32)


@compiled
def add_residual(
    image: Image,
    mean: Floats,
    level: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    share: np.float32,
    out: Floats,
) -> None:
    """Add a share of what an image has above mean and level."""
    levels = np.empty((level.shape[0], image.shape[1]), np.float32)
    here = np.empty(image.shape[1], np.float32)
    spread(level, column_nodes, levels)
    for y in range(image.shape[0]):
        row_between(levels, row_nodes, y, ONE, here)
        for x in range(image.shape[1]):
            out[y, x] += share * (np.float32(image[y, x]) - mean[y, x] - here[x])
