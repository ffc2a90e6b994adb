"""Rows of pixels at once give what they give one by one."""

import numpy as np
import pytest

from onset.analysis.compiled import compiled
from onset.analysis.stamps import LANES, SIZE_PX, add_stamp, fit
from onset.analysis.vectors import add_said, add_sixteen

RNG = np.random.default_rng(2)


@compiled
def sixteen(image, y, x, amplitude, stamp, i):
    add_sixteen(image, y, x, amplitude, stamp, i)


@compiled
def said(image, mean, y, x, level, pull, i, dy, sums):
    add_said(image, mean, y, x, level, pull, i, dy, sums)


def floats(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def test_a_row_of_a_stamp_is_added_where_it_belongs():
    image, stamp, amplitude = floats(5, 40), floats(3, SIZE_PX), np.float32(1.7)
    expected = image.copy()
    expected[2, 7 : 7 + SIZE_PX] += amplitude * stamp[1]
    sixteen(image, 2, 7, amplitude, stamp, 1)
    assert (image == expected).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_what_a_row_says_is_added_to_its_columns(dtype):
    image = RNG.integers(0, 60000, (6, 30)).astype(dtype)
    mean, pull, sums, level, dy = floats(6, 30), floats(3, LANES), floats(2, LANES), 2.5, 0.3
    row = pull[2] * (image[4, 9 : 9 + LANES].astype(np.float32) - mean[4, 9 : 9 + LANES] - 2.5)
    expected = sums + row * np.array([[1.0], [dy]], np.float32)
    said(image, mean, 4, 9, np.float32(level), pull, 2, np.float32(dy), sums)
    assert (sums == expected.astype(np.float32)).all()


@pytest.mark.parametrize("left", [-2, 0, 5, 20, 22])
def test_a_fit_at_the_edge_is_that_of_the_pixels_inside(left):
    image, mean = RNG.integers(0, 999, (26, 26)).astype(np.uint16), floats(26, 26)
    place, pull = np.zeros(12, np.float32), floats(7, LANES)
    pull[:, 7] = 0.0
    middle = left + 3
    place[:4], place[8:10] = (4, middle, 4.2, middle + 0.1), (4.2, middle + 0.1)
    found = fit(image, mean, np.float32(1.0), place, pull, np.empty((2, LANES), np.float32))
    rows, columns = np.mgrid[1:8, left : left + 7]
    inside = (columns >= 0) & (columns < 26)
    off = image[rows, columns.clip(0, 25)] - mean[rows, columns.clip(0, 25)] - 1.0
    told = np.where(inside, pull[:, :7] * off, 0.0)
    expected = told.sum(), (told * (rows - 4.2)).sum(), (told * (columns - middle - 0.1)).sum()
    assert found == pytest.approx(expected, rel=1e-3, abs=0.1)


def test_a_stamp_beyond_the_edge_is_cut():
    stamp, place = np.ones((SIZE_PX, SIZE_PX), np.float32), np.zeros(12, np.float32)
    place[:2] = 1, 2
    image = np.zeros((20, 20), np.float32)
    add_stamp(image, place, np.float32(2.0), stamp, 5)
    assert image.sum() == 2.0 * 7 * 11
