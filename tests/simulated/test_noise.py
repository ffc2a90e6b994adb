"""Camera noise: its mean, its variance, and that it repeats."""

import numpy as np
import pytest

from onset.simulated.noise import Sensor, expose

PLAIN = Sensor()
MEANS = [0.0, 0.01, 0.3, 1.0, 2.5, 5.0, 20.0, 50.0, 63.9, 64.1, 100.0, 1000.0, 10000.0]


def film(electrons, sensor=PLAIN, seed=1, frame=0, side=1024):
    out = np.empty((side, side), np.uint16)
    expose(np.full((side, side), electrons, np.float32), sensor, seed, frame, out)
    return out


@pytest.mark.parametrize("electrons", MEANS)
def test_variance_is_that_of_photons_and_readout(electrons):
    gain, read_noise = 0.25, 1.6
    adu = film(electrons, Sensor(100.0, gain, read_noise)).astype(float)
    measured = (adu - 100.0) * gain
    variance = electrons + read_noise**2 + gain**2 / 12
    assert measured.var() == pytest.approx(variance, rel=0.02)
    assert measured.mean() == pytest.approx(electrons, abs=5 * np.sqrt(variance) / 1024 + 0.002)


def test_few_photons_come_in_poisson_numbers():
    counts = (film(2.0, Sensor(0.0, 0.01, 0.0)).astype(float) * 0.01).round().astype(int)
    expected = [0.1353, 0.2707, 0.2707, 0.1804, 0.0902]
    measured = np.bincount(counts.ravel(), minlength=5)[:5] / counts.size
    assert measured == pytest.approx(expected, abs=0.003)


def test_the_same_seed_and_frame_give_the_same_noise():
    assert np.array_equal(film(5.0, seed=3, frame=7, side=64), film(5.0, seed=3, frame=7, side=64))


@pytest.mark.parametrize("other", [{"seed": 4, "frame": 7}, {"seed": 3, "frame": 8}])
def test_another_seed_or_frame_gives_other_noise(other):
    a, b = film(50.0, seed=3, frame=7, side=256), film(50.0, side=256, **other)
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.02


def test_neighbours_are_independent():
    image = film(50.0, side=512).astype(float)
    for a, b in ((image[:, 1:], image[:, :-1]), (image[1:], image[:-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.01


def test_too_much_light_saturates():
    assert film(1e6, side=16).min() == 65535
