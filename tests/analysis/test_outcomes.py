"""Means of a field and of a titration, with errors that contain the first crystal's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from onset.analysis.laws import fit_law
from onset.analysis.outcomes import (
    Condition,
    Mean,
    mean_of,
    mean_since_first,
    outcome_of,
    pooled,
    smallest_of,
    together,
)

CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
CRYSTALS = 300
AFTER_FIRST = 8.0 - 2.2338
"""Mean of a gamma-distributed lot of shape 8 above the smallest of 300, from 20,000 fields."""


def at(ug_per_ml: float | None = 1.0, **told) -> Condition:
    given = {"reagent": "TBAB", "direction": "on", "irradiance_uw_cm2": 15.0} | told
    return Condition(wavelength_nm=None, ug_per_ml=ug_per_ml, **given)


def table(onset_s, **columns) -> pd.DataFrame:
    n = len(onset_s)
    whole = {"kind": "single", "censored": False, "onset_s": onset_s, "t0_s": onset_s, "tau_s": 1.0}
    return pd.DataFrame({name: np.broadcast_to(v, n) for name, v in (whole | columns).items()})


def test_only_singles_that_switched_count():
    spots = table(
        [1.0, 2.0, 3.0, np.nan, 9.0],
        kind=["single", "single", "single", "single", "cluster"],
        censored=[False, False, False, True, False],
    )
    outcome = outcome_of("r", at(), spots)
    assert outcome.since_first_s.tolist() == [0.0, 1.0, 2.0]
    assert (outcome.censored, outcome.clusters) == (1, 1)


@pytest.mark.parametrize(
    ("field", "too_large"),
    [
        (lambda rng: rng.normal(size=CRYSTALS), 1.0),
        (lambda rng: rng.gamma(8.0, size=CRYSTALS), 1.3),
        (lambda rng: rng.gamma(8.0, size=CRYSTALS) - rng.gamma(2.0, size=CRYSTALS), 0.86),
        (lambda rng: np.append(rng.normal(size=CRYSTALS - 5), [30.0] * 5), 1.2),
    ],
    ids=["normal", "short tail", "long tail", "some late ones"],
)
def test_the_error_relative_to_the_first_is_that_of_repeated_fields(field, too_large):
    rng = np.random.default_rng(3)
    fields = [field(rng) for _ in range(400)]
    means = [mean_since_first(one - one.min()) for one in fields]
    true = np.std([one.mean_s for one in means])
    assert np.mean([one.error_s for one in means]) == pytest.approx(too_large * true, rel=0.12)
    assert true > 1.5 * np.std([one.mean() for one in fields])


def test_the_smallest_of_a_normal_field_is_as_in_tables():
    assert smallest_of(100)[0] == pytest.approx(-2.508, abs=0.01)
    assert smallest_of(500)[0] == pytest.approx(-3.037, abs=0.015)


def test_two_crystals_have_no_mean():
    assert mean_of(np.array([1.0, 2.0])) is None


def test_fields_that_differ_widen_the_error_of_their_mean():
    alike = pooled([Mean(100, 5.0, 1.0, 0.1), Mean(100, 5.1, 1.0, 0.1)])
    unlike = pooled([Mean(100, 4.0, 1.0, 0.1), Mean(100, 6.0, 1.0, 0.1)])
    assert alike.error_s == pytest.approx(0.1 / np.sqrt(2))
    assert unlike.error_s == pytest.approx(1.0)
    assert unlike.n == 200


def test_recordings_of_one_condition_come_together_in_order():
    outcomes = [outcome_of(str(c), at(c), table([1.0])) for c in (4.0, 1.0, 4.0)]
    groups = together(outcomes)
    assert [(key.ug_per_ml, len(some)) for key, some in groups] == [(1.0, 1), (4.0, 2)]


def titration(rng: np.random.Generator) -> list[tuple[Mean, Mean]]:
    """Waiting and switching at each concentration, drawn by the laws of the paper."""
    rows = []
    for x in CONCENTRATIONS:
        unit = (3.0 / (x - 0.7) + 1.5) / AFTER_FIRST
        onset = unit * (8.0 + rng.gamma(8.0, size=CRYSTALS))
        tau = (6.0 / (x + 0.3) + 0.4) * np.exp(rng.normal(-0.045, 0.3, CRYSTALS))
        outcome = outcome_of("r", at(x), table(onset, tau_s=tau))
        rows.append((mean_since_first(outcome.since_first_s), mean_of(outcome.tau_s)))
    return rows


def test_laws_of_forty_titrations_contain_the_truth():
    rng = np.random.default_rng(11)
    inside = {"waiting": np.zeros(3), "switching": np.zeros(3)}
    for _ in range(40):
        rows = titration(rng)
        for place, (name, truth) in enumerate(
            {"waiting": (3.0, -0.7, 1.5), "switching": (6.0, 0.3, 0.4)}.items()
        ):
            means = [row[place] for row in rows]
            law = fit_law(CONCENTRATIONS, [m.mean_s for m in means], [m.error_s for m in means])
            fits = [
                (one.interval[0] or -np.inf) <= true <= (one.interval[1] or np.inf)
                for one, true in zip((law.a, law.b, law.c), truth, strict=True)
            ]
            inside[name] += np.array(fits)
    for counts in inside.values():
        assert np.all(counts >= 34), inside
        assert np.all(counts <= 40)
