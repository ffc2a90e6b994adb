"""Spots that were lit from the start: which of them went dark, and what noise they leave."""

import numpy as np
import pytest

from onset.analysis import Trajectory, fit_spot
from onset.analysis.fitting import went_dark
from onset.analysis.ground import dark_variance
from onset.analysis.spot_fit import dark_noise

SD = 50.0


def lit_for(frames, lit, rng):
    """A trajectory that is bright where `lit`."""
    light = np.where(lit, 1000.0, 0.0) + rng.normal(0, SD, frames)
    return Trajectory(np.arange(frames) * 0.1, np.full(frames, 0.1), light, np.full(frames, SD))


@pytest.mark.parametrize("frames", [10, 600])
def test_a_spot_that_bleaches_is_seen_to_go(frames):
    lit = np.arange(frames) < frames // 2
    assert went_dark(lit_for(frames, lit, np.random.default_rng(1))) == frames // 2


@pytest.mark.parametrize(
    "dark",
    [slice(0, 0), slice(200, 400), slice(580, 600)],
    ids=["bright to the end", "comes back", "dark at the very end only"],
)
def test_a_spot_that_stays_or_blinks_has_not_gone(dark):
    lit = np.ones(600, bool)
    lit[dark] = False
    assert went_dark(lit_for(600, lit, np.random.default_rng(2))) is None


def test_the_noise_of_a_lit_spot_is_that_of_the_pixels_around():
    variance = np.full((60, 60), 12.0, np.float32)
    variance[27:34, 27:34] += 200.0
    variance[10, 10] = 500.0  # a hot pixel stays one
    quiet = dark_variance(variance, np.array([[30.0, 30.0]]), 1.3)
    assert quiet[30, 30] == pytest.approx(12.0, rel=0.01)
    assert quiet[10, 10] == 500.0
    assert (dark_variance(variance, np.zeros((0, 2)), 1.3) == variance).all()


def test_stated_noise_holds_until_the_scatter_speaks_against_it():
    rng = np.random.default_rng(3)
    stated, foot = np.full(400, SD), np.linspace(0.0, 2.0, 400) ** 4 * SD / 8.0
    assert dark_noise(rng.normal(0, SD, 400) + foot, stated) == SD
    assert dark_noise(rng.normal(0, 1.5 * SD, 400), stated) == pytest.approx(1.5 * SD, rel=0.1)


@pytest.mark.parametrize("blinking", [False, True], ids=["steady", "blinking"])
def test_only_what_blinks_has_bright_and_dark_times(blinking):
    rng = np.random.default_rng(4)
    lit = np.arange(1500) >= 300
    if blinking:
        lit[330::40] = lit[331::40] = False
    seen = 150.0 * lit + rng.normal(0.0, 30.0 + 10.0 * lit)  # half is often missed by noise
    times_s, exposures_s = 0.1 * np.arange(1500), np.full(1500, 0.1)
    fit = fit_spot(Trajectory(times_s, exposures_s, seen, 30.0 + 10.0 * lit), 300, 303)
    assert fit.blinks == blinking
    assert np.isfinite(fit.off_s) == np.isfinite(fit.on_s) == blinking


def test_a_dark_without_any_scatter_is_no_trouble():
    rng = np.random.default_rng(8)
    seen = np.r_[np.zeros(250), rng.normal(400.0, 30.0, 250)]
    fit = fit_spot(
        Trajectory(0.1 * np.arange(500), np.full(500, 0.1), seen, np.full(500, SD)), 250, 252
    )
    assert fit.t0_s == pytest.approx(25.0, abs=0.1)
    assert fit.noise_sd == pytest.approx(0.1 * SD)
    assert np.isfinite(fit.snr)


@pytest.mark.parametrize("sd", [0.0, -1.0])
def test_errors_that_are_none_are_refused(sd):
    times_s, sds = 0.1 * np.arange(40), np.full(40, SD)
    sds[30] = sd
    with pytest.raises(ValueError, match="standard error above 0"):
        fit_spot(Trajectory(times_s, np.full(40, 0.1), np.zeros(40), sds), 20, 22)


def test_a_trajectory_of_lost_frames_only_tells_nothing():
    lost, times_s = np.full(40, np.nan), 0.1 * np.arange(40)
    fit = fit_spot(Trajectory(times_s, np.full(40, 0.1), lost, lost), 20, 22)
    assert fit.onset == -1
    assert np.isnan(fit.t0_s)
