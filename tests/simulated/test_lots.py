"""The pace of crystals toward their switch, and the mean after the first of a field."""

from dataclasses import replace

import numpy as np
import pytest

from onset.simulated.lots import INCUBATION, TO_MIDDLE, pace, units_after_the_first
from onset.simulated.preset import Preset

PAPER = Preset()


@pytest.mark.parametrize(
    ("ratio", "spread", "field"),
    [(0.1, 0.2, 500), (20.0, 0.2, 500), (5.0, 0.4, 100), (10.0, 0.0, 30)],
)
def test_the_mean_after_the_first_is_that_of_many_fields(ratio, spread, field):
    random = np.random.default_rng(4)
    taus = np.exp(random.normal(-(spread**2) / 2, spread, (2000, field)))
    sums = random.gamma(8.0, size=(2000, field)) + ratio * taus
    after = sums.mean(axis=1) - sums.min(axis=1)
    error = after.std() / np.sqrt(2000)
    assert units_after_the_first(ratio, spread, field) == pytest.approx(after.mean(), abs=4 * error)


def test_below_the_lowest_concentration_there_is_no_pace():
    assert pace(PAPER, 0.94) is None
    assert pace(PAPER, 0.95) is not None


@pytest.mark.parametrize("lasts_s", [1.0, 8.0, 11.9, 12.5, 14.0])
def test_a_pause_on_the_way_changes_nothing(lasts_s):
    now = pace(PAPER, 2.0)
    goal = np.array([1.0 + 8.0])
    whole_s = now.lasts_s(np.zeros(1), goal)
    there = now.after(np.zeros(1), np.array([lasts_s]))
    assert now.lasts_s(there, goal) == pytest.approx(whole_s - lasts_s)


def test_incubation_and_rise_scale_with_the_mean_tau():
    for x in (1.0, 4.0, 10.0):
        now = pace(PAPER, x)
        assert now.incubation_s == pytest.approx(INCUBATION * PAPER.switching.mean_s(x))
        assert now.to_middle == pytest.approx(TO_MIDDLE)


def test_where_taus_spread_too_much_the_lot_ends_at_more_than_a_seventh():
    now = pace(replace(PAPER, switching_spread=0.4), 2.0)
    assert 0.5 < now.to_middle < TO_MIDDLE
    assert now.unit_s > 0.0
