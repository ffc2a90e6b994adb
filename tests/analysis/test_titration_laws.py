"""Laws of waiting and switching from titrations made of trajectories whose laws are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from onset.analysis import Condition, Trajectory, compare, fit_law, fit_spot, outcome_of
from onset.analysis.logistic import mean_rise

CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
WAITING, SWITCHING = (3.0, -0.7, 1.5), (6.0, 0.3, 0.4)
CRYSTALS, SHAPE, SPREAD = 60, 8.0, 0.3
INTERVAL_S, FRAMES, BEGIN_S = 0.1, 720, 8.0
TIMES_S = np.arange(FRAMES) * INTERVAL_S
EXPOSURES_S = np.full(FRAMES, INTERVAL_S)


def law(abc, x):
    a, b, c = abc
    return a / (x + b) + c


def lots_after_the_first():
    """Mean lot minus that of the first of the field."""
    first, _ = integrate.quad(lambda g: stats.gamma.sf(g, SHAPE) ** CRYSTALS, 0.0, 80.0)
    return SHAPE - first


def blinks(rng, on_s=3.0, off_s=0.5, fine=20):
    """Part of each frame in which a crystal is bright."""
    bright, at, lit = np.ones(FRAMES * fine), 0.0, True
    step = INTERVAL_S / fine
    while at < FRAMES * INTERVAL_S:
        lasts = rng.exponential(on_s if lit else off_s)
        if not lit:
            bright[int(at / step) : int((at + lasts) / step)] = 0.0
        at, lit = at + lasts, not lit
    return bright.reshape(FRAMES, fine).mean(axis=1)


def crystal(rng, t0, tau, *, blinking):
    """Fit of one; SNR between 5 and 20."""
    amplitude, sd = 1000.0, 1000.0 / rng.uniform(5, 20)
    floor, gain = 0.4 * sd**2, 0.6 * sd**2 / 1000.0
    light = amplitude * mean_rise(TIMES_S, EXPOSURES_S, t0, tau)
    begin = int(np.argmax(light > 3.0 * np.sqrt(floor)))
    light = light * blinks(rng) if blinking else light
    seen = light + np.sqrt(floor + gain * light) * rng.normal(size=FRAMES)
    stated = np.sqrt(np.maximum(floor + gain * seen, 0.1 * floor))
    trajectory = Trajectory(TIMES_S, EXPOSURES_S, seen, stated)
    return fit_spot(trajectory, begin, min(begin + 5, FRAMES - 1))


def titration(seed, *, blinking=False):
    """Which of a, b, c of the centres and of tau lie in their 95 % intervals."""
    rng = np.random.default_rng(seed)
    outcomes = []
    for x in CONCENTRATIONS:
        lots = rng.gamma(SHAPE, size=CRYSTALS) / lots_after_the_first()
        centres = BEGIN_S + lots * law(WAITING, x)
        taus = law(SWITCHING, x) * rng.lognormal(-(SPREAD**2) / 2.0, SPREAD, CRYSTALS)
        fits = [crystal(rng, *one, blinking=blinking) for one in zip(centres, taus, strict=True)]
        spots = pd.DataFrame(fits).assign(kind="single")
        spots["onset_s"] = TIMES_S[spots["onset"]]
        outcomes.append(outcome_of(f"{x}", Condition("TBAB", "on", None, None, x), spots))
    series = compare(outcomes).series[0]
    means = [row.centre_relative for row in series.rows]
    centre = fit_law(CONCENTRATIONS, [m.mean_s for m in means], [m.error_s for m in means])
    return contains(centre, WAITING) + contains(series.switching, SWITCHING)


def contains(found, truth):
    intervals = [one.interval for one in (found.a, found.b, found.c)]
    return [
        (low is None or low <= true) and (high is None or true <= high)
        for (low, high), true in zip(intervals, truth, strict=True)
    ]


def test_a_few_titrations_contain_the_laws_they_were_made_by():
    inside = np.sum([titration(seed) for seed in range(3)], axis=0)
    assert (inside >= 2).all(), inside


@pytest.mark.soak
@pytest.mark.parametrize("blinking", [False, True])
def test_forty_titrations_contain_the_truth_as_often_as_they_say(blinking):
    inside = np.sum([titration(seed, blinking=blinking) for seed in range(40)], axis=0)
    assert (inside >= 34).all(), inside
