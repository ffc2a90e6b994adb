import numpy as np
import pytest

from onset.analysis import Detector
from onset.analysis.calibrate import calibrate, moments
from onset.analysis.camera_maps import read_maps, write_maps
from onset.errors import FileMistake, Refused

SHAPE = (48, 64)


class Sensor:
    """An sCMOS with maps of its own."""

    def __init__(self, seed=1, em=False):
        rng = np.random.default_rng(seed)
        self.rng, self.em = rng, em
        self.offset = 100.0 + rng.normal(0, 2, SHAPE)
        self.gain = 2.1 * (1 + rng.normal(0, 0.05, SHAPE))
        self.read = 1.2 * np.exp(rng.normal(0, 0.15, SHAPE))
        self.hot = np.zeros(SHAPE, bool)
        self.hot[5, 7] = self.hot[30, 60] = True
        self.read[self.hot] = 25.0
        self.dead = np.zeros(SHAPE, bool)
        self.dead[20, 20] = True

    def film(self, electrons, frames, flicker=0.0):
        for _ in range(frames):
            light = electrons * (1 + flicker * self.rng.standard_normal())
            seen = self.rng.poisson(light, SHAPE).astype(float) * ~self.dead
            if self.em:
                seen = self.rng.standard_gamma(np.maximum(seen, 1e-9)) * (seen > 0)
            seen += self.read * self.rng.standard_normal(SHAPE)
            yield np.clip(np.rint(self.offset + self.gain * seen), 0, 65535).astype(np.uint16)


@pytest.fixture(scope="module")
def sensor():
    return Sensor()


@pytest.fixture(scope="module")
def maps(sensor):
    dark = moments(sensor.film(0.0, 400))
    flats = [moments(sensor.film(e, 400, flicker=0.02), flat=True) for e in (60.0, 200.0, 500.0)]
    return calibrate(dark, flats)


def test_maps_come_back_within_their_error(sensor, maps):
    good = ~maps.bad
    sd = np.sqrt((sensor.gain * sensor.read) ** 2 / 400 + 1 / 12 / 400)
    assert np.std(((maps.offset_adu - sensor.offset) / sd)[good]) < 1.1
    read = sensor.read[good]
    assert np.std((maps.read_noise_e[good] - read) / read) < 1.2 * np.sqrt(1 / 800 + 0.04**2)
    assert np.median(maps.adu_per_electron) == pytest.approx(2.1, rel=0.01)
    gain = sensor.gain[good]
    assert np.std((maps.adu_per_electron[good] - gain) / gain) < 0.045  # without the flats: 0.05
    assert np.corrcoef(maps.adu_per_electron[good], gain)[0, 1] > 0.6


def test_hot_and_dead_pixels_are_marked_and_no_others(sensor, maps):
    assert (maps.bad == (sensor.hot | sensor.dead)).all()


def test_the_gain_of_a_camera_that_multiplies():
    sensor = Sensor(em=True)
    dark, flat = moments(sensor.film(0.0, 200)), moments(sensor.film(200.0, 200), flat=True)
    maps = calibrate(dark, [flat], excess=2.0)
    assert np.median(maps.adu_per_electron) == pytest.approx(2.1, rel=0.03)


def test_maps_are_kept_in_a_file_that_others_can_read(maps, tmp_path):
    write_maps(maps, tmp_path / "camera.tif")
    again = read_maps(tmp_path / "camera.tif")
    assert (again.read_noise_e == maps.read_noise_e).all()
    assert (again.bad == maps.bad).all()
    assert again.excess == 1.0


def test_another_file_is_refused(tmp_path):
    (tmp_path / "camera.tif").write_bytes(b"no picture")
    with pytest.raises(FileMistake, match="not a camera calibration"):
        read_maps(tmp_path / "camera.tif")


def test_films_that_say_nothing_are_refused(sensor):
    with pytest.raises(Refused, match="50 or more"):
        moments(sensor.film(0.0, 10))
    dark = moments(sensor.film(5.0, 60))
    with pytest.raises(Refused, match="not brighter"):
        calibrate(dark, [moments(sensor.film(0.0, 60))])


def test_with_maps_the_detector_needs_a_few_frames_only(sensor, maps):
    detector = Detector(SHAPE, baseline_frames=10, planned_frames=300, camera=maps)
    spots = []
    for k, image in enumerate(sensor.film(10.0, 120)):
        shown = image.copy()
        if k >= 60:
            shown[29:32, 39:42] += 60
        spots += detector.update(shown)
    (spot,) = spots
    assert spot.onset == 60
    assert detector.baseline.inverse_sd[5, 7] == 0.0
    expected = 1 / np.sqrt((sensor.gain * sensor.read) ** 2 + sensor.gain**2 * 10.0)
    good = ~maps.bad
    assert np.std(detector.baseline.inverse_sd[good] / expected[good]) < 0.12
