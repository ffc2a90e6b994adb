"""Spots whose light the camera cut off."""

from pathlib import Path

import numpy as np
import pytest

from onset.analysis.film import Film
from onset.analysis.saturated import saturated

PLACES, FRAMES = np.array([[20.0, 20.0], [20.0, 60.0], [45.0, 0.2]]), 300
FILM = Film(
    Path(),
    np.ones(FRAMES, np.bool_),
    np.arange(FRAMES) / 10,
    np.full(FRAMES, 0.1),
    np.arange(FRAMES),
    64 * 80,
)


def film_of(peaks, most, dtype, moved_px):
    """Spots that turn on in the last tenth, on a ground of 20, cut off at `most`."""
    y, x = np.mgrid[:64, :80]
    images = np.full((FRAMES, 64, 80), 20.0, np.float32)
    for place, peak in zip(PLACES, peaks, strict=True):
        for n in range(270, FRAMES):
            away = (y - place[0] - moved_px[n, 0]) ** 2 + (x - place[1] - moved_px[n, 1]) ** 2
            images[n] += peak * np.exp(-away / (2 * 1.3**2))
    return np.minimum(images, most).astype(dtype)


@pytest.mark.parametrize(
    ("most", "told", "dtype"),
    [(4095, 4095, np.uint16), (4095, 65_535, np.uint16), (255, 65_535, np.uint8)],
    ids=["12 bit, told", "12 bit, not told", "8 bit"],
)
def test_spots_at_the_camera_s_largest_value_are_told(most, told, dtype):
    moved = np.outer(np.arange(FRAMES) / FRAMES, [4.0, 0.0])
    images = film_of(np.array([1.6, 0.5, 1.6]) * most, most, dtype, moved)
    assert saturated(images, FILM, PLACES, moved, told).tolist() == [True, False, True]


def test_a_film_below_it_has_none_and_one_of_no_spots_neither():
    still = np.zeros((FRAMES, 2))
    images = film_of([3000, 2000, 1000], 65_535, np.uint16, still)
    assert not saturated(images, FILM, PLACES, still, 65_535).any()
    assert saturated(images, FILM, np.zeros((0, 2)), still, 65_535).shape == (0,)
