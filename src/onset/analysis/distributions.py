"""A sample of times as the paper shows it: histogram, Gaussian fit, width, bootstrap intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles

FWHM_PER_SD = 2.0 * math.sqrt(2.0 * math.log(2.0))
RESAMPLES = 500
ROUNDS = 30
FEWEST_TO_FIT = 5
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Distribution:
    """Intervals hold 95 %, by bootstrap; NaN where there are too few values."""

    n: int
    mean: float
    sd: float
    median: float
    sem: float
    """Standard error of the mean."""
    gauss_mean: float
    gauss_sd: float
    fwhm: float
    """Of the fitted Gaussian."""
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    """95 % by bootstrap: mean, sd, median, gauss_mean, gauss_sd, fwhm."""
    edges: list[float] = field(default_factory=list)
    """Of the histogram's bins."""
    counts: list[int] = field(default_factory=list)


def describe(values: npt.ArrayLike, *, seed: int = 0) -> Distribution:
    """A sample (n,) in any unit: moments, histogram, Gaussian, 95 % intervals; NaN are left out.

    Bins by Freedman and Diaconis (1981), at most 199; the Gaussian is fitted to the counts by least
    squares, as in the paper, and its fwhm is 2 sqrt(2 ln 2) sd. Intervals are percentiles of 500
    bootstrap samples (Efron 1979) drawn from `seed`: that of the mean holds the truth 91 % of the
    time with 30 values, 94 % with 100. Below five values there is neither fit nor interval.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    n = known.size
    if n == 0:
        return Distribution(0, NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    sd = float(known.std(ddof=1)) if n > 1 else NAN
    mean, median = float(known.mean()), float(np.median(known))
    if n < FEWEST_TO_FIT or not sd > 0.0:
        return Distribution(n, mean, sd, median, sd / math.sqrt(n), NAN, NAN, NAN)
    edges = np.histogram_bin_edges(known, "fd")
    if edges.size > 200:
        edges = np.linspace(edges[0], edges[-1], 200)
    rng = np.random.default_rng(seed)
    again = known[rng.integers(0, n, (RESAMPLES, n))]
    counts = np.vstack([np.histogram(sample, edges)[0] for sample in (known, *again)])
    centres, sds = fit_gaussians(edges, counts.astype(np.float64))
    return Distribution(
        n,
        mean,
        sd,
        median,
        sd / math.sqrt(n),
        float(centres[0]),
        float(sds[0]),
        FWHM_PER_SD * float(sds[0]),
        {
            "mean": _middle(again.mean(axis=1)),
            "sd": _middle(again.std(axis=1, ddof=1)),
            "median": _middle(np.median(again, axis=1)),
            "gauss_mean": _middle(centres[1:]),
            "gauss_sd": _middle(sds[1:]),
            "fwhm": _middle(FWHM_PER_SD * sds[1:]),
        },
        edges.tolist(),
        counts[0].tolist(),
    )


def fit_gaussians(edges: Doubles, counts: Doubles) -> tuple[Doubles, Doubles]:
    """Least squares of height, centre and sd to histograms (m, bins) on common edges; Gauss-Newton.

    Returns centres and standard deviations, (m,); NaN where it does not converge.
    """
    x = (edges[:-1] + edges[1:]) / 2.0
    total = counts.sum(axis=1)
    centre = counts @ x / total
    sd = np.sqrt(np.maximum(counts @ x**2 / total - centre**2, (edges[1] - edges[0]) ** 2))
    height = total * (edges[1] - edges[0]) / (sd * math.sqrt(2 * math.pi))
    fit = np.stack([height, centre, np.log(sd)], axis=1)
    span = edges[-1] - edges[0]
    for _ in range(ROUNDS):
        z = (x - fit[:, 1:2]) * np.exp(-fit[:, 2:3])
        bell = np.exp(-0.5 * z**2)
        lit = fit[:, :1] * bell
        slopes = np.stack([bell, lit * z * np.exp(-fit[:, 2:3]), lit * z**2], axis=2)
        normal = np.einsum("mbi,mbj->mij", slopes, slopes)
        normal += 1e-3 * np.einsum("mii->mi", normal)[:, :, None] * np.eye(3) + 1e-12 * np.eye(3)
        step = np.linalg.solve(normal, np.einsum("mbi,mb->mi", slopes, counts - lit)[:, :, None])
        bound = np.array([np.inf, 0.2 * span, 0.5])
        fit = fit + np.clip(step[:, :, 0], -bound, bound)
    centre, sd = fit[:, 1], np.exp(fit[:, 2])
    good = (fit[:, 0] > 0) & (np.abs(centre - x.mean()) < 2 * span) & (sd < 3 * span)
    return np.where(good, centre, NAN), np.where(good, sd, NAN)


def _middle(values: Doubles) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if known.size < RESAMPLES // 2:
        return NAN, NAN
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
