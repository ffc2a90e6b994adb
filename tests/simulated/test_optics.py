"""Spots: what they sum to, where they lie, and how binning and regions see them."""

import numpy as np
import pytest

from onset.simulated.optics import Lens, Optics, View

WHOLE = View(0, 0, 64, 64)


def one_spot(view, y=30.3, x=25.6, sigma=1.3, background=0.0):
    optics = Optics(view, np.array([y]), np.array([x]), Lens(sigma))
    return optics.expected(np.array([200.0]), background).astype(float)


def test_a_spot_gives_all_its_electrons():
    assert one_spot(WHOLE).sum() == pytest.approx(200.0, rel=1e-5)


@pytest.mark.parametrize("binning", [1, 2])
def test_a_spot_lies_where_it_should(binning):
    image = one_spot(View(0, 0, 64 // binning, 64 // binning, binning))
    rows, columns = np.indices(image.shape)
    centre = (binning - 1) / 2
    assert (image * rows).sum() / image.sum() * binning + centre == pytest.approx(30.3, abs=0.02)
    assert (image * columns).sum() / image.sum() * binning + centre == pytest.approx(25.6, abs=0.02)


def test_binning_sums_pixels():
    fine = one_spot(WHOLE, background=3.0)
    coarse = one_spot(View(0, 0, 32, 32, 2), background=3.0)
    assert coarse == pytest.approx(fine.reshape(32, 2, 32, 2).sum(axis=(1, 3)), abs=0.05)


def test_a_region_is_a_cut_out():
    cut = one_spot(View(20, 22, 12, 5), background=3.0)
    assert cut == pytest.approx(one_spot(WHOLE, background=3.0)[20:32, 22:27], abs=1e-4)


def test_a_spot_beyond_the_edge_gives_what_falls_inside():
    assert one_spot(WHOLE, y=-0.5).sum() == pytest.approx(100.0, rel=1e-3)
    assert one_spot(WHOLE, y=-20.0).sum() == 0.0


def test_the_next_frame_starts_afresh():
    optics = Optics(WHOLE, np.array([30.0]), np.array([30.0]), Lens(1.3))
    optics.expected(np.array([200.0]), 5.0)
    assert optics.expected(np.array([0.0]), 1.0).max() == 1.0


def airy(y=60.3, x=64.6):
    return Optics(View(0, 0, 128, 128), np.array([y]), np.array([x]), Lens(1.3, "airy"))


def test_an_airy_spot_gives_all_its_electrons_where_it_should():
    image = airy().expected(np.array([200.0]), 0.0).astype(float)
    rows, columns = np.indices(image.shape)
    assert image.sum() == pytest.approx(200.0, rel=1e-5)
    assert (image * rows).sum() / 200.0 == pytest.approx(60.3, abs=0.03)
    assert (image * columns).sum() / 200.0 == pytest.approx(64.6, abs=0.03)


def test_an_airy_spot_has_a_dark_ring_and_a_core_like_the_gaussian():
    image = airy(60.0, 64.0).expected(np.array([1e6]), 0.0).astype(float)
    core = image[60, 64] / 1e6
    assert core == pytest.approx(1 / (2 * np.pi * 1.3**2), rel=0.2)
    profile = image[60, 64:74] / image[60, 64]
    assert profile[4] < 0.006
    assert profile[5] > 0.01


def test_drift_moves_and_defocus_widens():
    optics = Optics(WHOLE, np.array([30.0]), np.array([30.0]), Lens(1.3))
    sharp = optics.expected(np.array([100.0]), 0.0).copy()
    optics.move(2.0, -3.0)
    assert np.allclose(optics.expected(np.array([100.0]), 0.0)[20:50, 20:45], sharp[18:48, 23:48])
    optics.move(0.0, 0.0, 2.0)
    wide = optics.expected(np.array([100.0]), 0.0)
    assert wide.sum() == pytest.approx(100.0, rel=1e-4)
    assert wide.max() == pytest.approx(sharp.max() / 3.6, rel=0.1)


def test_corners_are_darker_with_vignetting():
    lens = Lens(1.3, "gaussian", 0.4, 64)
    optics = Optics(WHOLE, np.array([2.0, 31.5]), np.array([2.0, 31.5]), lens)
    image = optics.expected(np.array([0.0, 0.0]), 10.0)
    assert image[0, 0] == pytest.approx(6.0, rel=1e-3)
    assert image[31, 31] == pytest.approx(10.0, rel=1e-3)
    spots = optics.expected(np.array([100.0, 100.0]), 0.0)
    assert spots[:10, :10].sum() < 0.7 * spots[20:44, 20:44].sum()


def test_rows_may_have_their_own_background():
    rows = np.linspace(0.0, 6.3, 64)
    optics = Optics(WHOLE, np.empty(0), np.empty(0), Lens(1.3))
    assert optics.expected(np.empty(0), rows)[:, 5] == pytest.approx(rows, rel=1e-5)
