"""Share of spots that have not switched by a time; those that never did are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles


@dataclass(frozen=True, slots=True)
class NotSwitched:
    """Kaplan-Meier curve; each value holds from its time on, the bounds hold 95 %."""

    t_s: list[float]
    part: list[float]
    low: list[float]
    high: list[float]


def kaplan_meier(times_s: Doubles, censored: npt.NDArray[np.bool_]) -> NotSwitched:
    """Kaplan-Meier's estimate; a censored spot had not switched by its time.

    Bounds by Greenwood's variance of log(-log S).
    """
    known = np.isfinite(times_s)
    times_s, censored = times_s[known], censored[known]
    steps = np.unique(times_s[~censored])
    risk = np.array([np.count_nonzero(times_s >= t) for t in steps], np.float64)
    events = np.array([np.count_nonzero(times_s[~censored] == t) for t in steps], np.float64)
    dark = np.cumprod(1.0 - events / np.maximum(risk, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (risk * np.maximum(risk - events, 0.0)))
        width = 1.96 * np.sqrt(greenwood) / np.abs(np.log(dark))
        low, high = dark ** np.exp(width), dark ** np.exp(-width)
    low, high = (np.where(np.isfinite(bound), bound, dark) for bound in (low, high))
    return NotSwitched(steps.tolist(), dark.tolist(), low.tolist(), high.tolist())
