"""A place that brightens twice is told from one that blinks."""

import numpy as np
import pytest

from onset.analysis import Trajectory, fit_spot

from .test_blinking import EXPOSURES_S, FINE, FRAMES, INTERVAL_S, TIMES_S, telegraph

STEADY = 1e9


def rise(rng, t0, tau, on_s, gray):
    """Light of one emitter, 0 to 1, per frame."""
    fine = (np.arange(FRAMES * FINE) + 0.5) * INTERVAL_S / FINE
    up = 1.0 / (1.0 + np.exp(np.clip((t0 - fine) / tau, -50, 50)))
    return (up * telegraph(rng, on_s, 0.5, gray)).reshape(FRAMES, FINE).mean(axis=1)


def steps(rng, *, second, snr=15, tau=1.0, on_s=STEADY, gray=0.0, direction="on"):
    """Rises that are counted in a trajectory of one emitter, or of two, 5.5 to 15 tau apart."""
    t0, later = rng.uniform(12, 20), rng.uniform(5.5, 15) * tau
    light = 1000.0 * rise(rng, t0, tau, on_s, gray)
    if second:
        light += rng.uniform(600, 1500) * rise(rng, t0 + later, tau, on_s, gray)
    first = int((t0 - 1.7 * tau) / INTERVAL_S)
    if direction == "off":
        light = light[::-1]
        first = FRAMES - 1 - int((t0 + (later if second else 0.0) + 1.7 * tau) / INTERVAL_S)
    variance = (1000.0 / snr) ** 2
    floor, gain = 0.3 * variance, 0.7 * variance / 1000.0
    seen = light + np.sqrt(floor + gain * light) * rng.normal(size=FRAMES)
    sd = np.sqrt(np.maximum(floor + gain * seen, 0.1 * floor))
    trajectory = Trajectory(TIMES_S, EXPOSURES_S, seen, sd)
    return fit_spot(trajectory, first, first + 4, direction).n_steps


BLINKING = {"steady": {}, "blinking": {"on_s": 3.0}, "gray": {"on_s": 3.0, "gray": 0.5}}


@pytest.mark.parametrize("kind", BLINKING)
def test_two_rises_are_counted_and_one_is_one(kind):
    rng = np.random.default_rng(31)
    pairs = [steps(rng, second=True, **BLINKING[kind]) for _ in range(6)]
    singles = [steps(rng, second=False, **BLINKING[kind]) for _ in range(6)]
    assert pairs.count(2) >= 5
    assert singles.count(1) == 6


def test_a_second_rise_is_not_taken_for_the_end_of_a_gray_time():
    rng = np.random.default_rng(33)
    gray = {"snr": 18, "tau": 0.3, **BLINKING["gray"]}
    assert [steps(rng, second=True, **gray) for _ in range(8)].count(2) == 8
    assert [steps(rng, second=False, **gray) for _ in range(8)].count(1) == 8


def test_two_falls_are_counted():
    rng = np.random.default_rng(32)
    assert [steps(rng, second=True, on_s=3.0, direction="off") for _ in range(4)].count(2) >= 3
    assert [steps(rng, second=False, on_s=3.0, direction="off") for _ in range(4)].count(1) == 4


@pytest.mark.soak
@pytest.mark.parametrize("kind", BLINKING)
@pytest.mark.parametrize(("snr", "tau"), [(18, 1.0), (18, 0.3), (8, 1.0), (8, 2.0), (5, 1.0)])
def test_of_many_pairs_nearly_all_are_marked_and_hardly_a_single_is_lost(kind, snr, tau):
    rng = np.random.default_rng(33)
    much = {"snr": snr, "tau": tau, **BLINKING[kind]}
    pairs = [steps(rng, second=True, **much) for _ in range(200)]
    singles = [steps(rng, second=False, **much) for _ in range(200)]
    assert pairs.count(2) >= 190
    assert singles.count(2) <= 4
