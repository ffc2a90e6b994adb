"""Many recordings against each other: a table, laws, the preferred model, contrasts; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from onset.analysis.laws import Law, Parameter, fit_law
from onset.analysis.outcomes import (
    Condition,
    Floats,
    Mean,
    Outcome,
    mean_of,
    mean_since_first,
    pooled,
    together,
)
from onset.analysis.preference import Preference, Times, prefer

MANY_CENSORED = 0.2
UNEQUAL = 1.25
"""Ratio of crystal counts from which times since the first cannot be compared as they are."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition: all its recordings together. Times in s; None where too few are known."""

    condition: Condition
    recordings: tuple[str, ...]
    n: int
    """Single crystals whose switch was seen."""
    field_n: float
    """Of them in one recording, on average."""
    censored: int
    clusters: int
    dose_mj_per_cm2: float | None
    waiting_relative: Mean | None
    waiting_q05: Mean | None
    waiting_arrival: Mean | None
    centre_relative: Mean | None
    tau: Mean | None


@dataclass(frozen=True, slots=True)
class Series:
    """Conditions that differ in concentration only, with their laws."""

    reagent: str
    direction: str
    irradiance_uw_cm2: float | None
    wavelength_nm: float | None
    rows: tuple[Row, ...]
    waiting: Law
    waiting_q05: Law
    waiting_arrival: Law
    waiting_t0: Law
    """Of the middles of the rises, since the first of these."""
    switching: Law
    preference: Preference


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two conditions that differ in one thing: times of the second over those of the first."""

    what: str
    first: Condition
    second: Condition
    waiting: tuple[float, float] | None
    """Ratio and its standard error."""
    switching: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it."""

    rows: tuple[Row, ...]
    series: tuple[Series, ...]
    """The one with the most concentrations first."""
    contrasts: tuple[Contrast, ...]
    warnings: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    def document(self) -> dict[str, Any]:
        """As `compare --json` prints it."""
        first = self.series[0] if self.series else None
        return {
            "rows": [_row_told(row) for row in self.rows],
            "waiting": law_told(first.waiting if first else None),
            "switching": law_told(first.switching if first else None),
            "waiting_since_q05": law_told(first.waiting_q05 if first else None),
            "waiting_since_arrival": law_told(first.waiting_arrival if first else None),
            "waiting_t0": law_told(first.waiting_t0 if first else None),
            "models": asdict(first.preference) if first else None,
            "series": [_series_told(one) for one in self.series],
            "contrasts": [asdict(one) for one in self.contrasts],
            "warnings": list(self.warnings),
        }


def compare(outcomes: Iterable[Outcome]) -> Comparison:
    """Compare recordings; laws and model preference for each series of concentrations.

    Recordings of one condition are pooled with weights 1 / error^2, widened by sqrt(chi2 / (k - 1))
    where they differ by more; laws as in `fit_law`, models as in `prefer`. Times are s,
    concentrations ug/mL. What is not determined is None.
    """
    given = tuple(outcomes)
    rows = tuple(_row(condition, some) for condition, some in together(given))
    series = sorted(
        (_series(list(some)) for _, some in groupby(rows, key=_but_concentration)),
        key=lambda one: (-_concentrations(one.rows), one.direction != "on"),
    )
    return Comparison(rows, tuple(series), _contrasts(rows), _warnings(rows), given)


def law_told(law: Law | None) -> dict[str, Any]:
    """A law for JSON: a, b, c, sd_a, sd_b, sd_c as in the contract, and what is known besides."""
    names = ("a", "b", "c")
    parameters = [getattr(law, name) if law else Parameter(None, None, None) for name in names]
    told: dict[str, Any] = {n: p.value for n, p in zip(names, parameters, strict=True)}
    told |= {f"sd_{n}": p.sd for n, p in zip(names, parameters, strict=True)}
    told |= {f"interval_{n}": p.interval for n, p in zip(names, parameters, strict=True)}
    if law is not None:
        told |= {"chi2": law.chi2, "dof": law.dof, "p": law.p, "note": law.note}
        told["correlations"] = law.correlations
    return told


def _row(condition: Condition, outcomes: Sequence[Outcome]) -> Row:
    def mean(
        times: Callable[[Outcome], Floats], of: Callable[[Floats], Mean | None]
    ) -> Mean | None:
        means = [of(times(one)) for one in outcomes]
        return pooled([one for one in means if one is not None])

    doses = [one.dose_mj_per_cm2 for one in outcomes if one.dose_mj_per_cm2 is not None]
    n = sum(one.onset_s.size for one in outcomes)
    return Row(
        condition,
        tuple(one.name for one in outcomes),
        n,
        n / len(outcomes),
        sum(one.censored for one in outcomes),
        sum(one.clusters for one in outcomes),
        float(np.mean(doses)) if doses else None,
        mean(lambda one: one.since_first_s, mean_since_first),
        mean(lambda one: one.since_q05_s, mean_of),
        mean(_since_arrival, mean_of),
        mean(lambda one: one.centre_since_first_s, mean_since_first),
        mean(lambda one: one.tau_s, mean_of),
    )


def _since_arrival(one: Outcome) -> Floats:
    return one.onset_s - one.arrival_s if one.arrival_s is not None else one.onset_s[:0]


def _but_concentration(row: Row) -> Condition:
    return replace(row.condition, ug_per_ml=None)


def _concentrations(rows: Sequence[Row]) -> int:
    return len({row.condition.ug_per_ml for row in rows} - {None})


