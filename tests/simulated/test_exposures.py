"""Times of a simulated camera's frames."""

from itertools import pairwise

from onset.simulated.exposures import CameraClock, Exposure, Timing, tags

MS = 1_000_000


def test_frames_follow_at_the_interval_and_arrive_after_readout():
    made = list(Timing(50.0, 50.0, 5.0, seed=2).exposures(100 * MS, range(200)))
    assert [e.start_ns for e in made[:3]] == [100 * MS, 150 * MS, 200 * MS]
    delays = [(e.delivered_ns - e.end_ns) / MS for e in made]
    assert 6.0 <= min(delays) < 6.2
    assert 8.8 < max(delays) <= 9.0


def test_deliveries_keep_their_order_in_a_fast_film():
    made = list(Timing(1.0, 1.0, 5.0).exposures(0, range(200)))
    assert all(a.delivered_ns <= b.delivered_ns for a, b in pairwise(made))


def test_the_camera_clock_has_its_own_start_and_pace():
    clock = CameraClock(origin_ns=5_000, offset_s=2.0, drift_ppm=50.0)
    assert clock.stamp_us(5_000) == 2_000_000
    assert clock.stamp_us(5_000 + 10**10) == 12_000_500


def test_tags_tell_count_and_start():
    exposure = Exposure(7, 3_000_000, 4_000_000, 5_000_000)
    assert tags(exposure, CameraClock(0, 0.0, 0.0)) == {
        "FrameCounter": "7",
        "CameraClock-us": "3000",
    }
