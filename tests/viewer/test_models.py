"""What the window knows without Qt: tails, spots, curve, contrast, axes, playback, flashes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from onset.errors import RecordingFault
from onset.recording.read import Recording
from onset.recording.tail import Tail
from onset.viewer import display
from onset.viewer.axis import clock_text, film_axis, nice_above, onset_axis
from onset.viewer.contrast import Autocontrast
from onset.viewer.ensemble import MOST_POINTS, Ensemble
from onset.viewer.flashes import Flashes
from onset.viewer.look import Looker
from onset.viewer.playback import Playback
from onset.viewer.seen import NOTHING_SEEN
from onset.viewer.spots import as_columns, parse_spot


def test_a_torn_last_line_waits_for_its_end(tmp_path):
    tail = Tail(tmp_path / "log")
    assert tail.lines() == []
    with (tmp_path / "log").open("ab", buffering=0) as file:
        file.write(b"one\ntw")
        assert tail.lines() == [b"one\n"]
        file.write(b"o\n")
        assert tail.lines() == [b"two\n"]
    assert tail.lines() == []


def test_a_line_that_is_no_spot_is_refused_with_its_text():
    with pytest.raises(RecordingFault, match=r"not a spot.*hello"):
        parse_spot(b"hello\n")


def test_a_look_reads_marks_spots_and_counts(film):
    film.grow(100)
    with Recording(film.folder) as recording:
        looker = Looker(recording)
        seen = looker.look(np.full(100, np.nan))
        assert (len(seen.spots), seen.counts.written, seen.counts.dropped) == (film.found, 100, 0)
        assert [tick.label for tick in seen.ticks] == ["inject TBAB 1 \N{MICRO SIGN}g/mL"]
        bound = seen.ticks[0].bound
        assert bound.start_s < 40.5 * 0.05 < bound.end_s
        found = film.found
        film.grow(100)
        recording.refresh()
        assert len(looker.look(np.full(200, np.nan)).spots) == film.n_spots > found


def test_spots_are_dated_by_the_frame_that_found_them(film):
    film.grow(200)
    with Recording(film.folder) as recording:
        seen = Looker(recording).look(np.full(200, np.nan))
    np.testing.assert_allclose(seen.detected_s(), (film.onsets + 6) * 0.05, atol=0.01)


def test_a_curve_is_whole_before_it_is_fine():
    ensemble = Ensemble()
    ensemble.grow(3000)
    first = ensemble.wanted(4)
    assert first == [0, 2048, 1024, 512]
    for position in first:
        ensemble.put(position, 1.0)
    assert not set(first) & set(ensemble.wanted(3000))
    assert np.count_nonzero(~np.isnan(ensemble.means)) == 4


def test_of_a_long_film_only_a_grid_is_read():
    ensemble = Ensemble()
    ensemble.grow(100_000)
    wanted = ensemble.wanted(100_000)
    assert MOST_POINTS / 2 < len(wanted) <= MOST_POINTS
    assert max(wanted) > 99_000


def test_contrast_does_not_flicker_and_opens_fast():
    random = np.random.default_rng(1)
    contrast = Autocontrast()
    dim = [random.normal(100, 5, (64, 64)) for _ in range(50)]
    limits = {contrast.update(image, 0.03) for image in dim}
    assert len(limits) <= 2
    for _ in range(30):
        bright = contrast.update(random.normal(500, 5, (64, 64)), 0.03)
    assert bright.high > 480
    dark = contrast.update(dim[0], 0.03)
    assert dark.high > 0.9 * bright.high


def test_an_empty_field_is_not_snow():
    image = np.random.default_rng(1).normal(100, 5, (64, 64))
    limits = Autocontrast().update(image, 0.0)
    assert (
        np.clip(image, limits.low, limits.high) > limits.low + 0.5 * (limits.high - limits.low)
    ).mean() < 0.01


@pytest.mark.parametrize(("value", "nice"), [(0.7, 0.8), (9.1, 10), (10, 10), (11, 15), (240, 250)])
def test_axes_end_at_nice_numbers(value, nice):
    assert nice_above(value) == pytest.approx(nice)


def test_one_late_spot_does_not_stretch_the_colours(film):
    spots = as_columns(
        parse_spot(json.dumps(film.find(0, onset_s=t_s)).encode())
        for t_s in [*np.linspace(5, 45, 300), 230.0]
    )
    seen = replace(NOTHING_SEEN, spots=spots, times_s=np.array([0.0, 240.0]))
    assert onset_axis(seen).end_s == 50.0
    assert film_axis(seen).end_s == 250.0
    np.testing.assert_allclose(onset_axis(seen).part(np.array([-3.0, 25.0, 230.0])), [0, 0.5, 1])
    assert 0.0 in onset_axis(seen).bins()


def test_the_axis_is_as_long_as_the_plan_while_it_runs():
    seen = replace(NOTHING_SEEN, times_s=np.array([0.0, 3.0]), planned_end_s=240.0)
    assert film_axis(seen).end_s == 250.0
    assert film_axis(replace(seen, status="aborted")).end_s == 3.0


def test_time_is_told_since_the_injection():
    assert clock_text(12.3, None) == "t = 12.3 s"
    assert clock_text(133.3, 35.0) == "t = +98.3 s since injection"
    assert clock_text(5.0, 35.0) == "t = \N{MINUS SIGN}30.0 s since injection"


def test_playback_moves_at_its_speed_and_stops_at_the_end():
    playback = Playback(0.0, 10.0, speed=4.0, playing=True)
    playback.advance(1.0)
    assert playback.t_s == 4.0
    playback.advance(2.0)
    assert (playback.t_s, playback.playing) == (10.0, False)
    playback.toggle()
    assert (playback.t_s, playback.playing) == (0.0, True)


def test_new_spots_flash_and_a_jump_does_not():
    flashes = Flashes()
    flashes.update(np.array([True, False]), 0.0)
    assert flashes.now(2).tolist() == [True, False]
    flashes.update(np.array([True, True]), 0.5)
    assert flashes.now(2).tolist() == [True, True]
    flashes.update(np.array([True, True]), 1.0)
    assert flashes.now(2).tolist() == [False, True]
    flashes.update(np.ones(200, bool), 2.0)
    assert not flashes.now(200).any()


def test_a_display_is_asked_for_without_qt(monkeypatch):
    code = "import onset.viewer.display, sys; sys.exit(bool({'qtpy', 'PyQt6'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not display.have_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display.have_display()
    monkeypatch.setattr(display.sys, "platform", "win32")
    monkeypatch.delenv("WAYLAND_DISPLAY")
    assert display.have_display()
