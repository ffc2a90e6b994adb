"""The exchange models against their closed form and the contrasts that they were made for."""

from itertools import product

import numpy as np
import pytest

from onset.models.kinetics import MODELS, RULES, Kinetics
from onset.models.predictions import model_table, switching, waiting
from onset.models.walks import Bath, draw_factors, draw_lots, forward_steps, walk

CRYSTALS = 2000
XS = (1.0, 2.0, 4.0, 8.0)
TABLE_RULE = "saturating-spontaneous"


@pytest.fixture(scope="module")
def table():
    """All models by the authors' rule, at four concentrations."""
    return model_table([Kinetics(model, TABLE_RULE) for model in MODELS], XS, crystals=CRYSTALS)


def rows(table, model):
    return [row for row in table.rows if row.model == model]


@pytest.mark.parametrize(("model", "rule"), list(product(MODELS, RULES)))
def test_means_are_those_of_the_closed_form(model, rule):
    kinetics = Kinetics(model, rule)
    for x in XS:
        steps = forward_steps(kinetics, x, CRYSTALS, np.random.default_rng(3))
        for times, mean in (
            (waiting(steps), kinetics.mean_waiting(x)),
            (switching(steps), kinetics.mean_switching(x)),
        ):
            assert times.mean() == pytest.approx(mean, abs=4.5 * times.std() / CRYSTALS**0.5)


def test_exchange_density_has_the_closed_form_of_the_source():
    kinetics = Kinetics("exchange-density", "saturating")
    assert 200 * kinetics.mean_waiting(1.0) == pytest.approx(47_640 + 2_000, rel=1e-3)
    assert 200 * kinetics.mean_switching(1.0) == pytest.approx(12_054 + 1_000, rel=1e-3)


def test_waiting_is_four_times_switching_in_the_exchange_density_model():
    for rule in RULES:
        made = model_table([Kinetics("exchange-density", rule)], XS, crystals=CRYSTALS)
        assert made.fits["exchange-density"].ratio == pytest.approx(4.0, abs=0.25)


def power_error(spread_of_one):
    """Of an exponent from four medians: error of log(median) over the spread of log(x)."""
    return 1.25 * spread_of_one / CRYSTALS**0.5 / np.std(np.log(XS)) / 2


@pytest.mark.parametrize(
    ("model", "waits", "switches", "spread"),
    [
        ("equal-probability", -0.91, -0.91, 0.3),
        ("exchange-density", -0.88, -0.86, 0.3),
        ("positive-cooperativity", -0.78, -0.27, 0.5),
        ("threshold", -0.84, -0.27, 0.5),
        ("nucleation", -0.75, -0.05, 0.5),
    ],
)
def test_powers_of_the_concentration(table, model, waits, switches, spread):
    fits = table.fits[model]
    close = 4 * power_error(spread) + 0.01  # the table gives two digits
    assert fits.power_waiting == pytest.approx(waits, abs=close)
    assert fits.power_switching == pytest.approx(switches, abs=close)


@pytest.mark.parametrize(
    ("model", "switching_to_waiting", "ensemble_to_one"),
    [
        ("equal-probability", 0.51, [1.06, 1.07, 1.07, 1.07]),
        ("exchange-density", 0.27, [1.19, 1.19, 1.19, 1.19]),
        ("positive-cooperativity", 0.09, [3.6, None, None, 1.4]),
        ("threshold", 0.05, [5.8, None, None, 1.8]),
        ("nucleation", 0.05, [7.1, None, None, 1.6]),
    ],
)
def test_ensemble_against_single(table, model, switching_to_waiting, ensemble_to_one):
    mine = rows(table, model)
    ratio = mine[0].switching_median / mine[0].waiting_median
    assert ratio == pytest.approx(switching_to_waiting, rel=0.05, abs=0.006)
    for row, expected in zip(mine, ensemble_to_one, strict=True):
        if expected is not None:
            measured = row.ensemble_switching / row.switching_median
            assert measured == pytest.approx(expected, rel=0.06)


def test_switching_by_nucleation_hardly_depends_on_concentration(table):
    assert table.fits["nucleation"].ratio > 100
    assert 15 < table.fits["positive-cooperativity"].ratio < 25
    assert 28 < table.fits["threshold"].ratio < 42


def test_a_spread_of_rates_makes_the_ensemble_slower():
    ratios = []
    for spread in (0.0, 0.3, 0.6):
        kinetics = Kinetics("exchange-density", TABLE_RULE, spread=spread)
        row = model_table([kinetics], XS, crystals=CRYSTALS).rows[0]
        ratios.append(row.ensemble_switching / row.switching_median)
    assert ratios == pytest.approx([1.2, 1.45, 1.9], rel=0.06)


