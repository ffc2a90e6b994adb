"""A histogram with the Gaussian fitted to it, from numbers that are known already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes


def draw_histogram(
    axes: Axes,
    edges: npt.ArrayLike,
    counts: npt.ArrayLike,
    gauss_mean: float | None,
    gauss_sd: float | None,
    colour: str,
) -> None:
    """Bars, and the curve where there is a fit."""
    at, heights = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    axes.bar(
        at[:-1], heights, np.diff(at), align="edge", color=colour, alpha=0.28, ec="white", lw=0.4
    )
    if gauss_mean is None or not gauss_sd or not np.isfinite(gauss_mean):
        return
    x = np.linspace(at[0] - 0.5 * gauss_sd, at[-1] + 0.5 * gauss_sd, 300)
    height = heights.sum() * (at[1] - at[0]) / (gauss_sd * np.sqrt(2 * np.pi))
    axes.plot(x, height * np.exp(-0.5 * ((x - gauss_mean) / gauss_sd) ** 2), color=colour)
