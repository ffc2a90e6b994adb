"""The likeliest motion behind the offsets of spots that turn on one after the other."""

import numpy as np
import pytest

from onset.analysis.facts import drift_told
from onset.analysis.motion import likeliest_drift

BLOCKS = 48


def offsets(seed, moved_px=None, *, spots=30, sd_px=0.02, lit_first=0):
    """(times, seen, weights) of spots with unknown places that turn on at random times."""
    rng = np.random.default_rng(seed)
    times_s = np.arange(BLOCKS) + 0.5
    since = np.concatenate([np.zeros(lit_first), rng.uniform(12, 40, spots - lit_first)])
    lit = times_s[:, None] > since
    sds = sd_px * rng.uniform(0.5, 2.0, spots)
    seen = rng.normal(0, 0.3, (spots, 2)) + rng.normal(0, 1, (BLOCKS, spots, 2)) * sds[:, None]
    seen += 0.0 if moved_px is None else np.asarray(moved_px)[:, None]
    weights = np.where(lit[..., None], sds[:, None] ** -2.0, 0.0) * np.ones(2)
    return times_s, seen, weights


@pytest.mark.parametrize("seed", range(8))
def test_a_field_that_stands_does_not_drift(seed):
    assert likeliest_drift(*offsets(seed)).knots_s.size == 0


def test_nothing_lit_is_no_drift():
    times_s, seen, weights = offsets(0)
    drift = likeliest_drift(times_s, seen, 0.0 * weights)
    assert drift.knots_s.size == 0
    assert "not known" in drift_told(drift)["message"]


def test_spots_that_are_seen_once_each_tell_no_drift():
    times_s, seen = np.arange(5) + 0.5, np.zeros((5, 5, 2))
    weights = 400.0 * np.eye(5)[:, :, None] * np.ones(2)
    drift = likeliest_drift(times_s, seen, weights)
    assert drift.knots_s.size == 0
    assert "not known" in drift_told(drift)["message"]


def test_a_straight_drift_goes_back_to_the_first_frame():
    times_s, *_ = offsets(0)
    speed = np.array([0.05, -0.03])
    drift = likeliest_drift(*offsets(1, times_s[:, None] * speed))
    assert drift.at(np.zeros(1)) == pytest.approx(0.0, abs=1e-12)
    assert drift.at(times_s) == pytest.approx(times_s[:, None] * speed, abs=0.03)
    assert drift.sd_px < 0.01
    assert np.abs(drift.at(times_s[-1:])[0] - times_s[-1] * speed).max() < 4 * drift.start_sd_px


def test_a_random_walk_is_followed_block_by_block():
    ratios = []
    for seed in range(4):
        walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.3, (BLOCKS, 2)), axis=0)
        times_s, seen, weights = offsets(seed + 10, walk, lit_first=4)
        drift = likeliest_drift(times_s, seen, weights)
        error = drift.at(times_s) - walk
        light = weights.sum(axis=1)
        error = error - (light * error).sum(axis=0) / light.sum(axis=0)
        ratios.append(np.sqrt(np.mean(error[20:] ** 2)) / drift.sd_px)
        assert drift.sd_px < 0.02
    assert 0.6 < np.mean(ratios) < 1.4


def test_a_walk_before_anything_shines_is_stated_as_an_error_of_all_places():
    walk = np.cumsum(np.random.default_rng(3).normal(0, 0.3, (BLOCKS, 2)), axis=0)
    drift = likeliest_drift(*offsets(13, walk))
    assert 0.5 < drift.start_sd_px < 3.0
    assert drift.sd_px < 0.03
    assert "first frame is known to" in drift_told(drift)["message"]


def test_a_spot_that_goes_its_own_way_does_not_move_the_field():
    times_s, seen, weights = offsets(5)
    seen[:, 0] += np.linspace(0, 1.5, BLOCKS)[:, None]
    assert likeliest_drift(times_s, seen, weights).knots_s.size == 0


@pytest.mark.parametrize("spots", [1, 3])
def test_few_spots_tell_a_drift_with_its_error(spots):
    times_s, *_ = offsets(0)
    moved = times_s[:, None] * np.array([0.05, -0.03])
    drift = likeliest_drift(*offsets(7, moved, spots=spots, lit_first=spots))
    away = drift.at(times_s) - moved
    assert np.abs(away - away.mean(axis=0)).max() < 0.05
    assert 0.001 < drift.sd_px < 0.05
    assert drift.spots == spots
    assert "spot" in drift_told(drift)["message"]
