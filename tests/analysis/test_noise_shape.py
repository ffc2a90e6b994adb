import numpy as np
import pytest

from onset.analysis.baseline import BaselineSums

from .other_films import Camera, expose

SHAPE = (64, 64)


def baseline(light, camera, *, seed=0, rays=0.0):
    rng = np.random.default_rng(seed)
    sums = BaselineSums(SHAPE)
    for _ in range(300):
        image = expose(np.full(SHAPE, light), camera, np.full(SHAPE, camera.read_e), rng)
        for y, x in rng.integers(64, size=(rng.poisson(rays), 2)):
            image[y, x] += rng.integers(50, 200)
        sums.add(image)
    return sums.finish(whole_numbers=True)


@pytest.mark.parametrize("light", [0.1, 0.5, 3.0])
def test_a_multiplying_camera_tells_the_size_and_the_rate_of_its_electrons(light):
    seen = baseline(light, Camera(offset=200, gain=10.0, read_e=0.2, em_gain=300))
    size, rate = seen.flashes.in_sd(1.0 / float(np.median(seen.inverse_sd)))
    assert seen.flashes.size_adu == pytest.approx(10.0, rel=0.2)
    assert rate == pytest.approx(light, rel=0.35)
    assert size * np.sqrt(2 * rate) < 1.05


@pytest.mark.parametrize("rays", [0.0, 0.05])
def test_shot_noise_is_flashes_of_a_quarter_of_the_gain_cosmic_rays_or_not(rays):
    seen = baseline(5.0, Camera(gain=2.0), rays=rays)
    assert seen.flashes.size_adu == pytest.approx(0.5, rel=0.35)


def test_pixels_that_are_alike_tell_each_other_their_noise():
    seen = baseline(0.5, Camera(offset=200, gain=10.0, read_e=0.2, em_gain=300))
    assert seen.noise_frames > 2000
    assert np.std(seen.inverse_sd) / np.mean(seen.inverse_sd) < 0.03


def test_pixels_that_are_not_alike_keep_their_own_noise():
    rng = np.random.default_rng(5)
    read = np.exp(rng.normal(0.0, 0.5, SHAPE))
    read[10, 20] = 30.0
    sums = BaselineSums(SHAPE)
    for _ in range(300):
        sums.add(expose(np.full(SHAPE, 0.2), Camera(gain=2.0), read, rng))
    seen = sums.finish(whole_numbers=True)
    truth = 1.0 / (2.0 * np.sqrt(0.2 + read**2 + 1 / 48))
    assert seen.noise_frames < 450
    assert np.std(seen.inverse_sd / truth) < 0.05
    assert seen.inverse_sd[10, 20] == pytest.approx(truth[10, 20], rel=0.15)


@pytest.mark.parametrize("lit_pixels", [0, 3])
def test_a_camera_that_shows_black_has_noise_that_is_known(lit_pixels):
    sums = BaselineSums(SHAPE)
    for k in range(60):
        image = np.zeros(SHAPE, np.uint16)
        image[:lit_pixels, k] = 1
        sums.add(image)
    seen = sums.finish(whole_numbers=True)
    assert np.isfinite(seen.inverse_sd).all()
    assert seen.noise_frames == 60


def test_rare_flashes_in_unlike_pixels_leave_no_pixel_without_noise():
    rng = np.random.default_rng(3)
    gain = np.exp(rng.normal(0.0, 2.0, SHAPE))
    sums = BaselineSums(SHAPE)
    for _ in range(10):
        electrons = rng.poisson(0.05, SHAPE)
        light = rng.gamma(np.maximum(electrons, 1e-9), 300.0) * (electrons > 0)
        image = 500 + gain * (light + rng.normal(0.0, 3.0, SHAPE))
        sums.add(np.clip(image, 0, 65535).astype(np.uint16))
    seen = sums.finish(whole_numbers=True)
    assert seen.noise_frames < 3.0
    assert np.isfinite(seen.inverse_sd).all()
    assert seen.inverse_sd.max() > 0.0
