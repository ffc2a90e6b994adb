"""Dead volume and dispersion are found within their errors."""

from functools import cache

import numpy as np
import pytest

from onset.models.flow import Front, transit
from onset.models.front_fit import fit_front, fit_lag, taylor_aris_part
from onset.models.taylor_aris import needed, passed

RATE_UL_S = 7.5e3 / 3600


VOLUME_UL = np.linspace(0.05, 60, 600)


def passage(front: Front, noise: float, seed: int = 0):
    """Intensity in a bright front of amplitude 50 on 100, 60 ul in all."""
    rng = np.random.default_rng(seed)
    return VOLUME_UL, 100 + 50 * rise(front) + rng.normal(0, noise, VOLUME_UL.size)


@cache
def rise(front: Front):
    """Part of the front that has passed."""
    if front.kind == "sharp":
        return (front.dead_volume_ul <= VOLUME_UL).astype(float)
    parts = np.linspace(1e-4, 1 - 1e-4, 4000)
    at = [front.dead_volume_ul * transit(part, front, RATE_UL_S) for part in parts]
    return np.interp(VOLUME_UL, at, parts, left=0.0)


FRONTS = [
    Front("taylor-aris", 20.0, 0.5, 5e-4),
    Front("taylor-aris", 12.0, 0.25, 5e-4),
    Front("laminar", 20.0),
    Front("sharp", 20.0),
]


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: f"{front.kind} {front.tubing_mm}")
def test_the_front_is_recognised(front):
    fit = fit_front(*passage(front, 1.0))
    assert fit.front == front.kind
    assert fit.dead_volume_ul == pytest.approx(front.dead_volume_ul, rel=0.02)
    assert fit.amplitude == pytest.approx(50, rel=0.08)


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: f"{front.kind} {front.tubing_mm}")
def test_the_stated_error_is_that_of_many_measurements(front):
    fits = [fit_front(*passage(front, 3.0, seed)) for seed in range(100)]
    off = [(fit.dead_volume_ul - front.dead_volume_ul) / fit.dead_volume_sd_ul for fit in fits]
    assert np.sqrt(np.mean(np.square(off))) < 1.5


def test_the_dispersion_of_a_taylor_aris_front():
    front = FRONTS[0]
    fit = fit_front(*passage(front, 0.5))
    transit_s = front.dead_volume_ul / RATE_UL_S
    peclet = 48 * front.diffusivity_mm2_s * transit_s / (front.tubing_mm / 2) ** 2
    assert fit.peclet == pytest.approx(peclet, abs=4 * fit.peclet_sd)
    ten, ninety = (front.dead_volume_ul * transit(p, front, RATE_UL_S) for p in (0.1, 0.9))
    assert fit.spread_ul == pytest.approx(ninety - ten, rel=0.15)


@pytest.mark.parametrize("peclet", [0.5, 4.0, 30.0, 399.0, 401.0, 1e5])
def test_a_drawn_out_front_comes_after_its_volume_on_average(peclet):
    parts = (np.arange(2000) + 0.5) / 2000
    volumes = np.array([needed(part, peclet) for part in parts])
    assert volumes.mean() == pytest.approx(1.0, rel=0.01)
    assert [passed(volume, peclet) for volume in volumes] == pytest.approx(parts)
    assert taylor_aris_part(volumes, peclet) == pytest.approx(parts, abs=1e-5)


def test_without_a_front_nothing_is_invented():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="no rise"):
        fit_front(np.linspace(0.1, 60, 400), 100 + rng.normal(0, 1, 400))
    with pytest.raises(ValueError, match="only 3 frames"):
        fit_front([1, 2, 3], [1, 2, 3])


def test_two_rates_tell_the_start_up_lag():
    rates = np.array([1.0, 2.0, 4.0])
    fit = fit_lag(rates, 0.8 + 20 / rates, [0.05, 0.05, 0.05])
    assert fit.dead_volume_ul == pytest.approx(20)
    assert fit.startup_lag_s == pytest.approx(0.8)
    assert 0 < fit.startup_lag_sd_s < 0.2
    with pytest.raises(ValueError, match="two rates"):
        fit_lag([2, 2], [1, 1], [0.1, 0.1])


@pytest.mark.parametrize(
    ("rise", "why"),
    [
        (lambda part: part, "a front must begin and end"),
        (np.sqrt, "a front must begin and end"),
        (lambda part: np.exp(-(((part - 0.5) / 0.13) ** 2)), "departs from any front"),
    ],
    ids=["lamp that drifts", "root", "bump"],
)
def test_a_rise_that_is_no_front_is_refused(rise, why):
    rng = np.random.default_rng(0)
    seen = 100 + 50 * rise(VOLUME_UL / 60) + rng.normal(0, 1, VOLUME_UL.size)
    with pytest.raises(ValueError, match=why):
        fit_front(VOLUME_UL, seen)
