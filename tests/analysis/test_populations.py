"""Distributions, censoring and order in space, on samples of known make."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from onset.analysis.distributions import describe
from onset.analysis.ensemble import ensemble_rise
from onset.analysis.logistic import mean_rise
from onset.analysis.neighbourhood import check_positions
from onset.analysis.populations import add_waiting, since_first, sum_up
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


def test_kaplan_meier_is_that_of_scipy_with_ties_and_censoring():
    rng = np.random.default_rng(0)
    times, censored = rng.integers(1, 12, 60).astype(float), rng.random(60) < 0.35
    curve = kaplan_meier(times, censored)
    known = stats.ecdf(stats.CensoredData.right_censored(times, censored)).sf
    bounds = known.confidence_interval(method="log-log")
    np.testing.assert_allclose(curve.part, known.evaluate(np.array(curve.t_s)))
    for ours, theirs in ((curve.low, bounds.low), (curve.high, bounds.high)):
        np.testing.assert_allclose(ours, theirs.evaluate(np.array(curve.t_s)), atol=1e-4)


def test_order_in_space_is_that_of_the_definitions():
    rng = np.random.default_rng(0)
    y, x = rng.uniform(0, 100, (2, 60))
    times = x / 30 + rng.normal(0, 1, 60)
    found = check_positions(y, x, times)
    away = np.hypot(x[:, None] - x, y[:, None] - y) + np.diag(np.full(60, np.inf))
    weight = (away <= np.sort(away, axis=1)[:, 4:5]).astype(float)
    z = times - times.mean()
    moran = 60 / weight.sum() * (weight * np.outer(z, z)).sum() / (z**2).sum()
    assert found.moran_i == pytest.approx(moran)
    assert found.rho_x == pytest.approx(stats.spearmanr(x, times).statistic)
    assert found.p_y == pytest.approx(stats.spearmanr(y, times).pvalue, abs=0.05)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    inside = dict.fromkeys(("mean", "sd", "median", "gauss_mean", "gauss_sd"), 0)
    for seed in range(20):
        found = describe(rng.normal(5.0, 1.0, 100), seed=seed)
        for name in inside:
            low, high = found.intervals[name]
            inside[name] += low <= (1.0 if name.endswith("sd") else 5.0) <= high
    assert min(inside.values()) >= 16


def test_the_lifetime_counts_crystals_that_are_still_lit():
    rng = np.random.default_rng(4)
    lives, onset = rng.exponential(50.0, 400), rng.uniform(10, 20, 400)
    dark = onset + lives
    columns = {
        "kind": "single", "direction": "on", "censored": False, "blinks": False, "tau_s": 1.0,
        "t0_s": onset + 5, "onset_s": onset, "degraded_s": np.where(dark < 60, dark, np.nan),
        "tau_upper_s": np.nan, "y_px": 0.0, "x_px": 0.0, "on_s": np.nan, "off_s": np.nan,
    }  # fmt: skip
    spots = add_waiting(pd.DataFrame(columns), 5.0, 6.0)
    told = sum_up(spots, 60.0, 5.0)["degradation"]
    assert told["n"] == (dark < 60).sum()
    assert told["mean_s"] < 25
    assert told["lifetime_s"] == pytest.approx(50.0, abs=3 * told["lifetime_sd_s"])
    assert told["lifetime_sd_s"] < 5


@pytest.mark.parametrize("life_s", [np.inf, 25.0])
def test_bleaching_does_not_shorten_the_rise_of_the_field(life_s):
    times, exposures = 0.1 * np.arange(900), np.full(900, 0.1)
    light = mean_rise(times, exposures, 36.0, 1.0) * np.exp(-np.maximum(times - 36, 0) / life_s)
    sums = 1e5 + 1e4 * light + np.random.default_rng(5).normal(0, 100, 900)
    found = ensemble_rise(times, exposures, sums, injected_s=30.0, tau_median_s=1.0)
    assert found.tau_s == pytest.approx(1.0, rel=0.15)
    assert found.t0_s == pytest.approx(36.0, abs=0.3)
    assert (found.until_s < 50) == np.isfinite(life_s)


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_the_rise_of_a_noisy_field_is_not_cut_at_a_peak_of_the_noise(seed):
    times, exposures = 0.1 * np.arange(900), np.full(900, 0.1)
    light = 1e4 * mean_rise(times, exposures, 36.0, 1.0)
    sums = light + np.random.default_rng(seed).normal(0, 1e4, 900)
    found = ensemble_rise(times, exposures, sums, injected_s=30.0, tau_median_s=1.0)
    assert found.until_s == times[-1]