def _series(rows: list[Row]) -> Series:
    shared = rows[0].condition

    def law(times: Callable[[Row], Mean | None]) -> Law:
        known = [(row.condition.ug_per_ml, times(row)) for row in rows]
        usable = [(x, t) for x, t in known if x is not None and t is not None and t.error_s > 0]
        return fit_law(
            [x for x, _ in usable], [t.mean_s for _, t in usable], [t.error_s for _, t in usable]
        )

    return Series(
        shared.reagent,
        shared.direction,
        shared.irradiance_uw_cm2,
        shared.wavelength_nm,
        tuple(rows),
        law(lambda row: row.waiting_relative),
        law(lambda row: row.waiting_q05),
        law(lambda row: row.waiting_arrival),
        law(lambda row: row.centre_relative),
        law(lambda row: row.tau),
        prefer([times for row in rows if (times := _times(row)) is not None]),
    )


def _times(row: Row) -> Times | None:
    """For the models, whose waiting ends in the middle of the exchange: that of the centres."""
    wait, tau, x = row.centre_relative, row.tau, row.condition.ug_per_ml
    if wait is None or tau is None or x is None:
        return None
    return Times(x, round(row.field_n), wait.mean_s, wait.error_s, tau.mean_s, tau.error_s)


def _contrasts(rows: Sequence[Row]) -> tuple[Contrast, ...]:
    """Each pair of conditions that differ in reagent, light or direction only."""
    found = []
    for place, second in enumerate(rows):
        for first in rows[:place]:
            what = _difference(first.condition, second.condition)
            if what:
                found.append(_contrast(what, first, second))
    return tuple(found)


def _difference(first: Condition, second: Condition) -> str:
    """The one thing in which they differ; empty where it is none or several."""
    if first.ug_per_ml != second.ug_per_ml:
        return ""
    apart = [
        name
        for name in ("direction", "irradiance_uw_cm2", "wavelength_nm")
        if getattr(first, name) != getattr(second, name)
    ]
    if apart == ["direction"]:
        return "forward and back"
    if first.reagent != second.reagent:
        return "" if apart else "reagent"
    if len(apart) != 1:
        return ""
    return {"irradiance_uw_cm2": "irradiance", "wavelength_nm": "wavelength"}[apart[0]]


def _contrast(what: str, first: Row, second: Row) -> Contrast:
    return Contrast(
        what,
        first.condition,
        second.condition,
        _ratio(second.waiting_relative, first.waiting_relative),
        _ratio(second.tau, first.tau),
    )


def _ratio(above: Mean | None, below: Mean | None) -> tuple[float, float] | None:
    if above is None or below is None or not (above.mean_s > 0 and below.mean_s > 0):
        return None
    ratio = above.mean_s / below.mean_s
    error = math.hypot(above.error_s / above.mean_s, below.error_s / below.mean_s)
    return ratio, ratio * error


def _warnings(rows: Sequence[Row]) -> tuple[str, ...]:
    says = []
    counts = [row.field_n for row in rows if row.waiting_relative is not None]
    if counts and max(counts) > UNEQUAL * min(counts):
        says.append(
            f"Fields hold between {min(counts):.0f} and {max(counts):.0f} crystals. The first of "
            "many comes earlier than the first of few, so waiting times since the first are longer "
            "in full fields; those since the 5 % quantile do not depend on the number."
        )
    for row in rows:
        part = row.censored / max(row.n + row.censored, 1)
        if part > MANY_CENSORED:
            says.append(
                f"{said(row.condition)}: {100 * part:.0f} % of the crystals had not switched by "
                "the end; the means of the others are too short."
            )
        if row.n == 0:
            says.append(f"{said(row.condition)}: no crystal switched.")
    if any(row.condition.ug_per_ml is None for row in rows):
        says.append("Recordings without a concentration are in the table, but in no law.")
    return tuple(says)


def said(condition: Condition) -> str:
    """`1 µg/mL TBAB`, with direction and light where they matter."""
    amount = "" if condition.ug_per_ml is None else f"{condition.ug_per_ml:g} µg/mL "
    return f"{amount}{condition.reagent}"


def _row_told(row: Row) -> dict[str, Any]:
    def told(name: str, mean: Mean | None) -> dict[str, Any]:
        return {
            f"{name}_mean_s": mean.mean_s if mean else None,
            f"{name}_sd_s": mean.sd_s if mean else None,
            f"{name}_error_s": mean.error_s if mean else None,
        }

    return {
        **asdict(row.condition),
        "n": row.n,
        **told("waiting_relative", row.waiting_relative),
        **told("tau", row.tau),
        **told("waiting_since_q05", row.waiting_q05),
        **told("waiting_since_arrival", row.waiting_arrival),
        **told("waiting_t0", row.centre_relative),
        "censored": row.censored,
        "clusters": row.clusters,
        "dose_mj_per_cm2": row.dose_mj_per_cm2,
        "recordings": list(row.recordings),
    }


def _series_told(series: Series) -> dict[str, Any]:
    return {
        "reagent": series.reagent,
        "direction": series.direction,
        "irradiance_uw_cm2": series.irradiance_uw_cm2,
        "wavelength_nm": series.wavelength_nm,
        "ug_per_ml": [row.condition.ug_per_ml for row in series.rows],
        "waiting": law_told(series.waiting),
        "switching": law_told(series.switching),
        "models": asdict(series.preference),
    }
