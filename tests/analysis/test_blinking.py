"""Sigmoids seen through blinking, against the bound of somebody who knows every dark time."""

import numpy as np
import pytest

from onset.analysis.logistic import rise_slopes
from onset.analysis.switch import fit_switch

INTERVAL_S, FRAMES, FINE = 0.1, 600, 40
TIMES_S = np.arange(FRAMES) * INTERVAL_S
EXPOSURES_S = np.full(FRAMES, INTERVAL_S)


def telegraph(rng, on_s, off_s, gray=0.0):
    """Brightness between 0 and 1 in fine steps."""
    bright, at = np.ones(FRAMES * FINE), 0.0
    lit = rng.random() < on_s / (on_s + off_s)
    step = INTERVAL_S / FINE
    while at < FRAMES * INTERVAL_S:
        lasts = rng.exponential(on_s if lit else off_s)
        if not lit:
            level = rng.uniform(0, 0.7) if rng.random() < gray else 0.0
            bright[int(at / step) : int((at + lasts) / step)] = level
        at, lit = at + lasts, not lit
    return bright


def trial(rng, snr, tau, on_s=3.0, off_s=0.5, gray=0.0, direction="on"):
    """Trajectory, its errors, true t0, and the bound of t0 and tau for known brightness."""
    t0 = rng.uniform(20, 36)
    bright = telegraph(rng, on_s, off_s, gray)
    fine = (np.arange(FRAMES * FINE) + 0.5) * INTERVAL_S / FINE
    sign = 1.0 if direction == "on" else -1.0
    rise = 1.0 / (1.0 + np.exp(np.clip(sign * (t0 - fine) / tau, -50, 50)))
    light = 1000.0 * (rise * bright).reshape(FRAMES, FINE).mean(axis=1)
    variance = (1000.0 / snr) ** 2
    floor, gain = 0.3 * variance, 0.7 * variance / 1000.0
    seen = light + np.sqrt(floor + gain * light) * rng.normal(size=FRAMES)
    part = bright.reshape(FRAMES, FINE).mean(axis=1)
    information = np.zeros((4, 4))
    for i in range(FRAMES):
        share, by_t0, by_tau = rise_slopes(TIMES_S[i], INTERVAL_S, t0, tau)
        share = share if direction == "on" else 1.0 - share
        lit = 1000 * part[i]
        slope = np.array([sign * lit * by_t0, sign * lit * by_tau, share * part[i], 1.0])
        spread = floor + gain * 1000 * share * part[i]
        information += np.outer(slope, slope) * (1 / spread + 0.5 * (gain / spread) ** 2)
    bound = np.sqrt(np.diag(np.linalg.inv(information)))[:2] * (1, tau)
    return seen, np.sqrt(np.maximum(floor + gain * seen, 0.1 * floor)), t0, bound


def run(trials, seed, snr, tau, direction="on", **blinking):
    """Errors, stated errors and bounds of t0 and tau, (trials, 2) each; the fits."""
    rng = np.random.default_rng(seed)
    errors, stated, bounds, fits = [], [], [], []
    for _ in range(trials):
        seen, sd, t0, bound = trial(rng, snr, tau, direction=direction, **blinking)
        near_s = t0 - 1.7 * tau
        fit = fit_switch(TIMES_S, EXPOSURES_S, seen, sd, near_s=near_s, direction=direction)
        errors.append((fit.t0_s - t0, fit.tau_s - tau))
        stated.append((fit.t0_sd_s, fit.tau_sd_s))
        bounds.append(bound)
        fits.append(fit)
    return np.array(errors), np.array(stated), np.array(bounds), fits


def rms(values):
    return np.sqrt(np.mean(np.square(values), axis=0))


@pytest.mark.parametrize(("snr", "tau"), [(18, 1.0), (8, 2.0)])
def test_blinking_costs_little(snr, tau):
    errors, stated, bounds, fits = run(16, int(snr), snr, tau)
    assert (rms(errors) < 1.7 * rms(bounds)).all()
    assert rms(errors / stated).max() < 1.7
    assert all(fit.rates is not None for fit in fits)
    on_s = np.median([1 / fit.rates.to_dark for fit in fits])
    off_s = np.median([1 / fit.rates.to_on for fit in fits])
    assert on_s == pytest.approx(3.0, rel=0.4)
    assert off_s == pytest.approx(0.5, rel=0.4)


