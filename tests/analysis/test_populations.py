"""Distributions, censoring and order in space, on samples of known make."""

import numpy as np
import pytest

from onset.analysis.distributions import describe
from onset.analysis.neighbourhood import check_positions
from onset.analysis.populations import since_first
from onset.analysis.survival import kaplan_meier


def test_a_normal_sample_is_described_by_its_moments():
    values = np.random.default_rng(1).normal(12.0, 2.0, 800)
    found = describe(np.append(values, np.nan))
    assert found.n == 800
    assert found.gauss_mean == pytest.approx(12.0, abs=0.3)
    assert found.fwhm == pytest.approx(2.355 * 2.0, rel=0.15)
    low, high = found.intervals["mean"]
    assert high - low == pytest.approx(2 * 1.96 * 2.0 / np.sqrt(800), rel=0.2)
    assert sum(found.counts) == 800


def test_the_mean_since_the_first_is_as_uncertain_as_fields_differ():
    rng = np.random.default_rng(6)
    fields = [rng.normal(12.0, 2.0, 400) for _ in range(40)]
    found = [since_first(np.append(field - field.min(), np.nan)) for field in fields]
    scatter = np.std([one.mean for one in found])
    assert np.mean([one.sem for one in found]) == pytest.approx(scatter, rel=0.35)
    assert scatter > 3 * 2.0 / np.sqrt(400)
    low, high = found[0].intervals["mean"]
    assert high - low == pytest.approx(2 * 1.96 * found[0].sem)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]])
def test_samples_that_say_little_are_taken(values):
    found = describe(np.array(values))
    assert found.n == len(values)
    assert np.isnan(found.gauss_sd)


def test_kaplan_meier_counts_those_still_dark():
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    assert curve.t_s == [1.0, 3.0]
    assert curve.part == pytest.approx([0.75, 0.375])
    assert (np.array(curve.low) <= curve.part).all()
    assert (np.array(curve.part) <= curve.high).all()


def test_order_in_space_is_seen_and_chance_is_not():
    rng = np.random.default_rng(2)
    y, x = rng.uniform(0, 500, (2, 300))
    swept = check_positions(y, x, x / 100 + rng.normal(0, 2, 300))
    assert swept.rho_x > 0.4
    assert swept.p <= 0.003
    chance = [check_positions(y, x, rng.normal(0, 2, 300), seed=k).p for k in range(20)]
    assert sum(p < 0.05 for p in chance) <= 4
