"""Spots of whole recordings: live and offline agree, foreign films with hardly a baseline."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tifffile

from onset.acquisition.live import Feed, spots_of
from onset.analysis.found import find_spots
from onset.analysis.watching import watching_of
from onset.recording.imported import Told, import_film
from onset.recording.read import Recording
from onset.recording.session import FileText
from onset.shipped import shipped

from .other_films import Camera, Optics, crowd, film, pair, replace

SPE = Path(__file__).parents[1] / "data" / "spestack_test.spe"
SIDE = 64


INJECTS_IN_THE_DARK = """
name = "dark"
[[steps]]
do = "inject"
reagent = "TBAB"
rate = "7.5 mL/h"
volume = "1 uL"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "19 s"
"""


def scene_of(seed, **more):
    scene = crowd(
        Optics(), Camera(gain=2.0), n=6, side=SIDE, frames=440, seed=seed, apart=9, **more
    )
    return replace(scene, on=scene.on - 250, frames=190)  # from frame 60 on


def recorded(folder, frames, **told):
    tifffile.imwrite(folder / "film.tif", np.stack(list(frames)))
    import_film(folder / "film.tif", folder / "rec", Told(interval_s=0.1, **told))
    return folder / "rec"


@pytest.mark.parametrize("seed", range(10))
def test_live_equals_offline(seed, tmp_path):
    scene = scene_of(seed, blink=(40, 8) if seed % 2 else None)
    folder = recorded(tmp_path, film(scene, seed), injected_at_s=5.5)
    with Recording(folder) as recording:
        live = list(spots_of(recording))
        found = [spot for spot in find_spots(recording).spots if not spot.steady]
        numbers = recording.numbers
    assert len(live) >= 5
    for a, b in zip(live, found, strict=True):
        assert (a.spot, a.y_px, a.x_px) == (b.spot, round(b.y_px, 3), round(b.x_px, 3))
        assert (a.detected_frame, a.onset_frame) == (numbers[b.detected], numbers[b.onset])


def test_a_reader_that_lags_finds_the_same(tmp_path):
    folder = recorded(tmp_path, film(scene_of(3), 3), injected_at_s=5.5)
    with Recording(folder) as recording, recording.follow() as follower:
        prompt = list(spots_of(recording))
        feed, kept, lagging = Feed(recording), [], []
        for frame in follower:
            kept.append(frame)
            if len(kept) == 37:
                lagging += [spot for late in kept for spot in feed.update(late)]
                kept = []
        lagging += [spot for late in kept for spot in feed.update(late)]
    assert [asdict(a) for a in lagging] == [asdict(b) for b in prompt]


def test_the_five_spots_of_a_film_whose_only_dark_frame_is_the_first(tmp_path):
    import_film(SPE, tmp_path / "rec", Told(interval_s=0.1))
    with Recording(tmp_path / "rec") as recording:
        assert watching_of(recording).baseline_frames == 1
        found = find_spots(recording)
    bright = [spot for spot in found.spots if spot.score > 50]
    assert len(bright) == 5
    assert {spot.onset for spot in bright} == {1}
    truth = [(63.8, 53.2), (25.7, 91.2), (97.8, 89.9), (22.2, 74.8), (69.9, 90.1)]
    assert all(min(np.hypot(s.y_px - y, s.x_px - x) for s in bright) < 0.5 for y, x in truth)
    assert len(found.spots) <= 6


def test_an_injection_in_an_early_frame(tmp_path):
    scene = scene_of(5)
    scene = replace(scene, on=scene.on - 50, electrons=scene.electrons * 3)
    folder = recorded(tmp_path, film(scene, 1), injected_at_s=0.8)
    with Recording(folder) as recording:
        assert watching_of(recording).baseline_frames == 8
        spots = find_spots(recording).spots
    assert len(pair(spots, scene)) == len(spots) == 6


def test_an_injection_before_any_light_leaves_the_first_frame_for_dark(tmp_path):
    rig = FileText(file="demo.toml", text=shipped("devices", "demo.toml").read_text("utf-8"))
    protocol = FileText(file="dark.toml", text=INJECTS_IN_THE_DARK)
    with Recording(recorded(tmp_path, film(scene_of(5), 1))) as recording:
        told = {"rig": rig, "protocol": protocol}
        recording.session = recording.session.model_copy(update=told)
        assert watching_of(recording).baseline_frames == 1
        assert find_spots(recording).positions.size == 190


def test_what_goes_dark_in_a_film_without_an_injection(tmp_path):
    scene = scene_of(6)
    scene = replace(scene, on=np.full(6, -1.0), off=scene.on, electrons=scene.electrons * 3)
    folder = recorded(tmp_path, film(scene, 2), direction="off")
    with Recording(folder) as recording:
        spots = [spot for spot in find_spots(recording).spots if not spot.steady]
    assert len(pair(spots, scene)) == len(spots) == 6
    assert all(spot.direction == "off" for spot in spots)


def test_a_film_of_one_frame_says_why_nothing_is_found(tmp_path):
    folder = recorded(tmp_path, [next(film(scene_of(1), 1))] * 1)
    with Recording(folder) as recording:
        found = find_spots(recording)
    assert found.spots == ()
    assert "needed to look for spots" in found.message
