"""Arithmetic of the likelihood seen through blinking, against the library's and plain loops."""

import math

import numpy as np
import pytest

from onset.analysis.blinking import OUTLIER_SHARE, Likelihood, Problem, spacings
from onset.analysis.blinking_model import Rates, alike_emitters, one_emitter
from onset.analysis.logistic import mean_rise, rise_slopes
from onset.analysis.noise import TraceNoise
from onset.analysis.plain_fit import known_at, seen_as
from onset.analysis.rows import dot, dot_of_three, exp_minus, log_one_plus, rise_rows, total

NOISE = TraceNoise(1500.0, 1.2)
ONE = np.array([30.2, 0.1, 950.0, 10.0])
TWO = np.array([28.0, 0.1, 500.0, 34.0, -0.3, 450.0, 10.0])


def film(frames=400, *, lost=()):
    """Times with frames lost, a trajectory that blinks."""
    rng = np.random.default_rng(5)
    times = np.delete(np.arange(frames) * 0.1, lost)
    bright = rng.random(times.size) < 0.8
    light = 1000.0 * mean_rise(times, np.full(times.size, 0.1), 30.0, 1.0) * bright
    return times, light + rng.normal(0.0, 60.0, times.size)


def likelihood(states, down=0.0, *, lost=()):
    times, seen = film(lost=lost)
    return Likelihood(Problem(times, np.full(times.size, 0.1), seen, NOISE, down, states))


def by_links(one, theta, rates):
    """The forward recursion of the textbook, link by link and frame by frame."""
    problem, tables = one.problem, one.problem.states.tables
    chances, now = one.chances(rates)
    _, which = spacings(problem.times_s)
    reached = 0.0
    for t, value in enumerate(problem.intensity):
        mean = np.full(len(tables.heights), theta[-1])
        spread = np.zeros(mean.size)
        for e in range(problem.states.emitters):
            t0, log_tau, light = theta[3 * e : 3 * e + 3]
            share = rise_slopes(problem.times_s[t], problem.exposures_s[t], t0, math.exp(log_tau))[
                0
            ]
            lit = light * (problem.down + (1.0 - 2.0 * problem.down) * share)
            mean += tables.heights[:, e] * lit
            spread += (tables.widths[:, e] * lit) ** 2 / 12.0
        variance = np.maximum(NOISE.floor + NOISE.gain * mean, 0.05 * NOISE.floor) + spread
        density = np.exp(-0.5 * (value - mean) ** 2 / variance) / np.sqrt(variance)
        density += OUTLIER_SHARE * math.sqrt(2.0 * math.pi) / np.ptp(problem.intensity)
        then = np.zeros(now.size)
        ways = now[tables.sources] * chances[which[t]] * density[tables.shapes]
        np.add.at(then, tables.targets, ways)
        reached += math.log(then.sum())
        now = then / then.sum()
    return reached


def test_rows_are_as_good_as_the_library():
    x = np.linspace(0.0, 700.0, 5001)
    assert [exp_minus(v) for v in x] == pytest.approx(np.exp(-x), rel=1e-14, abs=0.0)
    u = np.exp(-np.linspace(0.0, 40.0, 2001))
    assert [log_one_plus(v) for v in u] == pytest.approx(np.log1p(u), rel=1e-14, abs=0.0)


@pytest.mark.parametrize("tau", [0.01, 1.0, 300.0])
def test_a_row_of_rises_is_that_of_its_frames(tau):
    times, out = np.arange(333) * 0.1, np.empty((3, 333))
    rise_rows(times, np.full(333, 0.08), 14.03, tau, *out)
    each = np.array([rise_slopes(t, 0.08, 14.03, tau) for t in times]).T
    assert out == pytest.approx(each, rel=1e-6, abs=1e-9)


def test_sums_in_lanes_leave_nothing_out():
    a, b, c = np.random.default_rng(0).normal(size=(3, 77))
    assert total(a) == pytest.approx(a.sum())
    assert dot(a, b) == pytest.approx((a * b).sum())
    assert dot_of_three(a, b, c) == pytest.approx((a * b * c).sum())


@pytest.mark.parametrize("down", [0.0, 1.0])
@pytest.mark.parametrize(
    ("states", "theta"),
    [
        (one_emitter(gray=False), ONE),
        (one_emitter(gray=True), ONE),
        (alike_emitters(1, gray=True), ONE),
        (alike_emitters(2, gray=False), TWO),
        (alike_emitters(2, gray=True), TWO),
    ],
    ids=["blinking", "gray", "coarse", "two", "two gray"],
)
def test_likelihood_is_that_of_the_plain_recursion(states, theta, down):
    one = likelihood(states, down, lost=[50, 51, 300, 310])
    rates = Rates(0.3, 2.0, 0.3 if states.has_gray else 0.0)
    assert one.value(theta, rates) == pytest.approx(by_links(one, theta, rates), abs=1e-4)


@pytest.mark.parametrize(
    ("states", "theta"), [(one_emitter(gray=True), ONE), (alike_emitters(2, gray=False), TWO)]
)
def test_slopes_are_those_of_the_likelihood(states, theta):
    one, rates = likelihood(states, lost=[120]), Rates(0.3, 2.0, 0.3 if states.has_gray else 0.0)
    pull = one.at(theta, rates).pull
    for place in range(theta.size):
        step = np.zeros(theta.size)
        step[place] = 1e-4 * max(abs(theta[place]), 1.0)
        change = one.value(theta + step, rates) - one.value(theta - step, rates)
        assert change / (2.0 * step[place]) == pytest.approx(pull[place], rel=2e-3, abs=1e-3)


@pytest.mark.parametrize("down", [0.0, 1.0])
def test_settled_frames_known_by_their_sums_count_like_any_other(down):
    times, seen = film()
    exposures = np.full(times.size, 0.1)
    told = seen_as(times, exposures, seen, NOISE.floor, NOISE.gain, down)
    up = mean_rise(times, exposures, 30.2, math.exp(0.1))
    mean = 10.0 + 950.0 * (down + (1.0 - 2.0 * down) * up)
    variance = NOISE.floor + NOISE.gain * mean
    expected = -0.5 * np.sum((seen - mean) ** 2 / variance + np.log(variance))
    assert known_at(told, ONE)[0] == pytest.approx(expected, abs=1e-5)
