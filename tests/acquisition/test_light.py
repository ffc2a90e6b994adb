"""Whether a frame was lit is said only when it is known."""

import pytest

from onset.acquisition.light import LightLog
from onset.experiment.records import NO_FLAG, FrameFlag

LIT, PARTLY = FrameFlag.LIT, FrameFlag.PARTLY_LIT


@pytest.mark.parametrize(
    ("start", "end", "flag"),
    [
        (0, 99, NO_FLAG),
        (0, 101, PARTLY),
        (105, 150, PARTLY),
        (110, 150, LIT),
        (150, 500, LIT),
        (450, 501, PARTLY),
        (505, 600, PARTLY),
        (510, 600, NO_FLAG),
    ],
)
def test_a_frame_is_lit_when_no_move_overlaps_it(start, end, flag):
    log = LightLog(has_shutter=True)
    log.begin(100, opens=True)
    log.done(100, 110)
    log.begin(500, opens=False)
    log.done(500, 510)
    assert log.flag(start, end) == flag


def test_while_a_command_is_under_way_nobody_knows():
    log = LightLog(has_shutter=True)
    log.begin(100, opens=True)
    assert log.flag(90, 120) == PARTLY
    assert log.flag(50, 100) == NO_FLAG


def test_without_a_shutter_it_is_always_light():
    assert LightLog(has_shutter=False).flag(0, 1) == LIT
