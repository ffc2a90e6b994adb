"""Particles that are lit from the start: found in the mean of the baseline; a lamp seen by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.baseline import Baseline
from onset.analysis.compiled import compiled
from onset.analysis.followed import SIZE_PX, add_stamp, draw, fit, level_at, stamp_window
from onset.analysis.kernels import Floats, Image

LEAST_LIT_SCORE = 2.0
"""A dimmer one, in noise sd of one frame, cannot raise an alarm when the lamp drifts by a third."""
LEAST_MEAN_SCORE = 6.0
"""... nor one that does not stand out of the noise of the mean, in sd of that."""
FEWEST_FOR_LAMP = 8
"""With fewer particles their median could be one of them going dark."""


@dataclass(frozen=True, slots=True)
class Lit:
    """A particle lit during the baseline."""

    y_px: float
    x_px: float
    peak: float
    """Height above the ground, ADU."""
    score: float
    """Brightness in noise sd of one frame."""


def find_lit(baseline: Baseline, taps: Floats, psf_sigma_px: float) -> list[Lit]:
    """Local maxima of the mean image, as wide as a particle (hot pixels are narrower)."""
    mean = ndimage.median_filter(baseline.mean, size=3, mode="nearest")
    # the median over 3 x 3 of a Gaussian's top is its value one pixel off
    peak_share = np.exp(-0.5 / psf_sigma_px**2)
    heights = (
        mean - ndimage.gaussian_filter(mean, 4.0 * psf_sigma_px, mode="nearest")
    ) / peak_share
    smooth = ndimage.gaussian_filter(heights, psf_sigma_px / 2.0, mode="nearest")
    top = smooth == ndimage.maximum_filter(smooth, size=7, mode="nearest")
    # a filter's score is amplitude / noise: h = peak * Gaussian, sum of Gaussian^2 over variance
    squared = np.concatenate([taps[:0:-1], taps]) ** 2
    information = baseline.inverse_sd**2
    for axis in (0, 1):
        information = ndimage.correlate1d(information, squared, axis=axis, mode="constant")
    scores = heights * np.sqrt(information)
    least = max(LEAST_LIT_SCORE, LEAST_MEAN_SCORE / np.sqrt(baseline.frames))
    places = np.argwhere(top & (scores > least))
    return [
        Lit(float(y), float(x), float(heights[y, x]), float(scores[y, x]))
        for y, x in sorted(map(tuple, places), key=lambda at: (-scores[at], at))
    ]


class Lamp:
    """The lamp's brightness: the median over lit particles, taken out of the mean of all."""

    def __init__(self, lit: list[Lit], inverse_sd: Floats, psf_sigma_px: float) -> None:
        count = len(lit)
        self.sigma_px = np.float32(psf_sigma_px)
        self.brightness = 1.0
        self._state = np.zeros((count, 10), np.float32)
        self._drawn, self._weights = np.zeros((2, count, SIZE_PX, SIZE_PX), np.float32)
        self._peaks = np.array([place.peak for place in lit], np.float32)
        self._used = np.ones(count, np.bool_)
        for k, place in enumerate(lit):
            self._state[k, :4] = (place.y_px, place.x_px, place.y_px, place.x_px)
            self._weights[k] = stamp_window(inverse_sd, round(place.y_px), round(place.x_px)) ** 2
            draw(self.sigma_px, np.float32(0), np.float32(0), self._drawn[k])

    def leave_out(self, y_px: float, x_px: float) -> None:
        """A particle went dark: it says nothing of the lamp any more."""
        away = np.hypot(self._state[:, 2] - y_px, self._state[:, 3] - x_px)
        self._used[away < 3.0] = False

    def follow(
        self,
        image: npt.NDArray[Any],
        mean: Floats,
        level: Floats,
        row_nodes: Floats,
        column_nodes: Floats,
    ) -> None:
        """Measure this frame's lamp and move `mean` along at every particle in use."""
        if np.count_nonzero(self._used) < FEWEST_FOR_LAMP:
            return
        changes = measure_changes(
            image, mean, level, row_nodes, column_nodes, self.sigma_px,
            self._state, self._drawn, self._weights,
        )  # fmt: skip
        change = np.float32(np.median((changes / self._peaks)[self._used]))
        self.brightness += float(change)
        scale_stamps(mean, self._state, self._drawn, change * self._peaks * self._used)


@compiled
def measure_changes(
    image: Image,
    mean: Floats,
    level: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    sigma: np.float32,
    state: Floats,
    drawn: Floats,
    weights: Floats,
) -> Floats:
    """Change of the peak of every place against the mean, ADU."""
    changes = np.zeros(state.shape[0], np.float32)
    for k in range(state.shape[0]):
        y, x = int(state[k, 0]), int(state[k, 1])
        here = level_at(level, row_nodes, column_nodes, y, x)
        changes[k] = fit(image, mean, here, y, x, sigma, state[k], drawn[k], weights[k])[0]
    return changes


@compiled
def scale_stamps(mean: Floats, state: Floats, drawn: Floats, amplitudes: Floats) -> None:
    """Add a stamp of each amplitude to the mean."""
    for k in range(state.shape[0]):
        add_stamp(mean, int(state[k, 0]), int(state[k, 1]), amplitudes[k], drawn[k])
