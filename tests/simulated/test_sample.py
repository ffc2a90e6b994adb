"""The sample obeys the paper's laws and its own history."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from onset.experiment.clock import NS
from onset.models.flow import Content
from onset.simulated.preset import Preset
from onset.simulated.sample import Sample

SHAPE = (512, 512)
PAPER = Preset()


def reagent(t_s, **ug_per_ml):
    return Content(round(t_s * NS), ug_per_ml)


@pytest.fixture(scope="module")
def sample():
    return Sample(PAPER, SHAPE, seed=1)


@pytest.fixture(scope="module")
def fields():
    return [Sample(PAPER, SHAPE, seed) for seed in range(40)]


def test_particles_lie_apart_and_inside():
    drawn = Sample(replace(PAPER, cluster_fraction=0.0), SHAPE, 2).particles
    places = np.stack([drawn.y_px, drawn.x_px], axis=1)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert len(places) == 500
    assert distance.min() >= 6.0
    assert places.min() >= 6.0
    assert places.max() <= 511.0 - 6.0


def test_clusters_are_two_in_one_spot(sample):
    drawn = sample.particles
    assert drawn.is_cluster.sum() == 10
    places = np.stack([drawn.y_px, drawn.x_px], axis=1)[drawn.is_cluster]
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert distance.min(axis=1) == pytest.approx(1.5)


def test_more_particles_than_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Sample(replace(PAPER, particles=200), (40, 40), 1)


@pytest.mark.parametrize("ug_per_ml", [1.0, 2.0, 4.0, 6.0, 10.0])
def test_times_follow_the_laws_of_the_paper(fields, ug_per_ml):
    waiting, tau = [], []
    for field in fields:
        switches = field.switches([reagent(3, TBAB=ug_per_ml)], 0)
        waiting.append((switches.centre_s[0] - switches.centre_s[0].min()).mean())
        tau.append(switches.tau_s[0].mean())
    error = np.std(waiting) / np.sqrt(40)
    assert np.mean(waiting) == pytest.approx(3 / (ug_per_ml - 0.7) + 1.5, abs=3.5 * error)
    assert np.mean(tau) == pytest.approx(6 / (ug_per_ml + 0.3) + 0.4, rel=0.01)


@pytest.mark.parametrize("frame_s", [0.05, 0.1])
@pytest.mark.parametrize("ug_per_ml", [1.0, 2.0, 4.0, 6.0, 10.0])
def test_the_moments_at_which_crystals_are_seen_follow_the_law_too(fields, ug_per_ml, frame_s):
    """3 sigma of the dark noise at the best resolution, as an analysis of films finds it."""
    noise = np.sqrt(4 * np.pi * PAPER.psf_sigma_px**2 * (100.0 * frame_s + 1.6**2))
    waiting = []
    for field in fields:
        switches = field.switches([reagent(3, TBAB=ug_per_ml)], 0)
        height = field.particles.electrons_per_s * frame_s / (3 * noise)
        seen_s = switches.centre_s[0] - switches.tau_s[0] * np.log(height - 1.0)
        waiting.append((seen_s - seen_s.min()).mean())
    assert np.mean(waiting) == pytest.approx(3 / (ug_per_ml - 0.7) + 1.5, rel=0.08)


@pytest.mark.parametrize("ug_per_ml", [1.0, 2.0, 4.0, 6.0, 10.0])
def test_a_rise_begins_at_next_to_nothing_when_its_front_comes(fields, ug_per_ml):
    for field in fields:
        switches = field.switches([reagent(3, TBAB=ug_per_ml)], 0)
        taus_before = (switches.centre_s[0] - 3.0) / switches.tau_s[0]
        foot = 1 / (1 + np.exp(taus_before))
        assert np.median(foot) < 0.002
        assert foot.max() < 0.02


@pytest.mark.parametrize("change", [{"switching_spread": 0.4}, {"waiting_b": -0.3}])
def test_other_laws_and_spreads_come_true_as_well(change):
    """Also where taus alone would spread the times more than the law of the waiting allows."""
    preset, waiting = replace(PAPER, **change), []
    for seed in range(20):
        made = Sample(preset, SHAPE, seed).switches([reagent(0, TBAB=2.0)], 0)
        waiting.append((made.centre_s[0] - made.centre_s[0].min()).mean())
    error = np.std(waiting) / np.sqrt(20)
    assert np.mean(waiting) == pytest.approx(preset.waiting.mean_s(2.0), abs=3.5 * error)


def test_below_1_ug_per_ml_nothing_turns_on(sample):
    switches = sample.switches([reagent(0, TBAB=0.94)], 0)
    assert np.isinf(switches.centre_s).all()
    assert sample.mean_brightness(switches, 1e4, 1e4 + 1).max() == 0.0


def test_all_are_dark_before_the_front_and_bright_long_after(sample):
    switches = sample.switches([reagent(20, TBAB=1.0)], 0)
    assert sample.mean_brightness(switches, 19.0, 20.0).max() == 0.0
    assert (switches.centre_s[0] > 20.0).all()
    late = np.mean([sample.mean_brightness(switches, t, t + 0.05) for t in range(200, 260)], axis=0)
    assert late.min() > 0.3
    assert late.mean() == pytest.approx(3.5 / 3.9, abs=0.02)


def test_the_rise_is_the_logistic_of_the_truth(sample):
    quiet = Sample(replace(PAPER, on_s=0.0), SHAPE, 1)
    switches = quiet.switches([reagent(0, TBAB=1.0)], 0)
    late = int(np.argmax(switches.centre_s[0] / switches.tau_s[0]))
    t0_s, tau_s = switches.centre_s[0, late], switches.tau_s[0, late]
    for t_s in (t0_s - 2 * tau_s, t0_s, t0_s + 2 * tau_s):
        expected = 1 / (1 + np.exp(-(t_s - t0_s) / tau_s))
        measured = quiet.mean_brightness(switches, t_s - 1e-4, t_s + 1e-4)[late]
        assert measured == pytest.approx(expected, abs=2e-3)


def test_an_exposure_averages_its_moments(sample):
    switches = sample.switches([reagent(0, TBAB=4.0)], 0)
    edges = np.linspace(6.0, 8.0, 2001)
    moments = [sample.mean_brightness(switches, a, b) for a, b in pairwise(edges)]
    whole = sample.mean_brightness(switches, 6.0, 8.0)
    assert np.abs(np.mean(moments, axis=0) - whole).max() < 0.1  # blinking during the rise
    assert np.abs(np.mean(moments, axis=0) - whole).mean() < 0.01


def test_what_is_below_a_seventh_when_the_reagent_goes_stays_dark(sample):
    alone = sample.switches([reagent(0, TBAB=1.0)], 0)
    rinsed = sample.switches([reagent(0, TBAB=1.0), reagent(30)], 0)
    before = alone.centre_s[0] - np.log(6.0) * alone.tau_s[0] < 30.0
    assert 0 < before.sum() < 500
    assert np.array_equal(np.isfinite(rinsed.centre_s[0]), before)
    assert np.array_equal(rinsed.centre_s[0, before], alone.centre_s[0, before])


def test_tbac_turns_bright_ones_dark():
    bright = Sample(PAPER, SHAPE, 1, bright=True)
    switches = bright.switches([reagent(10, TBAC=2.0)], 0)
    assert np.median(bright.mean_brightness(switches, 9.0, 9.1)) == pytest.approx(1.0)
    assert bright.mean_brightness(switches, 100.0, 100.1).max() < 1e-3
    relative = switches.centre_s[0] - switches.centre_s[0].min()
    assert relative.mean() == pytest.approx(3 / 1.3 + 1.5, rel=0.2)


def test_forward_and_back_on_one_field(sample):
    contents = [reagent(0, TBAB=4.0), reagent(60), reagent(90, TBAC=4.0)]
    switches = sample.switches(contents, 0)
    assert (switches.centre_s[0] < 60).all()
    assert (switches.centre_s[1] > 90).all()
    assert np.isinf(switches.centre_s[2]).all()
    assert np.median(sample.mean_brightness(switches, 80.0, 80.1)) > 0.99
    assert sample.mean_brightness(switches, 200.0, 200.1).max() < 1e-6


def test_a_drawn_out_front_spreads_the_times(sample):
    steps = [reagent(t, TBAB=float(c)) for t, c in enumerate(np.linspace(0.5, 4.0, 40))]
    drawn_out = sample.switches(steps, 0).centre_s[0]
    sharp = sample.switches([reagent(0, TBAB=4.0)], 0).centre_s[0]
    assert (drawn_out > sharp).all()
    assert np.isfinite(drawn_out).all()


def test_bright_crystals_are_seen_well_in_one_frame(sample):
    electrons = sample.particles.electrons_per_s * 0.05
    dark_variance = (
        4 * np.pi * PAPER.psf_sigma_px**2 * (PAPER.background_electrons_per_s * 0.05 + 1.6**2)
    )
    snr = electrons / np.sqrt(4 / 3 * electrons + dark_variance)
    assert 6 < np.percentile(snr, 10) < np.percentile(snr, 90) < 15
