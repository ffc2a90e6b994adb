"""Blinking, bleaching, degradation, filter, clusters: what happens to light, not to pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from onset.experiment.clock import NS
from onset.models.flow import Content, Front
from onset.models.kinetics import LOGISTIC_QUARTILES
from onset.models.plunger import Drive
from onset.simulated.field import Field, Shutter, Surroundings
from onset.simulated.preset import Preset, read_preset
from onset.simulated.sample import Sample
from onset.simulated.spectrum import brightness, dark_level

SHAPE = (512, 512)
SAMPLES = sorted((Path(__file__).parents[2] / "devices" / "samples").glob("*.toml"))
CRYSTALS = [file for file in SAMPLES if file.stem != "dye"]
STEADY = Preset(particles=60, on_s=0.0, cluster_fraction=0.0)


def tbab(t_s, ug_per_ml):
    return Content(round(t_s * NS), {"TBAB": ug_per_ml})


def field(here, preset=STEADY, *, bright=True, **around):
    surroundings = Surroundings(**{"front": Front(), **around})
    return Field(Sample(preset, SHAPE, 1, bright=bright), here, surroundings, 0, 512)


def test_light_is_in_proportion_to_the_irradiance(here):
    usual = field(here).light(0, NS)
    double = field(here, irradiance_uw_cm2=30.0).light(0, NS)
    assert double.spots == pytest.approx(2 * usual.spots)
    assert double.background == pytest.approx(2 * usual.background)


def test_a_partial_frame_shows_only_the_lit_moments(here):
    """The shutter closes before the switch: nothing of the bright half is seen."""
    here.plunger("TBAB", "TBAB", 10.0).start(0, 2.0)
    one = field(here, replace(STEADY, particles=1), bright=False)
    switch_ns = round(one.switches().centre_s[0, 0] * NS)
    a, b = switch_ns - 5 * NS, switch_ns + 5 * NS
    here.light.close(switch_ns - 4 * NS)
    early = one.light(a, b).spots[0]
    here.light.open(switch_ns + 4 * NS)
    both = one.light(a, b).spots[0]
    electrons_per_s = one.sample.particles.electrons_per_s[0]
    assert early < 0.05 * electrons_per_s
    assert both == pytest.approx(electrons_per_s, rel=0.05)


def test_rows_of_a_rolling_shutter_see_the_light_come_one_after_the_other(here):
    here.light.open(NS)
    rows = np.arange(512) * 1e6
    n = STEADY.particles
    rolling = field(here, shutter=Shutter(np.full(n, 300e6), rows))
    lit_s = rolling.light(NS // 2, NS).background / 100.0
    assert lit_s == pytest.approx(np.minimum(rows / 1e9, 0.5), abs=1e-9)
    assert rolling.light(NS // 2, NS).spots == pytest.approx(
        rolling.sample.particles.electrons_per_s * 0.3
    )


def test_bleaching_follows_the_dose_and_not_the_time(here):
    preset = replace(STEADY, particles=500, bleach_mj_per_cm2=1.5, apart_px=3.0)
    here.light.open(0)
    here.light.close(100 * NS)
    here.light.open(1000 * NS)
    bleaching = field(here, preset)
    full = bleaching.sample.particles.electrons_per_s
    alive = (bleaching.light(1000 * NS, 1001 * NS).spots / full > 0.5).mean()
    assert bleaching.dose_mj_per_cm2(1000 * NS) == pytest.approx(1.5)
    assert alive == pytest.approx(np.exp(-1.0), abs=4 * 0.0216)


def test_above_10_ug_per_ml_spots_degrade_as_fast_as_they_turn_on():
    sample = Sample(Preset(), SHAPE, 1)
    for ug_per_ml, lost in ((10.0, 0.0), (14.0, 1.0)):
        switches = sample.switches([tbab(0, ug_per_ml)], 0)
        assert np.isfinite(switches.lost_s).mean() == lost
    lasted_s = switches.lost_s - switches.centre_s[0]
    assert lasted_s.mean() == pytest.approx(3 / 13.3 + 1.5, rel=4 / 500**0.5)
    assert sample.mean_brightness(switches, 60.0, 61.0).max() < 1e-3
    rinsed = sample.switches([tbab(0, 14.0), Content(8 * NS, {})], 0)
    saved = np.isinf(rinsed.lost_s)
    assert 0 < saved.sum() < 500
    assert np.array_equal(rinsed.lost_s[~saved], switches.lost_s[~saved])


def test_brightness_grows_more_than_thirtyfold_through_the_filter():
    fraction = np.linspace(0.0, 1.0, 101)
    seen = brightness(fraction, Preset())
    assert (np.diff(seen) >= 0).all()
    assert seen[-1] == 1.0
    assert dark_level(Preset()) == 0.0  # the filter hides 398 nm
    assert dark_level(Preset(filter_nm=0.0)) == pytest.approx(1 / 30)
    assert seen[42] == pytest.approx(0.5 * (1 + 29 * 0.42) / 30, rel=0.01)  # 440 nm: half passes


def rise(filter_nm):
    """Brightness of one crystal at 200 moments of its rise, by the laws of the paper."""
    preset = replace(STEADY, particles=1, filter_nm=filter_nm)
    sample = Sample(preset, SHAPE, 1)
    switches = sample.switches([tbab(0, 1.0)], 0)
    centre_s, tau_s = switches.centre_s[0, 0], switches.tau_s[0, 0]
    times_s = centre_s + tau_s * np.linspace(-3.0, 12.0, 200)
    levels = [sample.mean_brightness(switches, t, t + 1e-3)[0] for t in times_s]
    return (times_s - centre_s) / tau_s, np.array(levels), sample


def test_through_the_usual_filter_the_rise_is_the_logistic_of_the_law():
    since, seen, _ = rise(440.0)
    foot = seen[0]
    expected = 1 / (1 + np.exp(-since))
    assert (seen - foot) / (1 - foot) == pytest.approx(
        (expected - expected[0]) / (1 - expected[0]), abs=0.01
    )


def test_a_redder_filter_shows_the_rise_later_and_takes_light_away():
    (since, usual, _), (_, red, _) = rise(440.0), rise(490.0)
    assert np.interp(0.5 * red[-1], red, since) > np.interp(0.5, usual, since) + 0.5
    assert red[-1] == pytest.approx(brightness(np.ones(()), Preset(filter_nm=490.0)), rel=1e-3)
    assert red[-1] == pytest.approx(0.909, abs=0.01)  # 8 nm, 1.33 widths, above the edge


def test_without_a_filter_the_crystals_are_seen_before_they_exchange():
    _, open_to_all, sample = rise(0.0)
    dark = sample.mean_brightness(sample.switches([], 0), 0.0, 1.0)
    assert dark == pytest.approx(1 / 30)
    assert open_to_all[-1] / dark == pytest.approx(30.0, rel=0.01)
    assert (np.diff(open_to_all) >= -1e-12).all()


def test_power_law_times_are_as_asked():
    preset = Preset(blinking="power-law", blink_exponent=1.5, blink_most_s=100.0)
    ends = Sample(preset, SHAPE, 1).particles.blinks_s
    times = np.diff(ends, axis=1).ravel()
    assert times.min() > 0.0499
    assert times.max() < 100.001
    counts, _ = np.histogram(np.log(times), bins=np.log([0.1, 0.4, 1.6, 6.4]))
    assert np.diff(np.log(counts)) / np.log(4) == pytest.approx(-0.5, abs=0.05)


def test_gray_times_are_between_dark_and_bright():
    contents = [tbab(0, 10.0)]

    def levels(gray):
        sample = Sample(Preset(gray=gray), SHAPE, 1)
        switches = sample.switches(contents, 0)
        return np.array(
            [sample.mean_brightness(switches, t, t + 1e-4) for t in np.arange(100, 200, 1.0)]
        )

    plain, gray = levels(0.0), levels(1.0)
    assert ((plain > 0.02) & (plain < 0.98)).mean() < 0.005
    dim = gray[plain < 0.02]
    assert dim.mean() == pytest.approx(0.35, abs=0.02)


def test_clusters_have_two_to_four(here):
    drawn = Sample(read_preset(_file("clusters")), SHAPE, 1).particles
    places = np.stack([drawn.y_px, drawn.x_px], axis=1)
    near = np.linalg.norm(places[:, None] - places[None], axis=2) < 3.1
    sizes = near.sum(axis=1)
    assert drawn.is_cluster.mean() == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(sizes > 1, drawn.is_cluster)
    assert set(sizes) == {1, 2, 3, 4}


def test_contaminants_are_lit_from_the_start(here):
    dirty = field(here, replace(STEADY, contaminants=7), bright=False)
    spots = dirty.light(0, NS).spots
    assert spots.size == 67
    assert (spots[60:] > 0).all()
    assert spots[:60].max() == 0.0


def test_reagent_crosses_the_field_from_left_to_right(here):
    here.plunger("TBAB", "TBAB", 4.0).start(0, 2.0)
    preset = replace(STEADY, particles=400, apart_px=3.0)
    at_once = field(here, preset, bright=False).switches().centre_s[0]
    crossing = field(here, preset, bright=False, field_ul=20.0)
    late_s = crossing.switches().centre_s[0] - at_once
    x_px = crossing.sample.particles.x_px
    assert late_s.min() == pytest.approx(10 / 16, abs=0.01)
    assert np.corrcoef(late_s, x_px)[0, 1] > 0.98
    assert np.polyfit(x_px, late_s, 1)[0] * 512 == pytest.approx(10.0, rel=0.03)


def test_a_soft_line_delays_the_front(here):
    here.plunger("TBAB", "TBAB", 4.0).start(0, 2.0)
    stiff, soft = (
        field(here, front=Front("sharp", 20.0), drive=Drive(compliance_s=tau)).contents()
        for tau in (0.0, 2.0)
    )
    assert (soft[0].t_ns - stiff[0].t_ns) / NS == pytest.approx(2.0, abs=0.05)


def _file(name):
    return next(path for path in SAMPLES if path.stem == name)


@pytest.mark.parametrize("file", CRYSTALS, ids=lambda path: path.stem)
def test_every_preset_turns_on(file):
    sample = Sample(read_preset(file), SHAPE, 1)
    switches = sample.switches([tbab(0, 4.0)], 0)
    late = np.mean(
        [sample.mean_brightness(switches, t, t + 0.5) for t in range(80, 110, 3)], axis=0
    )
    assert np.isfinite(switches.centre_s[0]).mean() > 0.98
    assert sample.mean_brightness(switches, -1.0, 0.0).max() == 0.0
    assert late.mean() > 0.45


@pytest.mark.parametrize(
    "name", ["letter", "smooth", "equal", "nucleation", "threshold", "cooperative"]
)
def test_presets_of_the_models_have_the_time_scale_of_the_paper(name):
    sample = Sample(read_preset(_file(name)), SHAPE, 1)
    switches = sample.switches([tbab(0, 1.0)], 0)
    waiting_s = switches.centre_s[0] - switches.centre_s[0].min()
    assert 0.5 < switches.tau_s[0].mean() < 6.0
    assert 7.0 < waiting_s.mean() < 20.0  # the paper: 11.5 s


def test_swaps_become_steps_of_light():
    preset = replace(read_preset(_file("letter")), on_s=0.0)
    sample = Sample(preset, SHAPE, 2)
    switches = sample.switches([tbab(10, 1.0)], 0)
    drawn = sample.preset.exchange
    mean_tau_s = drawn.mean_switching(1.0) * preset.step_s / LOGISTIC_QUARTILES
    assert switches.tau_s[0].mean() == pytest.approx(mean_tau_s, rel=0.07)
    assert (switches.centre_s[0] - 10).mean() == pytest.approx(
        drawn.mean_waiting(1.0) * preset.step_s, rel=0.07
    )
    before = sample.mean_brightness(switches, 9.0, 10.0)
    after = sample.mean_brightness(switches, 190.0, 191.0)
    assert before.max() == 0.0
    assert after == pytest.approx(1.0)


def test_tbac_turns_the_model_crystals_dark_again():
    sample = Sample(replace(read_preset(_file("letter")), on_s=0.0), SHAPE, 2)
    switches = sample.switches([tbab(0, 4.0), Content(60 * NS, {"TBAC": 4.0})], 0)
    assert (switches.centre_s[1] > 60).all()
    assert np.median(sample.mean_brightness(switches, 58.0, 59.0)) == pytest.approx(1.0)
    assert sample.mean_brightness(switches, 150.0, 151.0).max() == 0.0
