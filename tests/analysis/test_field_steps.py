"""The whole field changes at once: exposure, gain or lamp."""

import numpy as np
import pytest

from onset.analysis import Detector
from onset.analysis.field_steps import FRAMES, FieldSteps, pattern_change

from .conftest import Particle, make_film, match

SHAPE = (96, 96)
STEP = 220


def longer_exposed(particles, factor, *, frames=330, hot=12):
    """A film whose exposure is multiplied at STEP, of a camera with glowing pixels."""
    rng = np.random.default_rng(4)
    ground = np.full(SHAPE, 10.0)
    ground[rng.integers(0, 96, hot), rng.integers(0, 96, hot)] = 40.0
    return make_film(
        SHAPE, frames, particles, ground=ground, seed=9,
        lamp=lambda t: factor if t >= STEP else 1.0,
    )  # fmt: skip


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_a_step_is_dated_and_glowing_pixels_are_no_spots(factor):
    truth = [Particle(30, 40, 1500, t0=150), Particle(60, 70, 1500, t0=290)]
    detector = Detector(SHAPE, baseline_frames=100, planned_frames=1000)
    spots = [s for image in longer_exposed(truth, factor) for s in detector.update(image)]
    assert detector.steps == [STEP]
    assert [len(found) for found in match(spots, truth)] == [1, 1]
    assert len(spots) <= 3


def test_a_lamp_that_flickers_is_no_step_and_alarms_do_not_wait_for_it():
    steps = FieldSteps()
    seen = [(steps.step(3.0 * (-1) ** k), steps.waits) for k in range(200)]
    assert not any(step for step, _ in seen)
    assert sum(waits for _, waits in seen) <= FRAMES


def test_a_slow_change_is_no_step():
    steps = FieldSteps()
    assert not any(steps.step(0.3 * k) or steps.waits for k in range(100))


def test_single_pixels_are_learnt_anew_and_spots_are_not():
    rng = np.random.default_rng(2)
    rows, columns = np.ogrid[:64, :64]
    spot = 40.0 * np.exp(-((rows - 20) ** 2 + (columns - 30) ** 2) / (2 * 1.3**2))
    kept = []
    for _ in range(FRAMES):
        image = 100.0 + spot + rng.normal(0, 4.0, (64, 64))
        image[50, 50] += 60.0
        kept.append((image.astype(np.float32), np.zeros((2, 2), np.float32)))
    nodes = np.array([0.0, 63.0], np.float32), np.array([0.0, 63.0], np.float32)
    change = pattern_change(
        np.full((64, 64), 100.0, np.float32), np.full((64, 64), 0.25, np.float32), kept, nodes
    )
    assert change[50, 50] == pytest.approx(60.0, abs=8.0)
    assert np.abs(change[16:25, 26:35]).sum() < 0.2 * spot.sum()
    assert np.count_nonzero(change) < 12
