"""From the plunger to the tubing: play, compliance, and no volume lost."""

import math

import pytest

from onset.experiment.clock import NS
from onset.models.flow import RateChange
from onset.models.plunger import Drive, outflow


def moves(*changes):
    return [RateChange(round(t * NS), rate) for t, rate in changes]


def delivered_ul(flow, until_s):
    ends = [*(change.t_ns for change in flow[1:]), round(until_s * NS)]
    return sum(
        change.ul_per_s * (end - change.t_ns) / NS for change, end in zip(flow, ends, strict=True)
    )


def test_a_stiff_drive_passes_the_motion_on():
    assert outflow(moves((1, 2.0), (5, 0.0)), Drive()) == moves((1, 2.0), (5, 0.0))


def test_after_a_change_of_direction_the_play_comes_first():
    flow = outflow(moves((0, 2.0), (10, -1.0), (20, 2.0), (30, 0.0)), Drive(backlash_ul=4.0))
    assert flow == moves((0, 2.0), (10, 0.0), (14, -1.0), (20, 0.0), (22, 2.0), (30, 0.0))


def test_a_short_move_back_does_not_reach_the_liquid():
    flow = outflow(moves((0, 2.0), (10, -1.0), (12, 0.0), (20, 2.0)), Drive(backlash_ul=4.0))
    assert flow == moves((0, 2.0), (10, 0.0), (12, 0.0), (20, 0.0), (21, 2.0))


def test_flow_rises_as_an_exponential():
    flow = outflow(moves((0, 2.0)), Drive(compliance_s=3.0))
    for until_s in (1.0, 3.0, 10.0, 100.0):
        before = [change for change in flow if change.t_ns < until_s * NS]
        exact = 2.0 * (until_s - 3.0 * (1 - math.exp(-until_s / 3.0)))
        assert delivered_ul(before, until_s) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("stop_s", [0.4, 7.0, 300.0])
def test_what_compliance_holds_back_comes_after_the_stop(stop_s):
    flow = outflow(moves((0, 2.0), (stop_s, 0.0)), Drive(compliance_s=3.0))
    assert delivered_ul(flow, stop_s + 200) == pytest.approx(2.0 * stop_s, rel=1e-6)


@pytest.mark.parametrize("drive", [Drive(backlash_ul=4.0), Drive(compliance_s=3.0)])
def test_a_plunger_that_never_moved_gives_no_flow(drive):
    assert outflow([], drive) == []


def test_a_negative_value_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Drive(backlash_ul=-1.0)