def test_the_smooth_model_has_all_three_facts_of_the_letter():
    smooth = Kinetics("exchange-density", "min", sites=100, fall_kt=6.0, k0=0.002, spread=0.6)
    made = model_table([smooth], XS, crystals=CRYSTALS)
    assert made.fits["exchange-density"].power_waiting == pytest.approx(-1.0, abs=0.06)
    assert made.rows[0].switching_median / made.rows[0].waiting_median < 0.25
    assert made.rows[0].ensemble_switching / made.rows[0].switching_median == pytest.approx(
        2.2, rel=0.08
    )


def simulated_attempts(kinetics, x, crystals, rng):
    """Attempt after attempt on a crystal drawn at random: what `walk` draws in one go."""
    chances = np.append(kinetics.chances(x), 0.0)
    state, times, attempts = np.zeros(crystals, int), [[] for _ in range(crystals)], 0
    while state.min() < kinetics.sites:
        attempts += 1
        one = rng.integers(crystals)
        if rng.random() < chances[state[one]]:
            state[one] += 1
            times[one].append(attempts / crystals)
    return np.array(times)


def test_the_draw_is_that_of_single_attempts():
    kinetics = Kinetics("exchange-density", sites=8, k0=0.2)
    slow = simulated_attempts(kinetics, 1.0, 400, np.random.default_rng(1))
    fast = forward_steps(kinetics, 1.0, 4000, np.random.default_rng(2))
    for of in (waiting, switching):
        a, b = of(slow), of(fast)
        assert a.mean() == pytest.approx(b.mean(), abs=4 * b.std() / 20)
        assert a.std() == pytest.approx(b.std(), rel=0.15)


def walks(baths, crystals=500, events=80, **more):
    rng = np.random.default_rng(5)
    kinetics = Kinetics()
    lots = draw_lots(crystals, events, rng)
    return walk(kinetics, baths, lots, draw_factors(kinetics, crystals, rng), **more)


def test_without_reagent_nothing_happens():
    assert np.isinf(walks([Bath(0.0, 0.0)]).steps).all()
    assert np.isinf(walks([]).steps).all()


def test_a_bath_that_comes_later_delays_all_alike():
    now, later = walks([Bath(0.0, 1.0)]), walks([Bath(0.0, 0.0), Bath(70.0, 1.0)])
    assert later.steps[:, :20] == pytest.approx(now.steps[:, :20] + 70.0)


def test_what_comes_later_leaves_the_past_as_it_was():
    one, other = walks([Bath(0.0, 1.0)]), walks([Bath(0.0, 1.0), Bath(150.0, 8.0)])
    before = one.steps < 150.0
    assert before.any()
    assert np.array_equal(one.steps[before], other.steps[before])
    assert other.steps[:, 19].mean() < one.steps[:, 19].mean() - 50


def test_a_step_of_concentration_changes_the_pace():
    split = walks([Bath(0.0, 2.0), Bath(20.0, 2.0)])
    assert split.steps[:, 9].mean() == pytest.approx(Kinetics().mean_waiting(2.0), rel=0.06)


def test_back_reaction_mirrors_the_forward_one():
    forward, back = walks([Bath(0.0, 1.0)]), walks([Bath(0.0, 0.0, 1.0)], begun=20)
    assert np.array_equal(forward.steps[:, :20], back.steps[:, :20])
    assert back.swapped[:, 19].max() == 0
    there_and_back = walks([Bath(0.0, 1.0), Bath(900.0, 0.0, 1.0)])
    assert (there_and_back.swapped[:, 39] == 0).all()


def test_both_reagents_at_once_go_both_ways():
    both = walks([Bath(0.0, 1.0, 1.0)])
    moves = np.diff(both.swapped, axis=1)[np.isfinite(both.steps[:, 1:])]
    assert {-1, 1} == set(moves)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "magic"},
        {"rule": "maybe"},
        {"sites": 10},
        {"sites": 0},
        {"k0": 0.0},
        {"k0": float("nan")},
        {"fall_kt": float("inf")},
        {"spread": -0.1},
    ],
)
def test_a_mistake_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Kinetics(**wrong)


@pytest.mark.parametrize("xs", [[1.0], [0.0, 1.0], [1.0, float("inf")], [float("nan"), 1.0]])
def test_what_is_no_series_of_concentrations_is_refused(xs):
    with pytest.raises(ValueError, match="two different"):
        model_table([Kinetics()], xs)


def test_a_barrier_that_falls_very_deep_is_gone():
    assert Kinetics(rule="saturating", fall_kt=2000.0).chances(1.0)[-1] == 1.0
