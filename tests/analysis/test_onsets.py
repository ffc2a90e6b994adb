"""Sigmoid and 3 sigma onset of single trajectories with a known truth."""

import numpy as np
import pytest

from onset.analysis import Trajectory, fit_spot, fit_switch
from onset.analysis.logistic import mean_rise
from onset.analysis.noise import trace_noise
from onset.analysis.onsets import walk_back
from onset.analysis.plain_fit import known_at, seen_as
from onset.analysis.sigmoid import fit_sigmoid

INTERVAL_S = 0.1
TIMES_S = np.arange(600) * INTERVAL_S
EXPOSURES_S = np.full(600, INTERVAL_S)


def noisy(light, amplitude, snr, rng):
    """Trajectory with shot noise, its stated errors (of the noisy values), floor and gain."""
    bright = (amplitude / snr) ** 2
    floor, gain = 0.3 * bright, 0.7 * bright / amplitude
    seen = light + np.sqrt(floor + gain * light) * rng.normal(size=light.size)
    return seen, np.sqrt(np.maximum(floor + gain * seen, 0.1 * floor)), floor, gain


def bound(t0, tau, amplitude, floor, gain):
    """Cramer-Rao bound of t0 and tau, s."""
    light = amplitude * mean_rise(TIMES_S, EXPOSURES_S, t0, tau)
    theta = np.array([t0, np.log(tau), amplitude, 0.0])
    seen = seen_as(TIMES_S, EXPOSURES_S, light, floor, gain, 0.0)
    variances = np.diag(np.linalg.inv(known_at(seen, theta)[1]))
    return np.sqrt(variances[0]), tau * np.sqrt(variances[1])


def test_mean_rise_is_the_average_over_the_exposure():
    fine = (np.arange(2000) + 0.5) / 2000 * 0.4 + 3.0
    for t0, tau in [(3.1, 0.05), (3.2, 1.0), (5.0, 0.3)]:
        average = np.mean(1.0 / (1.0 + np.exp((t0 - fine) / tau)))
        assert mean_rise(np.array([3.0]), np.array([0.4]), t0, tau)[0] == pytest.approx(
            average, 1e-4
        )


@pytest.mark.parametrize(("snr", "tau"), [(18, 0.3), (18, 1), (18, 5), (4.7, 1), (2.8, 1)])
def test_errors_are_near_the_bound_and_honest(snr, tau):
    rng = np.random.default_rng(int(10 * snr + tau))
    errors, stated, least = [], [], []
    for _ in range(60):
        t0 = rng.uniform(20, 40)
        light = 1000.0 * mean_rise(TIMES_S, EXPOSURES_S, t0, tau)
        seen, sd, floor, gain = noisy(light, 1000.0, snr, rng)
        fit = fit_sigmoid(TIMES_S, EXPOSURES_S, seen, sd, near_s=t0 - 2 * tau)
        errors.append((fit.t0_s - t0, fit.tau_s - tau))
        stated.append((fit.t0_sd_s, fit.tau_sd_s))
        least.append(bound(t0, tau, 1000.0, floor, gain))
    rms = np.sqrt(np.mean(np.square(errors), axis=0))
    assert (rms < 1.3 * np.sqrt(np.mean(np.square(least), axis=0))).all()
    inside = np.mean(np.abs(errors) < stated, axis=0)
    assert (inside > 0.53).all()
    assert (inside < 0.83).all()


@pytest.mark.parametrize("stated", ["of the frame", "not below the dark", "of the fit"])
@pytest.mark.parametrize("snr", [2, 5, 18])
def test_noise_is_learnt_from_stated_errors_of_any_kind(snr, stated):
    light = 1000.0 * mean_rise(TIMES_S, EXPOSURES_S, 28.0, 1.0)
    seen, sd, floor, gain = noisy(light, 1000.0, snr, np.random.default_rng(snr))
    if stated != "of the frame":
        known = light if stated == "of the fit" else np.maximum(seen, 0.0)
        sd = np.sqrt(floor + gain * known)
    noise = trace_noise(seen, sd)
    assert noise.sd(1000.0) == pytest.approx(np.sqrt(floor + 1000.0 * gain), rel=0.04)
    assert noise.sd(0.0) == pytest.approx(np.sqrt(floor), rel=0.14)


def test_the_foot_of_a_slow_rise_is_not_taken_for_noise():
    rng, told = np.random.default_rng(9), []
    light = 1000.0 * mean_rise(TIMES_S, EXPOSURES_S, 28.0, 5.0)
    for _ in range(20):
        seen, sd, floor, _ = noisy(light, 1000.0, 18, rng)
        fit = fit_spot(Trajectory(TIMES_S, EXPOSURES_S, seen, sd), 165, 175)
        told.append(fit.noise_sd / np.sqrt(floor))
    assert np.mean(told) == pytest.approx(1.0, abs=0.015)


def test_a_fall_is_fitted_as_a_rise_is():
    rng = np.random.default_rng(5)
    light = 1000.0 * (1.0 - mean_rise(TIMES_S, EXPOSURES_S, 31.0, 1.5))
    seen, sd, _, _ = noisy(light, 1000.0, 15, rng)
    fit = fit_sigmoid(TIMES_S, EXPOSURES_S, seen, sd, near_s=28.0, direction="off")
    assert abs(fit.t0_s - 31.0) < 4 * fit.t0_sd_s
    assert abs(fit.tau_s - 1.5) < 4 * fit.tau_sd_s
    assert fit.step_lr > 100


def test_gaps_in_the_film_do_no_harm():
    rng = np.random.default_rng(6)
    keep = np.ones(600, bool)
    keep[[250, 251, 307, 330]] = False
    light = 1000.0 * mean_rise(TIMES_S, EXPOSURES_S, 31.0, 1.0)
    seen, sd, _, _ = noisy(light, 1000.0, 15, rng)
    fit = fit_sigmoid(TIMES_S[keep], EXPOSURES_S[keep], seen[keep], sd[keep], near_s=28.0)
    assert abs(fit.t0_s - 31.0) < 4 * fit.t0_sd_s


def test_lost_frames_are_left_out_and_positions_are_those_of_all():
    rng = np.random.default_rng(6)
    light = 1000.0 * mean_rise(TIMES_S, EXPOSURES_S, 31.0, 1.0)
    seen, sd, _, _ = noisy(light, 1000.0, 15, rng)
    lost = rng.random(600) < 0.2
    seen[lost], sd[lost] = np.nan, np.nan
    fit = fit_switch(TIMES_S, EXPOSURES_S, seen, sd, near_s=29.0)
    spot = fit_spot(Trajectory(TIMES_S, EXPOSURES_S, seen, sd), 285, 300)
    assert fit.t0_s == pytest.approx(spot.t0_s, abs=1e-3)
    assert abs(spot.t0_s - 31.0) < 4 * spot.t0_sd_s
    assert not lost[spot.onset]
    assert abs(TIMES_S[spot.onset] - 28.7) < 0.5


def test_walking_back_stops_at_three_quiet_frames():
    trace = np.array([0, 9, 0, 0, 0, 5, 1, 1, 6, 7, 8, 9.0])
    assert walk_back(trace, 0.0, 1.0, detected=10) == 5
    assert walk_back(10.0 - trace, 0.0, 1.0, 10, "off", amplitude=10.0) == 5
