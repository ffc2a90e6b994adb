"""How bright every place is in every frame: weighted fits at known places, neighbours together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import spatial

from onset.analysis.block_level import Doubles, Floats, block_levels, mark_near
from onset.analysis.photometry_kernels import NO_WEIGHT, SLOPES, measure_frame

BLOCK_PX = 32
EXAMINED = 4
"""Every so many frames residuals are asked for motion and shape."""
REACH_SIGMAS = 3.0
"""Half width of the pixels that speak for a spot."""
SHARED_SIGMAS = 6.0
"""Spots nearer than this are solved together."""
HIDDEN_SIGMAS = 3.5
"""Pixels nearer than this to a spot say nothing of the field's level."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A stretch of frames; n frames, k spots."""

    amplitude: Floats
    """(n, k), the spot's whole light above its surroundings."""
    sd: Floats
    """(n, k)"""
    background: Floats
    """(n, k), per px."""
    field_sum: Doubles
    """(n,), all pixels."""
    pulls: Doubles
    """(k, 5), what residuals say of y, x, wider in y, wider in x, tilted."""
    strengths: Doubles
    """(k, 5), information behind each pull: pull / strength is the change in px."""


class Photometer:
    """Places, noise and surroundings, ready to measure any frame; frames do not depend on others.

    `places` (k, 2) are y, x in px; `ground` (h, w) the field without spots; `variance` (h, w) its
    noise (infinite for pixels that say nothing), both in the film's unit; `gain` the variance that
    a unit of light adds (gain of the camera times its excess noise).
    """

    def __init__(
        self,
        places: Doubles,
        *,
        psf_sigma_px: float,
        ground: npt.NDArray[Any],
        variance: npt.NDArray[Any],
        gain: float,
    ) -> None:
        self.places = np.ascontiguousarray(places, np.float64).reshape(-1, 2)
        self.ground = np.ascontiguousarray(ground, np.float32)
        self.variance = np.ascontiguousarray(variance, np.float32)
        self.psf_sigma_px, self.gain = float(psf_sigma_px), float(gain)
        self.reach = math.ceil(REACH_SIGMAS * psf_sigma_px)
        self._members, self._starts = groups(self.places, SHARED_SIGMAS * psf_sigma_px)
        self._rows, self._columns = (block_edges(length) for length in self.ground.shape)
        self._row_nodes, self._column_nodes = (
            (edges[:-1] + edges[1:] - 1) / 2.0 for edges in (self._rows, self._columns)
        )
        self.beneath = beneath(self.ground, self.places, self.reach)
        hidden = near(self.ground.shape, self.places, HIDDEN_SIGMAS * psf_sigma_px)
        known = np.isfinite(self.variance) & ~hidden
        weight = np.where(known, 1.0 / np.where(known, self.variance, 1.0), 0.0)
        spread = np.where(np.isfinite(self.variance), self.variance, NO_WEIGHT)
        self._spread = spread.astype(np.float32)
        self._weight = weight.astype(np.float32)

    def at(self, places: Doubles, psf_sigma_px: float, frames: int = 1) -> Photometer:
        """The same field with other centres and width, for means of so many frames."""
        return Photometer(
            places,
            psf_sigma_px=psf_sigma_px,
            ground=self.ground,
            variance=self.variance / frames,
            gain=self.gain / frames,
        )

    def measure(
        self,
        images: Iterable[npt.NDArray[Any]],
        drift_px: Doubles | None = None,
        *,
        frames: int | None = None,
    ) -> Measured:
        """Measure images, (n, h, w) or one by one; `drift_px` (n, 2) moves all places in each.

        `frames` is n, where `images` has no length.
        """
        frames, spots = len(images) if isinstance(images, Sized) else frames or 0, len(self.places)
        amplitude, sd, background = np.zeros((3, frames, spots), np.float32)
        pulls, strengths = np.zeros((2, spots, SLOPES))
        level = np.zeros((self._rows.size - 1, self._columns.size - 1))
        sums = np.empty(frames)
        for n, image in enumerate(images):
            sums[n] = block_levels(
                image, self.ground, self._weight, self._rows, self._columns, level
            )
            places = self.places if drift_px is None else self.places + drift_px[n]
            measure_frame(
                image, self.ground, self._spread, level, self._row_nodes, self._column_nodes,
                self.gain, places, self.psf_sigma_px, self.reach, self._members, self._starts,
                amplitude[n], sd[n], background[n], int(n % EXAMINED == 0), pulls, strengths,
            )  # fmt: skip
        return Measured(amplitude, sd, background + self.beneath, sums, pulls, strengths)


def groups(
    places: Doubles, within_px: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Spots that share light, directly or through others: members, and where each group starts."""
    parents = np.arange(len(places))
    if len(places):
        for a, b in sorted(spatial.cKDTree(places).query_pairs(within_px)):
            low, high = sorted((parents[a], parents[b]))
            parents[parents == high] = low
    order = np.argsort(parents, kind="stable")
    _, sizes = np.unique(parents, return_counts=True)
    return order.astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)


def near(shape: tuple[int, ...], places: Doubles, within_px: float) -> npt.NDArray[np.bool_]:
    """Pixels nearer than `within_px` to a place."""
    mask = np.zeros(shape, np.bool_)
    mark_near(np.ascontiguousarray(places, np.float64).reshape(-1, 2), within_px, mask)
    return mask


def beneath(ground: Floats, places: Doubles, reach: int) -> Floats:
    """Mean of the ground around each place, (k,)."""
    means = np.zeros(len(places), np.float32)
    for k, (y, x) in enumerate(places):
        top, left = max(0, round(y) - reach), max(0, round(x) - reach)
        window = ground[top : round(y) + reach + 1, left : round(x) + reach + 1]
        means[k] = window.mean() if window.size else np.nan
    return means


def isolation(places: Doubles) -> Doubles:
    """Distance to the next place, px; NaN for a single one."""
    if len(places) < 2:
        return np.full(len(places), np.nan)
    distances, _ = spatial.cKDTree(places).query(places, 2)
    nearest: Doubles = np.asarray(distances)[:, 1]
    return nearest


def block_edges(length: int) -> npt.NDArray[np.int32]:
    """Where the blocks begin whose level is measured, and the end of the last one."""
    return np.linspace(0, length, max(1, round(length / BLOCK_PX)) + 1).astype(np.int32)
