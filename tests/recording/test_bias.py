"""The image tells when the light changed, to a small part of an exposure."""

import math

import numpy as np
import pytest

from onset.recording.bias import light_bias, step_in
from onset.recording.read import Recording

from .conftest import INTERVAL_NS, SHAPE, a_frame, a_mark

EXPOSURE_S = 0.05
RNG = np.random.default_rng(4)


def film(t_s: float, *, opens: bool = True, interval_s: float = EXPOSURE_S, noise: float = 0.02):
    """Means of 17 frames; the light changes at `t_s`; 100 dark, 120 lit."""
    starts = 3.0 + interval_s * np.arange(17)
    lit = np.clip((starts + EXPOSURE_S - t_s) / EXPOSURE_S, 0, 1)
    return 100 + 20 * (lit if opens else 1 - lit) + RNG.normal(0, noise, 17), starts


@pytest.mark.parametrize("opens", [True, False])
@pytest.mark.parametrize("t_s", [3.31, 3.401, 3.425, 3.4499, 3.5, 3.55])
def test_a_step_is_dated_within_an_exposure(t_s, opens):
    seen_s, sd_s = step_in(*film(t_s, opens=opens), EXPOSURE_S)
    assert abs(seen_s - t_s) < 5 * sd_s
    assert sd_s < 0.001


def test_the_stated_error_is_that_of_many_films():
    pulls = []
    for _ in range(300):
        t_s = RNG.uniform(3.3, 3.5)
        seen_s, sd_s = step_in(*film(t_s, noise=0.4), EXPOSURE_S)
        pulls.append((seen_s - t_s) / sd_s)
    assert 0.3 < np.std(pulls) < 1.5


def test_a_change_between_exposures_has_the_error_of_the_pause():
    seen_s, sd_s = step_in(*film(3.0 + 8 * 0.2 - 0.05, interval_s=0.2), EXPOSURE_S)
    assert sd_s == pytest.approx(0.15 / math.sqrt(12), rel=0.05)
    assert abs(seen_s - (3.0 + 7 * 0.2 + 0.125)) < 1e-6


def test_without_a_step_there_is_no_time():
    assert step_in(*film(99.0), EXPOSURE_S) is None
    assert step_in(*film(3.4, noise=10.0), EXPOSURE_S) is None
    assert step_in(np.ones(3), np.arange(3.0), EXPOSURE_S) is None


def test_both_ends_of_a_flash_are_seen(recorder):
    """An LED on for 7 frames: the commands' marks are 4 ms late, each knows its own step only."""
    on_s, off_s = 2.013, 2.361
    for at_s in (on_s, off_s):
        values = {"device": "LED", "property": "State"}
        recorder.ledger.write("mark", a_mark("set", at_s + 0.003, 2.0, values=values), 0)
    starts_s = np.arange(80) * INTERVAL_NS / 1e9
    lit = np.clip(starts_s + EXPOSURE_S - on_s, 0, EXPOSURE_S)
    lit = (lit - np.clip(starts_s + EXPOSURE_S - off_s, 0, EXPOSURE_S)) / EXPOSURE_S
    for n, part in enumerate(lit):
        frame = a_frame(n)
        frame.image[:] = RNG.poisson(100 + 100 * part, SHAPE)
        recorder.append(frame)
    recorder.seal("complete")
    with Recording(recorder.folder) as recording:
        bias = light_bias(recording, recording.marks)
    assert [mark.bias_s for mark in bias.marks] == pytest.approx([0.004, 0.004], abs=0.003)
