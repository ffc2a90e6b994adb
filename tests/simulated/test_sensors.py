"""Mean and variance of each camera model, its maps, its gain."""

import numpy as np
import pytest

from onset.simulated.optics import View
from onset.simulated.sensors import MODELS, Chip, maps

SIDE = 512
WHOLE = View(0, 0, SIDE, SIDE)
MEANS = [0.0, 0.5, 2.0, 5.0, 20.0, 60.0, 200.0, 1000.0]


def film(model, electrons, frames=6, view=WHOLE, seed=1, **gains):
    chip = Chip(
        MODELS[model].with_gain(gains.get("gain", 1.0), gains.get("em_gain", 300.0)), view, SIDE
    )
    out = np.empty((frames, view.height, view.width), np.uint16)
    for frame in range(frames):
        lit = np.full((view.height, view.width), electrons, np.float32)
        chip.expose(lit, 0.05, seed, frame, out[frame])
    return out.astype(float), chip


def close(frames):
    """Of a variance from so many values: 2 %, four standard errors where that is more."""
    return max(0.02, 4 * np.sqrt(2.0 / frames.size))


@pytest.mark.parametrize("electrons", MEANS)
@pytest.mark.parametrize("model", ["plain", "ccd"])
def test_variance_of_plain_cameras_is_photons_and_readout(model, electrons):
    sensor = MODELS[model].sensor
    frames, _ = film(model, electrons)
    measured = (frames - sensor.offset_adu) * sensor.electrons_per_adu
    variance = electrons + sensor.read_noise_electrons**2 + sensor.electrons_per_adu**2 / 12
    assert measured.mean() == pytest.approx(electrons, abs=0.005 + 0.0005 * electrons)
    assert measured.var() == pytest.approx(variance, rel=close(frames))


@pytest.mark.parametrize("electrons", MEANS)
def test_an_emccd_doubles_the_photon_variance(electrons):
    model = MODELS["emccd"]
    frames, _ = film("emccd", electrons, frames=10)
    gain = model.em_gain / model.sensor.electrons_per_adu  # ADU per photoelectron
    measured = (frames - model.sensor.offset_adu) / gain
    seen = electrons + model.extra_electrons
    read = model.sensor.read_noise_electrons / model.em_gain
    assert measured.mean() == pytest.approx(seen, abs=0.003 + 0.002 * seen)
    variance = 2 * seen + read**2 + 1 / (12 * gain**2)
    assert measured.var() == pytest.approx(variance, rel=0.02)


def test_every_pixel_of_an_scmos_has_its_own_variance_and_gain():
    frames, chip = film("scmos", 50.0, frames=400, view=View(100, 64, 64, 64))
    pixels = chip.maps
    mean = pixels.offset_adu + 50.0 * pixels.adu_per_electron
    noise = pixels.read_noise_electrons**2 + 50.0 + 0.05 * pixels.dark_electrons_per_s
    variance = noise * pixels.adu_per_electron**2 + 1 / 12
    quiet = pixels.dark_electrons_per_s < 1.0
    assert (frames.mean(axis=0) - mean)[quiet].std() < 1.3 * np.sqrt(variance[quiet].mean() / 400)
    ratio = frames.var(axis=0, ddof=1)[quiet] / variance[quiet]
    assert ratio.mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("electrons", MEANS)
def test_the_mean_variance_curve_of_an_scmos(electrons):
    frames, chip = film("scmos", electrons, frames=20)
    pixels = chip.maps
    seen = electrons + 0.05 * pixels.dark_electrons_per_s
    variance = (pixels.read_noise_electrons**2 + seen) * pixels.adu_per_electron**2 + 1 / 12
    measured = frames.var(axis=0, ddof=1)
    assert measured.mean() == pytest.approx(variance.mean(), rel=0.02)


def test_an_scmos_has_hot_pixels_at_fixed_places():
    whole = maps(SIDE)
    worst = whole.read_noise_electrons.max() * MODELS["scmos"].sensor.read_noise_electrons
    assert 15 < worst < 35
    assert np.median(whole.read_noise_electrons) == pytest.approx(1.0, abs=0.02)
    dark, _ = film("scmos", 0.0, frames=60)
    bright_places = np.argwhere(dark.mean(axis=0) > 106)
    assert 20 < len(bright_places) < 400


def test_a_region_and_binning_see_the_same_pixels():
    part = Chip(MODELS["scmos"], View(10, 20, 30, 40, 2), SIDE).maps
    whole = Chip(MODELS["scmos"], WHOLE, SIDE).maps
    noise = whole.read_noise_electrons[20:80, 40:120].reshape(30, 2, 40, 2)
    expected = np.sqrt((noise**2).sum(axis=(1, 3)))
    assert part.read_noise_electrons == pytest.approx(expected, rel=1e-5)


def test_gain_multiplies_what_is_above_the_offset():
    for model in ("plain", "scmos", "ccd"):
        once, _ = film(model, 100.0, frames=1)
        twice, _ = film(model, 100.0, frames=1, gain=2.0)
        offset = MODELS[model].sensor.offset_adu
        assert twice.mean() - offset == pytest.approx(2 * (once.mean() - offset), rel=0.01)
    low, _ = film("emccd", 20.0, frames=1, em_gain=30.0)
    assert low.mean() - 200 == pytest.approx(20.0 * 30 / 12, rel=0.02)


@pytest.mark.parametrize("model", list(MODELS))
def test_the_same_seed_gives_the_same_film(model):
    assert np.array_equal(film(model, 3.0, 2)[0], film(model, 3.0, 2)[0])
    assert not np.array_equal(film(model, 3.0, 2)[0], film(model, 3.0, 2, seed=2)[0])


def test_a_saturated_pixel_stays_so():
    assert film("emccd", 5e4, frames=1)[0].min() == 65535
