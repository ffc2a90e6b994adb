"""What the spots of a recording say together: waiting, switching, blinking, order in space."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from onset.analysis.distributions import Distribution, describe
from onset.analysis.logistic import Doubles
from onset.analysis.neighbourhood import check_positions
from onset.analysis.outcomes import mean_since_first
from onset.analysis.survival import kaplan_meier

SINGLE, CLUSTER, STEADY, UNCERTAIN = "single", "cluster", "steady", "uncertain"
EARLY_QUANTILE = 0.05
NORMAL_95 = 1.96
"""Standard errors to either side that hold 95 %."""


def add_waiting(spots: pd.DataFrame, injected_s: float, arrived_s: float) -> pd.DataFrame:
    """Times of each spot since the injection, since arrival, since the first and the 5 % quantile.

    `spots` has the columns `kind`, `onset_s`, `t0_s`; both times are s of the same clock, NaN where
    not known. Adds `waiting_s`, `waiting_since_arrival_s`, `waiting_relative_s`,
    `waiting_since_q05_s`, `t0_since_injection_s`. The first and the quantile are those of the
    singles; a time that is not known is NaN.
    """
    onsets = spots["onset_s"]
    singles = onsets[spots["kind"] == SINGLE].dropna()
    first_s = float(singles.min()) if len(singles) else math.nan
    early_s = float(singles.quantile(EARLY_QUANTILE)) if len(singles) else math.nan
    return spots.assign(
        waiting_s=onsets - injected_s,
        waiting_since_arrival_s=onsets - arrived_s,
        waiting_relative_s=onsets - first_s,
        waiting_since_q05_s=onsets - early_s,
        t0_since_injection_s=spots["t0_s"] - injected_s,
    )


def sum_up(spots: pd.DataFrame, end_s: float, injected_s: float) -> dict[str, Any]:
    """The document of populations.json but for the ensemble; only singles count.

    `spots` has the columns of `spots.parquet`, with those of `add_waiting`; times are s. `end_s` is
    the end of the film: spots that had not switched by then are censored there.
    """
    singles = spots[spots["kind"] == SINGLE]
    switched = singles[~singles["censored"]]
    blinking = singles[singles["blinks"] & singles["degraded_s"].isna()]
    degraded = singles["degraded_s"] - singles["onset_s"]
    return {
        "n_spots": len(spots),
        "n_single": len(singles),
        "n_cluster": int((spots["kind"] == CLUSTER).sum()),
        "n_steady": int((spots["kind"] == STEADY).sum()),
        "n_uncertain": int((spots["kind"] == UNCERTAIN).sum()),
        "n_censored": int(spots["censored"].sum()),
        "n_tau_limit": int(singles["tau_upper_s"].notna().sum()),
        "waiting": asdict(describe(_known(singles["waiting_s"]))),
        "waiting_since_arrival": asdict(describe(_known(singles["waiting_since_arrival_s"]))),
        "waiting_relative": asdict(since_first(_known(singles["waiting_relative_s"]))),
        "waiting_since_q05": asdict(describe(_known(singles["waiting_since_q05_s"]))),
        "switching": asdict(describe(_known(switched["tau_s"]))),
        "kaplan_meier": asdict(_not_switched(spots, end_s, injected_s)),
        "position": asdict(
            check_positions(
                _known(singles["y_px"]), _known(singles["x_px"]), _known(singles["onset_s"])
            )
        ),
        "blinking": {
            "n": len(blinking),
            "on_s": _median(blinking["on_s"]),
            "off_s": _median(blinking["off_s"]),
        },
        "degradation": {
            "n": int(degraded.notna().sum()),
            "mean_s": float(degraded.mean()),
            **_lifetime(singles, end_s),
        },
    }


def as_json(document: Any) -> Any:
    """Numbers that JSON does not know become null."""
    if isinstance(document, dict):
        return {key: as_json(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [as_json(value) for value in document]
    if isinstance(document, float | np.floating):
        return float(document) if math.isfinite(document) else None
    if isinstance(document, np.integer):
        return int(document)
    return document


def since_first(values: Doubles) -> Distribution:
    """The first crystal's own scatter shifts all: more than resampling of the others tells."""
    told, mean = describe(values), mean_since_first(values[np.isfinite(values)])
    if mean is None:
        return told
    reach = NORMAL_95 * mean.error_s
    intervals = {**told.intervals, "mean": (told.mean - reach, told.mean + reach)}
    return replace(told, sem=mean.error_s, intervals=intervals)


def _lifetime(singles: pd.DataFrame, end_s: float) -> dict[str, float]:
    """Exponential law by likelihood: all light that was seen over the number that went dark."""
    lit = singles[(singles["direction"] == "on") & singles["onset_s"].notna()]
    dark = int(lit["degraded_s"].notna().sum())
    seen_s = float((lit["degraded_s"].fillna(end_s) - lit["onset_s"]).clip(lower=0.0).sum())
    mean_s = seen_s / dark if dark else math.nan
    return {
        "lifetime_s": mean_s,
        "lifetime_sd_s": mean_s / math.sqrt(dark) if dark else math.nan,
    }


def _not_switched(spots: pd.DataFrame, end_s: float, injected_s: float) -> Any:
    """Since the injection (since the first frame where there was none)."""
    known = spots[spots["kind"].isin([SINGLE, STEADY]) & ~_lit_before(spots)]
    dark = (known["onset_s"].isna()).to_numpy(np.bool_)
    start_s = injected_s if math.isfinite(injected_s) else 0.0
    times = known["onset_s"].fillna(end_s).to_numpy(np.float64) - start_s
    return kaplan_meier(times, dark)


def _lit_before(spots: pd.DataFrame) -> pd.Series[bool]:
    """Lit from the start of a film in which spots turn on: they tell nothing of turning on."""
    return (spots["kind"] == STEADY) & (spots["direction"] == "on")


def _known(column: pd.Series[float]) -> Doubles:
    return np.asarray(column, np.float64)


def _median(column: pd.Series[float]) -> float:
    return float(column.median()) if column.notna().any() else math.nan
