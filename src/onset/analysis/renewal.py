"""How far each frame moves the mean of the dark pixels, and how many frames have made it."""

from __future__ import annotations

import numpy as np

RENEWAL_STRIDE = 8
MEAN_GAIN = np.float32(RENEWAL_STRIDE / 2000.0)
"""The mean forgets in 2000 frames or more: a turn-on of 100 frames is not swallowed."""
ENOUGH_FRAMES = 300
QUIET_SHARE = 0.5
"""Of the frames so many at least are taken into the mean of a pixel that is dark."""


class Renewal:
    """A mean of few frames becomes better with every frame that is dark, if it `grows`."""

    def __init__(self, frames: int, *, grows: bool) -> None:
        self.known_frames, self._grows = float(frames), grows

    def step(self) -> tuple[int, np.float32]:
        """Every which row's mean is renewed with the next frame, and how much it is moved."""
        if self.known_frames >= ENOUGH_FRAMES or not self._grows:
            return RENEWAL_STRIDE, MEAN_GAIN
        self.known_frames += QUIET_SHARE
        return 1, np.float32(1.0 / (self.known_frames + 1.0))
