"""What one recording found, and recordings of the same condition taken together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Floats = npt.NDArray[np.float64]
FEWEST = 3
"""Crystals that make a mean with an error."""
TAIL = 10
"""Of the first crystals, that tell how well the very first is known."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """What is held the same between recordings that belong together."""

    reagent: str
    direction: str
    irradiance_uw_cm2: float | None
    wavelength_nm: float | None
    ug_per_ml: float | None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over n crystals, s."""

    n: int
    mean_s: float
    sd_s: float
    """Spread of the crystals."""
    error_s: float
    """Standard error of the mean; relative to the first crystal it contains that of the first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times of the single crystals of one field, s; arrays (n,)."""

    name: str
    condition: Condition
    onset_s: Floats
    """3-sigma onsets, since the first frame."""
    t0_s: Floats
    """Centres of the rises."""
    tau_s: Floats
    injection_s: float | None
    arrival_s: float | None
    censored: int
    clusters: int
    dose_mj_per_cm2: float | None = None

    @property
    def since_first_s(self) -> Floats:
        """Waiting times as in the paper."""
        return self.onset_s - self.onset_s.min() if self.onset_s.size else self.onset_s

    @property
    def centre_since_first_s(self) -> Floats:
        """The same of the centres, which do not depend on brightness."""
        return self.t0_s - self.t0_s.min() if self.t0_s.size else self.t0_s

    @property
    def since_q05_s(self) -> Floats:
        """Since 5 % of all single crystals had switched."""
        return (
            self.onset_s - float(np.quantile(self.onset_s, 0.05))
            if self.onset_s.size
            else self.onset_s
        )


def outcome_of(
    name: str,
    condition: Condition,
    spots: pd.DataFrame,
    *,
    injection_s: float | None = None,
    arrival_s: float | None = None,
    dose_mj_per_cm2: float | None = None,
) -> Outcome:
    """The times of one field, from its table of spots: singles whose switch was seen count.

    `spots` has the columns `kind`, `censored`, `onset_s`, `t0_s`, `tau_s` (s since the first frame,
    NaN where not known); injection and arrival are in the same time.
    """
    single = spots[spots["kind"] == "single"]
    seen = single[~single["censored"].astype(bool)]
    return Outcome(
        name,
        condition,
        _known(seen["onset_s"]),
        _known(seen["t0_s"]),
        _known(seen["tau_s"]),
        injection_s,
        arrival_s,
        int(single["censored"].astype(bool).sum()),
        int((spots["kind"] == "cluster").sum()),
        dose_mj_per_cm2,
    )


def together(outcomes: Iterable[Outcome]) -> list[tuple[Condition, list[Outcome]]]:
    """Recordings by condition, in order of concentration within each series."""
    ordered = sorted(outcomes, key=lambda one: (_order(one.condition), one.name))
    return [(key, list(some)) for key, some in groupby(ordered, key=lambda one: one.condition)]


def mean_of(values: Floats) -> Mean | None:
    """Of independent times; None for fewer than three."""
    if values.size < FEWEST:
        return None
    sd = float(values.std(ddof=1))
    return Mean(values.size, float(values.mean()), sd, sd / math.sqrt(values.size))


def mean_since_first(values: Floats) -> Mean | None:
    """Of times counted from the smallest of them: the error of that one shifts all.

    Its standard deviation is that of the smallest of n normal draws whose ten smallest lie as far
    apart as those of the sample. It is some 30 % too large for a tail as short as that
    of a gamma distribution of order 8, some 15 % too small for one as long as an exponential.
    """
    plain = mean_of(values)
    if plain is None:
        return None
    _, first_sd = smallest_of(plain.n)
    scale = spacing(np.sort(values)) / spacing(normal_scores(plain.n))
    return replace(plain, error_s=math.hypot(plain.error_s, first_sd * scale))


@lru_cache
def smallest_of(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the smallest of n standard normal draws."""
    part = (np.arange(4000) + 0.5) / 4000
    draws = stats.norm.ppf(-np.expm1(np.log1p(-part) / n))
    return float(draws.mean()), float(draws.std())


def normal_scores(n: int) -> Floats:
    """Where n standard normal draws lie in order, on average (Blom 1958)."""
    scores: Floats = stats.norm.ppf((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    return scores


def spacing(ordered: Floats) -> float:
    """Scale of the lower tail: mean of j (x[j + 1] - x[j]) over the ten smallest (Renyi 1953)."""
    lowest = ordered[: TAIL + 1]
    return float(np.mean(np.arange(1, lowest.size) * np.diff(lowest)))


def pooled(means: Sequence[Mean]) -> Mean | None:
    """Fields of one condition: weighted by their errors; widened where fields differ by more."""
    if not means:
        return None
    if len(means) == 1:
        return means[0]
    weight = np.array([1.0 / one.error_s**2 if one.error_s > 0 else 1.0 for one in means])
    values = np.array([one.mean_s for one in means])
    mean = float((weight * values).sum() / weight.sum())
    chi2 = float((weight * (values - mean) ** 2).sum()) / (len(means) - 1)
    n = sum(one.n for one in means)
    inner = sum((one.n - 1) * one.sd_s**2 for one in means) / max(n - len(means), 1)
    error = math.sqrt(max(chi2, 1.0) / weight.sum())
    return Mean(n, mean, math.sqrt(inner), float(error))


def _known(column: pd.Series) -> Floats:
    values = column.to_numpy(dtype=float)
    finite: Floats = values[np.isfinite(values)]
    return finite


def _order(condition: Condition) -> tuple[object, ...]:
    return (
        condition.reagent,
        condition.direction,
        condition.irradiance_uw_cm2 or 0.0,
        condition.wavelength_nm or 0.0,
        -1.0 if condition.ug_per_ml is None else condition.ug_per_ml,
    )
