"""The injection's mark holds the true start of the plunger, as the emulated pump knows it."""

import json

import pytest

import onset
from onset.recording.info import info

QUICK = """
name = "quick"
direction = "on"

[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "0.3 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "0.5 uL"
[[steps]]
do = "shutter-close"
"""


def injection(folder):
    """The mark, and the true start in the film's frames: exposures are 50 ms apart."""
    truth = json.loads((folder / "truth.json").read_text())
    with onset.open(folder) as recording:
        (mark,) = [mark for mark in recording.marks if mark.what == "inject"]
        first = recording.numbers[0]
    return mark, first + truth["plungers"][0]["moves"][0]["t_s"] / 0.05


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_holds_at_twenty_times_real_speed(carry, tmp_path, seed):
    assert carry(seed=seed).status == "complete"
    mark, true_frame = injection(tmp_path / "rec")
    assert abs(mark.frame - true_frame) <= mark.frame_halfwidth


def test_at_real_speed_the_bound_is_a_part_of_a_frame(carry, tmp_path):
    halfwidths = []
    for seed in range(20):
        assert carry(QUICK, seed=seed, speed=1.0).status == "complete"
        mark, true_frame = injection(tmp_path / "rec")
        assert abs(mark.frame - true_frame) <= mark.frame_halfwidth
        halfwidths.append(mark.frame_halfwidth)
        (tmp_path / "rec").rename(tmp_path / f"rec-{seed}")
    # whoever else wants the processor delays replies, and the bound says so
    assert min(halfwidths) < 0.5


def test_the_shutter_seen_in_the_images_is_where_its_marks_say(carry, tmp_path):
    carry(speed=1.0)
    truth = json.loads((tmp_path / "rec" / "truth.json").read_text())
    with onset.open(tmp_path / "rec") as recording:
        said = info(recording)
    light, late_s = said["light"], said["clock"]["halfwidth_ms"] / 1000
    true_s = [move["t_s"] for move in truth["shutter"] if move["open"]]
    opened = next(mark for mark in light["marks"] if mark["what"] == "shutter-open")
    assert abs(opened["seen_s"] - true_s[-1]) < 0.012 + late_s  # opening takes 10 ms
    assert abs(opened["bias_s"]) <= opened["t_halfwidth_s"] + 3 * opened["seen_sd_s"]
    assert abs(light["bias_s"]) < 0.02 + max(mark["t_halfwidth_s"] for mark in light["marks"])


def test_a_run_output_on_the_camera_dates_the_start(carry, tmp_path):
    wired = 'properties = { TtlInput = "TBAB" }\nttl = { tag = "TTL", pump = "TBAB" }'
    carry(**{'buffer = "256 MB"': wired, 'motor_lag = "20 ms"': 'motor_lag = "200 ms"'})
    mark, true_frame = injection(tmp_path / "rec")
    assert abs(mark.frame - true_frame) <= mark.frame_halfwidth <= 0.5
    assert mark.values["dated_by"] == "TTL of the camera (TTL)"
