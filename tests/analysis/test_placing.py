"""The ground under the spots, and means of a film's stretches."""

import numpy as np
import pytest

from onset.analysis.dark_ground import Part, dark_ground
from onset.analysis.ground import without_noise
from onset.analysis.place_fit import fit_place
from onset.analysis.stretches import FEWEST_FRAMES, Averager


def test_noise_without_a_pattern_is_taken_out():
    rng = np.random.default_rng(1)
    slope = np.linspace(100, 120, 96)[:, None] * np.ones((1, 96))
    seen = (slope + rng.normal(0, 0.5, (96, 96))).astype(np.float32)
    calm = without_noise(seen, np.full((96, 96), 0.25))
    assert np.std(calm - slope) < 0.12


def test_a_pattern_and_hot_pixels_stay():
    rng = np.random.default_rng(2)
    pattern = 100.0 + rng.normal(0, 3.0, (96, 96))
    pattern[40, 40] = 400.0
    seen = (pattern + rng.normal(0, 0.3, (96, 96))).astype(np.float32)
    calm = without_noise(seen, np.full((96, 96), 0.09))
    assert np.std(calm - pattern) < 0.35
    assert calm[40, 40] == pytest.approx(400.0, abs=1.5)


@pytest.mark.filterwarnings("error")
def test_a_black_field_is_its_own_ground():
    black = np.zeros((32, 32), np.float32)
    assert (without_noise(black, np.zeros((32, 32))) == 0.0).all()


def test_the_ground_is_read_wherever_nothing_shines():
    rng = np.random.default_rng(3)
    truth = 100.0 + rng.normal(0, 2.0, (80, 80))
    place = np.array([[40.0, 40.0]])
    rows, columns = np.ogrid[:80, :80]
    light = 500.0 * np.exp(-((rows - 40) ** 2 + (columns - 40) ** 2) / (2 * 1.3**2))
    parts = [
        Part((truth + lift + light * lit).astype(np.float32), 50, place[: int(lit)])
        for lift, lit in ((0.0, 0), (3.0, 0), (5.0, 1))
    ]
    variance = np.full((80, 80), 9.0, np.float32)
    level, frames = dark_ground(truth.astype(np.float32), variance, parts, 1.3)
    assert frames[40, 40] == 100
    assert frames[5, 5] == 150
    assert np.abs(level - truth).max() < 0.3


def test_stretches_hold_every_frame_once():
    images = np.arange(43, dtype=np.uint16)[:, None, None] * np.ones((1, 4, 5), np.uint16)
    means = Averager((4, 5), np.arange(100, 143))
    for image in images:
        means.add(image)
    parts = means.finished()
    assert len(parts) == 43 // FEWEST_FRAMES
    assert sum(part.frames for part in parts) == 43
    assert [p.first for p in parts[1:]] == [p.last + 1 for p in parts[:-1]]
    total = sum(part.frames * float(part.mean.mean()) for part in parts)
    assert total == pytest.approx(images.mean(axis=(1, 2)).sum())


@pytest.mark.parametrize("bad", [None, np.nan, np.inf])
def test_a_window_with_a_pixel_that_is_no_number_has_no_width(bad):
    y, x = np.mgrid[:9, :9]
    seen = 50.0 * np.exp(-((y - 4.3) ** 2 + (x - 3.8) ** 2) / (2 * 1.2**2))
    if bad is not None:
        seen[2, 2] = bad
    told = (4.3, 3.8, 1.2) if bad is None else (4.0, 4.0, 0.0)
    assert fit_place(seen, np.ones((9, 9)), 4.0, 4.0, 1.3) == pytest.approx(told, abs=0.01)
