"""A protocol that changes the exposure while the camera runs."""

import math
from pathlib import Path

import numpy as np
import ome_types
import pytest

import onset
from onset.recording.bias import light_bias
from onset.recording.info import info
from onset.recording.layout import FRAMES

LONGER = """
name = "longer"
[[steps]]
do = "expose"
duration = "{0} s"
[[steps]]
do = "set"
device = "Camera"
property = "Exposure"
value = 80
[[steps]]
do = "expose"
duration = "{1} s"
"""


def planes(folder: Path) -> dict[int, float | None]:
    (image,) = ome_types.from_tiff(folder / FRAMES).images
    return {plane.the_t: plane.exposure_time for plane in image.pixels.planes}


@pytest.mark.parametrize(
    ("rig", "speed", "seconds", "doubtful", "late_s"),
    [
        ("demo.toml", 20.0, (3, 4), 8, 0.002),
        # in real time, a camera that waits for the processor truly is late
        ("mm-demo.toml", 1.0, (0.8, 1.2), 20, math.inf),
    ],
)
def test_each_frame_is_dated_by_its_own_exposure(
    carry, tmp_path, rig, speed, seconds, doubtful, late_s
):
    assert carry(LONGER.format(*seconds), rig, speed=speed).status == "complete"
    with onset.open(tmp_path / "rec") as recording:
        (mark,) = (mark for mark in recording.marks if mark.what == "set")
        exposures_s, times_s = recording.exposures_s, recording.times_s
        short, long = (np.flatnonzero(exposures_s == s) for s in (0.05, 0.08))
        assert (mark.values["exposure_before_ms"], mark.values["exposure_ms"]) == (50.0, 80.0)
        assert len(short) + len(long) >= len(recording) - doubtful
        assert short[-1] < recording.at(mark.t_s) + 1 <= long[0]
        for part, exposure_s in ((short, 0.05), (long, 0.08)):
            late = np.median(np.diff(times_s[part])) - exposure_s
            assert -0.002 < late < late_s
        assert light_bias(recording, recording.marks) is None
        said = info(recording)["exposures"]
        assert [part["exposure_ms"] for part in said] == [50.0, 80.0]
    of_plane = planes(tmp_path / "rec")
    assert of_plane[int(short[0])] == 0.05
    assert of_plane[int(long[-1])] == pytest.approx(0.08)


def test_a_long_exposure_is_no_stall(carry, tmp_path):
    slow = LONGER.format(1, 20).replace("value = 80", "value = 7000")
    assert carry(slow, speed=20.0).status == "complete"
