"""Programs unrolled: what the plunger will do is known when it is started."""

import pytest

from onset.simulated.new_era_program import Phase, Run, Stretch, clipped, unroll

S = 1_000_000_000
INFUSE = Phase("RAT", 60.0, "UM", 3.0)


def stretches(run):
    return [(s.start_ns / S, s.end_ns and s.end_ns / S, s.ul_per_s) for s in run.stretches]


def test_a_volume_ends_by_itself():
    run = unroll([INFUSE, Phase("STP")], 0, 0, unit_ul=1.0)
    assert stretches(run) == [(0, 3, 1.0), (3, 3, 0)]
    assert run.end_ns == 3 * S
    assert run.moved_ul(2 * S) == (2.0, 0)


def test_volume_0_is_without_end():
    run = unroll([Phase("RAT", 60.0, "UM")], 0, 0, unit_ul=1.0)
    assert stretches(run) == [(0, None, 1.0)]
    assert run.end_ns is None


def test_an_old_program_goes_on_in_the_next_phase():
    back = Phase("RAT", 120.0, "UM", 4.0, "WDR")
    run = unroll([INFUSE, back, Phase("STP")], 0, 0, unit_ul=1.0)
    assert stretches(run)[:2] == [(0, 3, 1.0), (3, 5, -2.0)]
    assert run.at(4 * S).prompt == "W"


def test_the_motor_lags():
    run = unroll([INFUSE], 0, 0, unit_ul=1.0, lag_ns=S // 10)
    assert stretches(run)[:2] == [(0, 0.1, 0.0), (0.1, 3.1, 1.0)]


def test_what_is_left_of_a_target_is_finished():
    assert unroll([INFUSE], 0, 0, unit_ul=1.0, left_ul=0.5).end_ns == S // 2


@pytest.mark.parametrize(
    ("functions", "alarm", "end_s"),
    [
        (["PAS5", "STP"], None, 5),
        (["LPS", "PAS1", "LOP3", "STP"], None, 3),
        (["JMP3", "PAS9", "STP"], None, 0),
        (["JMP1"], "E", 0),
        (["INC"], "E", 0),
        (["BEP", "PAS1"], None, 1),
    ],
)
def test_other_functions(functions, alarm, end_s):
    run = unroll([Phase(function) for function in functions], 0, 0, unit_ul=1.0)
    assert (run.alarm, run.end_ns) == (alarm, end_s * S)


def test_it_stalls_where_the_plunger_cannot_go():
    run = Run((Stretch(0, None, 2.0, "I", 0),))
    assert clipped(run, can_infuse_ul=10, can_withdraw_ul=0) == Run(
        (Stretch(0, 5 * S, 2.0, "I", 0),), alarm="S"
    )
    assert clipped(run, can_infuse_ul=float("inf"), can_withdraw_ul=0) == run
    back = Run((Stretch(0, S, 1.0, "I", 0), Stretch(S, 4 * S, -1.0, "W", 1)))
    assert clipped(back, can_infuse_ul=9, can_withdraw_ul=1.5).end_ns == 3.5 * S
