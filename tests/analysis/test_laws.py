"""The concentration law: found where it is determined, and said where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from onset.analysis.laws import fit_law

X = np.array([1.0, 2.0, 4.0, 6.0, 10.0])
WAITING, SWITCHING = (3.0, -0.7, 1.5), (6.0, 0.3, 0.4)


def law(x, a, b, c):
    return a / (x + b) + c


@pytest.mark.parametrize("truth", [WAITING, SWITCHING], ids=["waiting", "switching"])
def test_exact_data_give_the_law_back(truth):
    y = law(X, *truth)
    found = fit_law(X, y, 0.01 * y)
    assert (found.a.value, found.b.value, found.c.value) == pytest.approx(truth, rel=1e-4)
    assert found.chi2 == pytest.approx(0, abs=1e-4)
    assert found.note == ""


@pytest.mark.parametrize("truth", [WAITING, SWITCHING], ids=["waiting", "switching"])
def test_intervals_and_errors_cover_the_truth_as_often_as_they_say(truth):
    rng = np.random.default_rng(5)
    y = law(X, *truth)
    sd = 0.4 * y / np.sqrt(300)
    within, pulls = [], []
    for _ in range(60):
        found = fit_law(X, y + rng.normal(0, sd), sd)
        parameters = (found.a, found.b, found.c)
        within += [
            (one.interval[0] or -np.inf) <= true <= (one.interval[1] or np.inf)
            for one, true in zip(parameters, truth, strict=True)
        ]
        pulls += [(one.value - t) / one.sd for one, t in zip(parameters, truth, strict=True)]
    assert 0.90 <= np.mean(within) <= 0.99
    assert 0.8 <= np.std(pulls) <= 1.25


def test_the_pole_stays_below_the_lowest_concentration():
    y = np.array([80.0, 4.0, 2.0, 1.8, 1.6])
    found = fit_law(X, y, 0.05 * y)
    assert found.b.value > -1.0
    assert np.all(np.isfinite(found.at(X)))


@pytest.mark.parametrize(
    ("x", "says"),
    [([], "0 concentrations"), ([2.0], "1 concentration:"), ([2.0, 2.0], "1 concentration:")],
)
def test_one_concentration_has_no_law(x, says):
    found = fit_law(x, np.ones(len(x)), np.ones(len(x)))
    assert found.a.value is None
    assert found.at(X) is None
    assert says in found.note


def test_two_concentrations_hold_b_at_zero():
    found = fit_law([1.0, 4.0], [5.0, 2.0], [0.1, 0.1])
    assert (found.a.value, found.b.value, found.c.value) == pytest.approx((4.0, 0.0, 1.0))
    assert found.b.sd is None
    assert "b is held at 0" in found.note


def test_three_concentrations_are_passed_through_and_that_is_said():
    y = law(X[:3], *SWITCHING)
    found = fit_law(X[:3], y, 0.02 * y)
    assert found.dof == 0
    assert "nothing tests it" in found.note


def test_a_straight_line_leaves_b_open():
    found = fit_law(X, 5.0 - 0.1 * X, np.full(5, 0.2))
    assert found.b.interval[1] is None
    assert "do not bend enough" in found.note


def test_errors_widen_where_the_law_is_not_followed():
    y = law(X, *SWITCHING) * np.array([1.0, 1.3, 0.8, 1.2, 0.9])
    poor, good = fit_law(X, y, 0.02 * y), fit_law(X, law(X, *SWITCHING), 0.02 * y)
    assert "errors are widened" in poor.note
    assert poor.c.sd > 2 * good.c.sd


def test_a_value_without_error_is_refused():
    with pytest.raises(ValueError, match="standard deviation"):
        fit_law(X, X, [0.1, 0.1, 0.0, 0.1, 0.1])
