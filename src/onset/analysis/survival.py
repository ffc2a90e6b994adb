"""Share of spots that have not switched by a time; those that never did are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class NotSwitched:
    """Kaplan-Meier curve; each value holds from its time on, the bounds hold 95 %."""

    t_s: list[float]
    part: list[float]
    low: list[float]
    high: list[float]


def kaplan_meier(times_s: npt.ArrayLike, censored: npt.ArrayLike) -> NotSwitched:
    """Part of the spots that have not switched by a time; `times_s`, `censored` (n,).

    `times_s` are seconds from any zero, NaN is left out; a spot that is `censored` had not
    switched by its time, and counts as such until then. One value per time at which any switched.
    Product limit of Kaplan and Meier (1958); the bounds hold 95 % by Greenwood's variance of
    log(-log S) (Kalbfleisch and Prentice). Raises ValueError for arrays of unequal length.
    """
    times, dark_yet = np.asarray(times_s, np.float64), np.asarray(censored, np.bool_)
    if times.shape != dark_yet.shape:
        raise ValueError(f"{times.shape} times, but {dark_yet.shape} are told to be censored")
    known = np.isfinite(times)
    times, dark_yet = times[known], dark_yet[known]
    steps = np.unique(times[~dark_yet])
    risk = np.array([np.count_nonzero(times >= t) for t in steps], np.float64)
    events = np.array([np.count_nonzero(times[~dark_yet] == t) for t in steps], np.float64)
    dark = np.cumprod(1.0 - events / np.maximum(risk, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (risk * np.maximum(risk - events, 0.0)))
        width = 1.96 * np.sqrt(greenwood) / np.abs(np.log(dark))
        low, high = dark ** np.exp(width), dark ** np.exp(-width)
    low, high = (np.where(np.isfinite(bound), bound, dark) for bound in (low, high))
    return NotSwitched(steps.tolist(), dark.tolist(), low.tolist(), high.tolist())
