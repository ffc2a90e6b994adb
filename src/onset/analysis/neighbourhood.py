"""Whether spots turn on in the order of their places: rank correlations, Moran's I."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import spatial, stats

from onset.analysis.logistic import Doubles

NEIGHBOURS = 5
PERMUTATIONS = 999
FEWEST = 8
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class PositionCheck:
    """Correlation of times with place; p is the least of three, times three (Bonferroni)."""

    n: int
    rho_x: float
    p_x: float
    rho_y: float
    p_y: float
    moran_i: float
    p_moran: float
    p: float


def check_positions(
    y_px: npt.ArrayLike, x_px: npt.ArrayLike, times_s: npt.ArrayLike, *, seed: int = 0
) -> PositionCheck:
    """Whether times depend on places; `y_px`, `x_px`, `times_s` (n,), times that are NaN left out.

    Spearman's rho with x and with y, and Moran's I (1950) with equal weights for the five nearest
    neighbours. All p-values are two-sided, from the same 999 permutations of the times, drawn from
    `seed`. Below eight times, or where all are alike, everything is NaN. Raises ValueError for
    arrays of unequal length.
    """
    y_px, x_px, times_s = (np.asarray(one, np.float64) for one in (y_px, x_px, times_s))
    if not y_px.shape == x_px.shape == times_s.shape:
        raise ValueError(f"{y_px.shape}, {x_px.shape}, {times_s.shape}: lengths differ")
    known = np.isfinite(times_s)
    y_px, x_px, times_s = y_px[known], x_px[known], times_s[known]
    n = times_s.size
    if n < FEWEST or np.ptp(times_s) == 0.0:
        return PositionCheck(n, NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    places = np.column_stack([y_px, x_px])
    neighbours = spatial.cKDTree(places).query(places, min(NEIGHBOURS, n - 1) + 1)[1]
    neighbours = np.asarray(neighbours)[:, 1:]
    rng = np.random.default_rng(seed)
    orders = np.vstack([np.arange(n), *(rng.permutation(n) for _ in range(PERMUTATIONS))])
    ranks = _standard(stats.rankdata(times_s))
    rho_x = ranks[orders] @ _standard(stats.rankdata(x_px)) / n
    rho_y = ranks[orders] @ _standard(stats.rankdata(y_px)) / n
    away = _standard(times_s)[orders]
    moran = np.mean(away * away[:, neighbours].mean(axis=2), axis=1)
    p_x, p_y, p_moran = (_p(series) for series in (rho_x, rho_y, moran))
    return PositionCheck(
        n, float(rho_x[0]), p_x, float(rho_y[0]), p_y, float(moran[0]), p_moran,
        min(1.0, 3.0 * min(p_x, p_y, p_moran)),
    )  # fmt: skip


def _standard(values: Doubles) -> Doubles:
    spread = values.std()
    centred: Doubles = (values - values.mean()) / (spread if spread > 0.0 else 1.0)
    return centred


def _p(series: Doubles) -> float:
    """Share of the permutations that are at least as far from their mean as the first."""
    away = np.abs(series - series[1:].mean())
    return float(np.mean(away[1:] >= away[0] - 1e-12) * PERMUTATIONS + 1) / (PERMUTATIONS + 1)
