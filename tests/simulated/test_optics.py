"""Spots: what they sum to, where they lie, and how binning and regions see them."""

import numpy as np
import pytest

from onset.simulated.optics import Optics, View

WHOLE = View(0, 0, 64, 64)


def one_spot(view, y=30.3, x=25.6, sigma=1.3, background=0.0):
    optics = Optics(view, np.array([y]), np.array([x]), sigma)
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
    optics = Optics(WHOLE, np.array([30.0]), np.array([30.0]), 1.3)
    optics.expected(np.array([200.0]), 5.0)
    assert optics.expected(np.array([0.0]), 1.0).max() == 1.0