def test_a_long_dark_time_is_not_taken_for_the_fall():
    errors, _, bounds, _ = run(12, 8, 18, 1.0, direction="off", off_s=1.0)
    assert (rms(errors) < 1.7 * rms(bounds)).all()


def test_a_pause_of_the_light_is_no_trouble():
    seen, sd, t0, _ = trial(np.random.default_rng(11), 18, 1.0)
    later_s = TIMES_S + np.where(TIMES_S > 45.0, 3000.0, 0.0)
    fit = fit_switch(later_s, EXPOSURES_S, seen, sd, near_s=t0 - 1.7)
    plain = fit_switch(TIMES_S, EXPOSURES_S, seen, sd, near_s=t0 - 1.7)
    assert fit.rates is not None
    assert fit.t0_s == pytest.approx(plain.t0_s, abs=0.5 * plain.t0_sd_s)
    assert fit.tau_s == pytest.approx(plain.tau_s, abs=0.5 * plain.tau_sd_s)


def test_what_may_be_a_blink_is_not_sworn_to():
    rng = np.random.default_rng(7)
    for direction in ("on", "off"):
        seen, sd, t0, _ = trial(rng, 18, 0.01, direction=direction)
        fit = fit_switch(TIMES_S, EXPOSURES_S, seen, sd, near_s=t0, direction=direction)
        assert fit.doubt > 0.05
        assert abs(fit.t0_s - t0) < 3 * fit.t0_sd_s


def test_gray_times_cost_little():
    errors, _, bounds, fits = run(16, 3, 18, 1.0, gray=0.5)
    assert (np.median(np.abs(errors) / bounds, axis=0) < 1.7).all()
    assert sum(fit.rates.gray > 0.1 for fit in fits) >= 12


def test_what_does_not_blink_is_not_said_to():
    rng = np.random.default_rng(4)
    for _ in range(10):
        seen, sd, t0, _ = trial(rng, 10, 1.0, on_s=1e9)
        assert fit_switch(TIMES_S, EXPOSURES_S, seen, sd, near_s=t0 - 2).rates is None


@pytest.mark.soak
@pytest.mark.parametrize(
    ("snr", "tau", "on_s", "direction", "most"),
    [
        (18, 0.3, 1e9, "on", 1.1), (18, 1.0, 1e9, "on", 1.1), (18, 5.0, 1e9, "on", 1.1),
        (4.7, 1.0, 1e9, "on", 1.1), (2.8, 1.0, 1e9, "on", 1.1), (3.0, 0.3, 1e9, "on", 1.2),
        (18, 1.0, 3.0, "on", 1.3), (18, 5.0, 3.0, "on", 1.3), (8, 2.0, 3.0, "on", 1.3),
        (18, 1.0, 3.0, "off", 1.3), (18, 5.0, 3.0, "off", 1.3), (8, 2.0, 3.0, "off", 1.3),
    ],
)  # fmt: skip
def test_many_trials_reach_the_bound_with_honest_errors(snr, tau, on_s, direction, most):
    errors, stated, bounds, _ = run(600, 11, snr, tau, direction, on_s=on_s)
    ratio, inside = rms(errors) / rms(bounds), np.mean(np.abs(errors) < stated, axis=0)
    assert (ratio < most).all(), ratio
    assert ((inside > 0.63) & (inside < 0.73)).all(), inside


@pytest.mark.soak
@pytest.mark.parametrize("direction", ["on", "off"])
@pytest.mark.parametrize(("snr", "tau"), [(18, 1.0), (18, 5.0), (8, 2.0)])
def test_many_gray_trials_stay_near_the_bound(snr, tau, direction):
    errors, _, bounds, _ = run(400, 12, snr, tau, direction, gray=0.5)
    ratio = np.median(np.abs(errors) / bounds, axis=0)
    assert (ratio < 1.5).all(), ratio
