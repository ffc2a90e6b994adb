"""Particles that are lit from the start: found in the mean of the baseline; a lamp seen by them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from onset.analysis.baseline import Baseline
from onset.analysis.compiled import compiled
from onset.analysis.followed import Followed
from onset.analysis.kernels import ZERO, Floats, Image
from onset.analysis.place_fit import fit_place
from onset.analysis.stamps import add_stamp, fit, level_at
from onset.analysis.vectors import LANES

LEAST_LIT_SCORE = 2.25
"""A dimmer one, in noise sd of one frame, cannot raise an alarm when the lamp drifts by a third."""
LEAST_MEAN_SCORE = 6.0
"""... nor one that does not stand out of the noise of the mean, in sd of that."""
LEAST_OVER_PATTERN = 6.0
"""... nor one that does not stand out of the uneven field, in robust sd of that."""
HALF_PX = 4
"""Half width of the pixels that a particle is placed by."""
MAD_TO_SD = 1.4826
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
    width_px: float = 0.0
    """Sigma as the mean image shows it; 0 where it does not."""


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
    uneven = MAD_TO_SD * np.median(np.abs(heights - np.median(heights)))
    places = np.argwhere(top & (scores > least) & (heights > LEAST_OVER_PATTERN * uneven))
    return [
        _placed(
            Lit(float(y), float(x), float(heights[y, x]), float(scores[y, x])),
            baseline,
            psf_sigma_px,
        )
        for y, x in sorted(map(tuple, places), key=lambda at: (-scores[at], at))
    ]


def _placed(lit: Lit, baseline: Baseline, sigma_px: float) -> Lit:
    """Its centre between the pixels, and its width, where the mean image shows them."""
    top, left = max(0, int(lit.y_px) - HALF_PX), max(0, int(lit.x_px) - HALF_PX)
    window = (slice(top, int(lit.y_px) + HALF_PX + 1), slice(left, int(lit.x_px) + HALF_PX + 1))
    weights = baseline.inverse_sd[window].astype(np.float64) ** 2
    seen = baseline.mean[window].astype(np.float64)
    y, x, width_px = fit_place(seen, weights, lit.y_px - top, lit.x_px - left, sigma_px)
    if width_px == 0.0 or max(abs(top + y - lit.y_px), abs(left + x - lit.x_px)) > 1.0:
        return lit
    return replace(lit, y_px=top + y, x_px=left + x, width_px=width_px)


class Lamp:
    """The lamp's brightness: the median over lit particles, taken out of the mean of all."""

    def __init__(self, lit: list[Lit], inverse_sd: Floats, psf_sigma_px: float) -> None:
        self.brightness = 1.0
        self._lit = Followed(psf_sigma_px)
        for place in lit:
            self._lit.add(place.y_px, place.x_px, place.score, inverse_sd)
        self._peaks = np.array([place.peak for place in lit], np.float32)
        self._used = np.ones(len(lit), np.bool_)

    def leave_out(self, y_px: float, x_px: float) -> None:
        """A particle went dark: it says nothing of the lamp any more."""
        away = np.hypot(self._lit.places[:, 0] - y_px, self._lit.places[:, 1] - x_px)
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
        lit = self._lit
        table = lit.table[: lit.count]
        changes = measure_changes(image, mean, level, row_nodes, column_nodes, table, lit.pulls)
        change = np.float32(np.median((changes / self._peaks)[self._used]))
        self.brightness += float(change)
        add_stamps(mean, table, lit.stamps, change * self._peaks * self._used, lit.reach)


@compiled
def measure_changes(
    image: Image,
    mean: Floats,
    level: Floats,
    row_nodes: Floats,
    column_nodes: Floats,
    table: Floats,
    pulls: Floats,
) -> Floats:
    """Change of the peak of every place against the mean, ADU."""
    changes, lanes = np.zeros(table.shape[0], np.float32), np.empty((2, LANES), np.float32)
    for k in range(table.shape[0]):
        place = table[k]
        here = level_at(level, row_nodes, column_nodes, int(place[0]), int(place[1]))
        if place[10] > ZERO:
            changes[k] = fit(image, mean, here, place, pulls[k], lanes)[0] / place[10]
    return changes


@compiled
def add_stamps(mean: Floats, table: Floats, stamps: Floats, amplitudes: Floats, reach: int) -> None:
    """Add a stamp of each amplitude to the mean."""
    for k in range(table.shape[0]):
        add_stamp(mean, table[k], amplitudes[k], stamps[k], reach)
