"""From a camera image to the screen: viewport, colours, histogram, focus, onset map, intensity."""

from __future__ import annotations

import numpy as np
import pytest

from onset.analysis.camera_maps import CameraMaps
from onset.recording.ceiling import saturation_of
from onset.viewer.axis import Axis, minutes, round_step
from onset.viewer.contrast import Limits
from onset.viewer.focus import FocusLog, spot_width_px
from onset.viewer.intensities import Scale
from onset.viewer.levels import levels
from onset.viewer.onset_map import onset_map_colours, onset_map_s
from onset.viewer.painted import SATURATED, Painter, coarser
from onset.viewer.spots import Spots
from onset.viewer.traces import intensity
from onset.viewer.viewport import Viewport, fitted, nice_length


def field(width_px, *, noise=5.0, light=300.0, n=60, seed=1):
    random = np.random.default_rng(seed)
    y, x = np.indices((200, 220), sparse=True)
    image = random.normal(400, noise, (200, 220))
    for y0, x0 in zip(random.uniform(8, 192, n), random.uniform(8, 212, n), strict=True):
        image += light * np.exp(-((y - y0) ** 2 + (x - x0) ** 2) / (2 * width_px**2))
    return image.astype(np.uint16)


def test_the_picture_under_the_pointer_stays_there_while_zooming():
    view = fitted(1000, 700, (512, 512))
    y, x = view.to_picture(300, 200)
    again = view.zoomed(3.0, 300, 200).to_picture(300, 200)
    assert again == pytest.approx((y, x))
    assert view.to_canvas(y, x) == pytest.approx((300, 200))


def test_a_fitted_picture_is_in_the_middle_and_whole():
    view = fitted(1000, 700, (512, 512))
    left, top = view.to_canvas(-0.5, -0.5)
    right, bottom = view.to_canvas(511.5, 511.5)
    assert 0 <= top < bottom <= 700
    assert left + right == pytest.approx(1000)


def test_zoom_has_ends():
    assert Viewport().zoomed(1e9, 0, 0).zoom == 64.0
    assert Viewport().zoomed(1e-9, 0, 0).zoom == 0.05


@pytest.mark.parametrize(("room", "bar"), [(9.9, 5), (10, 10), (0.23, 0.2), (49, 20)])
def test_scale_bars_are_round(room, bar):
    assert nice_length(room) == pytest.approx(bar)


@pytest.mark.parametrize(("value", "step"), [(0.3, 0.5), (7, 10), (20, 20), (21, 50)])
def test_scales_step_in_1_2_5(value, step):
    assert round_step(value) == pytest.approx(step)


def test_minutes_are_told_as_on_a_clock():
    assert [minutes(t) for t in (0, 59.6, 275, 3725, -30)] == [
        "0:00", "1:00", "4:35", "1:02:05", "\N{MINUS SIGN}0:30",
    ]  # fmt: skip


def test_black_grey_white_and_saturated_pixels():
    image = np.array([[90, 100, 150, 200, 300, 4095]], np.uint16)
    painted = Painter().paint(image, Limits(100, 200), 4095, inverted=False)
    assert [int(p) & 0xFF for p in painted[0][:5]] == [0, 0, 128, 255, 255]
    assert painted[0][5] == SATURATED
    inverted = Painter().paint(image, Limits(100, 200), 4095, inverted=True)
    assert int(inverted[0][0]) & 0xFF == 255


def test_a_picture_shown_smaller_loses_no_spot():
    image = np.zeros((9, 8), np.uint16)
    image[3, 5] = 400
    small = coarser(image, 2)
    assert small.shape == (4, 4)
    assert small[1, 2] == 100
    assert coarser(image, 1) is image


def test_histogram_and_saturation():
    image = np.full((50, 50), 100, np.uint16)
    image[:2] = 4095
    found = levels(image, 4095)
    assert found.saturated == 100
    assert found.counts.sum() == 2500
    assert levels(image, 65_535).saturated == 0


def test_the_largest_value_comes_from_the_cameras_bit_depth():
    assert saturation_of({"Camera.BitDepth": "12"}) == 4095
    assert saturation_of({"Gain": "1"}) == 65_535


@pytest.mark.parametrize("width", [1.0, 1.4, 2.2])
def test_focus_is_the_width_of_the_spots_whatever_their_light(width):
    dim, bright = field(width, light=120.0), field(width, light=2000.0)
    assert spot_width_px(dim) == pytest.approx(width, rel=0.15)
    assert spot_width_px(bright) == pytest.approx(width, rel=0.1)


def test_noise_alone_has_no_focus():
    assert spot_width_px(field(1.3, n=0)) is None
    log = FocusLog()
    assert log.update(field(1.3, n=0), 0.0).best_px is None
    log.update(field(2.0), 1.0)
    focus = log.update(field(1.2), 2.0)
    assert focus.best_px == focus.width_px < 1.5
    assert log.update(field(2.0), 200.0).best_px > 1.5


def test_the_onset_map_takes_the_nearest_spot_and_ends_at_its_reach():
    spots = Spots(
        number=np.arange(2), y_px=np.array([10.0, 10.0]), x_px=np.array([10.0, 40.0]),
        turned_off=np.zeros(2, bool), onset_s=np.array([3.0, 9.0]), detected_frame=np.zeros(2, int),
    )  # fmt: skip
    found = onset_map_s(spots, np.ones(2, bool), (60, 100))
    assert (found[12, 12], found[12, 38]) == (3.0, 9.0)
    assert np.isnan(found[59, 99])
    words = onset_map_colours(found, Axis(0.0, 0.0, 10.0))
    assert words[59, 99] == 0
    assert words[12, 12] != words[12, 38]


def test_intensity_is_above_the_rim_also_at_the_edge():
    image = np.full((30, 30), 100, np.uint16)
    image[9:12, 9:12] += 50
    assert intensity(image, 10.2, 9.9) == pytest.approx(450)
    assert intensity(image, 0.0, 0.0) == pytest.approx(0)


def test_electrons_are_counted_above_the_offset_and_without_bad_pixels():
    random = np.random.default_rng(3)
    offset = random.uniform(90, 110, (12, 14)).astype(np.float32)
    gain = random.uniform(1.5, 2.5, (12, 14)).astype(np.float32)
    electrons = random.uniform(50, 500, (12, 14)).astype(np.float32)
    bad = np.zeros((12, 14), bool)
    bad[4, 5] = True
    image = electrons * gain + offset
    image[4, 5] = 60_000
    scale = Scale(CameraMaps(offset, gain, np.ones_like(gain), bad))
    assert scale.mean(image) == pytest.approx(electrons[~bad].mean(), rel=1e-4)
    np.testing.assert_allclose(scale.part(image, 8, 2, 20, 9), electrons[8:, 2:9], rtol=1e-4)
    assert Scale().mean(image) == pytest.approx(image.mean())
