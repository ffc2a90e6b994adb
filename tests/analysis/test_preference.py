"""Which model made the times is found from waiting and switching together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onset.analysis.preference import Candidate, Times, first_of, predicted_steps, prefer
from onset.models.kinetics import LOGISTIC_QUARTILES, Kinetics
from onset.models.predictions import switching, waiting
from onset.models.walks import forward_steps

CRYSTALS = 500
SECONDS = 0.09


def drawn(model, concentrations=(1.0, 2.0, 4.0, 8.0)) -> list[Times]:
    rng = np.random.default_rng(2)
    times = []
    for x in concentrations:
        steps = SECONDS * forward_steps(Kinetics(model, k0=0.01), x, CRYSTALS, rng)
        wait, tau = waiting(steps), switching(steps) / LOGISTIC_QUARTILES
        mean = float((wait - wait.min()).mean())
        error = float(tau.std() / np.sqrt(CRYSTALS))
        times.append(Times(x, CRYSTALS, mean, 0.05 * mean, float(tau.mean()), error))
    return times


def test_the_first_of_many_is_that_of_the_draw():
    rng = np.random.default_rng(1)
    kinetics = Kinetics("positive-cooperativity")
    first = [waiting(forward_steps(kinetics, 1.0, 200, rng)).min() for _ in range(200)]
    error = np.std(first) / np.sqrt(200)
    assert first_of(kinetics.chances(1.0)[:10], 200) == pytest.approx(np.mean(first), abs=3 * error)


def test_one_crystal_is_the_first_of_itself():
    after_first, _ = predicted_steps(Kinetics(), 1.0, 1)
    assert after_first == pytest.approx(0.0, abs=3.0)  # of 300 steps


@pytest.mark.parametrize("model", ["exchange-density", "equal-probability", "nucleation"])
def test_the_model_that_made_the_times_is_preferred(model):
    found = prefer(drawn(model))
    assert found.fitted[0].name == model
    assert found.fitted[0].weight > 0.9
    assert f"prefer {model}" in found.verdict
    assert found.fitted[0].tau_s == pytest.approx([t.tau_s for t in drawn(model)], rel=0.1)


def test_the_criterion_is_that_of_akaike_for_few_data():
    times = drawn("equal-probability")
    found = prefer(times, [Candidate("flat", "equal-probability")]).fitted
    means = np.array([[t.waiting_s for t in times], [t.tau_s for t in times]])
    errors = np.array([[t.waiting_error_s for t in times], [t.tau_error_s for t in times]])
    model = np.array([found[0].waiting_s, found[0].tau_s])
    spread = np.hypot(errors / means, found[0].scatter)
    deviance = -2 * stats.norm.logpdf(np.log(means), np.log(model), spread).sum()
    assert found[0].aicc == pytest.approx(deviance + 2 * 3 + 2 * 3 * 4 / (8 - 3 - 1))


def test_two_concentrations_do_not_tell_models_apart():
    found = prefer(drawn("exchange-density", (1.0, 4.0)))
    assert found.fitted == ()
    assert "at least 3 are needed" in found.verdict


def test_times_that_no_model_makes_are_called_so():
    times = [Times(x, 500, 2.0 * x, 0.01, 1.0, 0.01) for x in (1.0, 2.0, 4.0, 8.0)]
    assert "not a proof of one" in prefer(times).verdict
