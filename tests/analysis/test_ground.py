"""What photometry must know before it measures: noise with light, and what is no particle."""

import numpy as np
import pytest

from onset.analysis import Detector
from onset.analysis.drift import Placed
from onset.analysis.film import Pixels
from onset.analysis.found import Found, FoundSpot
from onset.analysis.ground import light_gain
from onset.analysis.motion import NO_DRIFT
from onset.analysis.photometry import Photometer
from onset.analysis.placing import ground_in, without_doubles

SIGMA_PX, GAIN, READ_E, BACKGROUND_E = 1.3, 2.0, 1.5, 8.0
GRID = np.stack(np.meshgrid(np.arange(12, 84, 14), np.arange(12, 84, 14)), -1).reshape(-1, 2) + 0.3


def pictures(rng, frames, lift_e):
    """Lit frames in ADU above the ground, of a field that became brighter since that was seen."""
    rows, columns = np.mgrid[:96, :96]
    light = np.full((96, 96), BACKGROUND_E + lift_e)
    for y, x in GRID:
        bell = np.exp(-0.5 * ((rows - y) ** 2 + (columns - x) ** 2) / SIGMA_PX**2)
        light += 300.0 * bell / (2 * np.pi * SIGMA_PX**2)
    shown = rng.poisson(light, (frames, 96, 96)) + rng.normal(0, READ_E, (frames, 96, 96))
    return (GAIN * (shown - BACKGROUND_E)).astype(np.float32)


@pytest.mark.parametrize("lift_e", [0.0, 6.0])
@pytest.mark.parametrize("assumed_px", [1.3, 1.1])
def test_gain_is_that_of_the_camera_whatever_the_field_and_the_shape(lift_e, assumed_px):
    rng = np.random.default_rng(1)
    photometer = Photometer(
        GRID,
        psf_sigma_px=assumed_px,
        ground=np.zeros((96, 96)),
        variance=np.full((96, 96), GAIN**2 * (BACKGROUND_E + READ_E**2)),
        gain=0.0,
    )
    first, second = pictures(rng, 30, lift_e), pictures(rng, 30, lift_e)
    assert light_gain(first, second, photometer) == pytest.approx(GAIN, rel=0.06)


@pytest.mark.parametrize("direction", ["on", "off"])
def test_gain_is_seen_while_the_spots_shine(direction):
    rng = np.random.default_rng(5)
    dark = GAIN * (rng.poisson(BACKGROUND_E, (40, 96, 96)) + rng.normal(0, READ_E, (40, 96, 96)))
    lit = pictures(rng, 40, 0.0) + GAIN * BACKGROUND_E
    film = np.concatenate([dark, lit] if direction == "on" else [lit, dark]).astype(np.float32)
    sd = GAIN * np.sqrt(BACKGROUND_E + READ_E**2)
    spots = tuple(
        FoundSpot(k, y, x, 41, 40, direction, steady=False, score=9.0, final_y_px=y, final_x_px=x)
        for k, (y, x) in enumerate(GRID, 1)
    )
    quiet = np.full((96, 96), 1.0 / sd, np.float32)
    found = Found(spots, np.arange(80), 40, SIGMA_PX, film[:40].mean(axis=0), quiet)
    assert ground_in(Pixels(film, None), found).gain == pytest.approx(GAIN, rel=0.06)


def test_uneven_offsets_of_pixels_are_no_particles():
    rng = np.random.default_rng(2)
    offsets = 100.0 + rng.normal(0, 8.0, (128, 128))
    detector = Detector((128, 128), baseline_frames=100)
    for _ in range(100):
        frame = offsets + GAIN * (rng.poisson(8.0, (128, 128)) + rng.normal(0, 1.5, (128, 128)))
        detector.update(np.rint(frame).astype(np.uint16))
    assert detector.lit_from_start == []


def found_at(*places):
    spots = tuple(
        FoundSpot(k, y, x, 10 * k, 10 * k, "on", steady, 9.0, y, x)
        for k, (y, x, steady) in enumerate(places, 1)
    )
    empty = np.zeros((8, 8), np.float32)
    placed = Placed(np.array([p[:2] for p in places]), np.zeros((len(places), 2)), NO_DRIFT, 1.3)
    return Found(spots, np.arange(9), 3, 1.3, empty, empty), placed


def test_a_spot_found_again_beside_itself_counts_once():
    found, placed = found_at((20.0, 20.0, False), (40.0, 20.0, False), (20.9, 20.8, False))
    assert [spot.spot for spot in without_doubles(found, placed).spots] == [1, 2]


def test_one_lit_from_the_start_goes_before_one_that_turned_on_there():
    found, placed = found_at((20.0, 20.0, False), (20.5, 20.0, True))
    assert [spot.spot for spot in without_doubles(found, placed).spots] == [2]
