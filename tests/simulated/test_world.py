"""The shared world: plungers that plan ahead, light that needs a shutter to be dark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.simulated.world import Change, PlungerHistory, Segment, worlds

S = 1_000_000_000


def test_a_plunger_delivers_while_it_moves(here):
    plunger = here.plunger("TBAB", "TBAB", 1.0)
    plunger.start(2 * S, 2.0)
    plunger.stop(5 * S)
    assert [plunger.delivered_ul(t * S) for t in (1, 2, 3, 5, 9)] == [0, 0, 2, 6, 6]
    assert plunger.segments() == (Segment(2 * S, 5 * S, 2.0),)
    assert [plunger.ul_per_s(t * S) for t in (1, 2, 4, 5)] == [0, 2.0, 2.0, 0]


def test_a_withdrawal_takes_back(here):
    plunger = here.plunger("TBAB")
    plunger.plan([Change(0, 2.0), Change(2 * S, -1.0), Change(4 * S, 0.0)])
    assert plunger.delivered_ul(10 * S) == 2.0


def test_a_new_change_replaces_what_was_planned(here):
    plunger = here.plunger("TBAB")
    plunger.plan([Change(0, 1.0), Change(10 * S, 0.0)])
    plunger.stop(3 * S)
    assert plunger.changes() == (Change(0, 1.0), Change(3 * S, 0.0))
    plunger.start(5 * S, 1.0)
    assert plunger.segments()[-1] == Segment(5 * S, None, 1.0)


def test_the_same_rate_again_is_no_change(here):
    plunger = here.plunger("TBAB")
    plunger.stop(1 * S)
    plunger.start(2 * S, 1.0)
    plunger.plan([Change(3 * S, 1.0), Change(9 * S, 0.0)])
    assert plunger.changes() == (Change(2 * S, 1.0), Change(9 * S, 0.0))


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(-5, 5)), min_size=1, max_size=12),
    st.integers(0, 60),
)
def test_delivery_is_the_sum_of_what_was_done_in_order(moves, at):
    plunger = PlungerHistory("TBAB")
    in_order = sorted(dict(moves).items())
    for t, rate in in_order:
        plunger.start(t * S, rate)
    ends = [t for t, _ in in_order[1:]] + [10**9]
    expected = sum(
        rate * (min(at, end) - t) for (t, rate), end in zip(in_order, ends, strict=True) if t < at
    )
    assert plunger.delivered_ul(at * S) == pytest.approx(expected, abs=1e-6)


def test_without_a_shutter_there_is_always_light(here):
    assert here.light.is_open(0)
    assert here.light.open_fraction(0, S) == 1.0


def test_with_a_shutter_it_is_dark_until_it_opens(here):
    here.light.fit_shutter()
    assert not here.light.is_open(0)
    here.light.open(2 * S)
    here.light.close(3 * S)
    assert here.light.open_fraction(0, 10 * S) == pytest.approx(0.1)
    assert here.light.open_fraction(2 * S, 3 * S) == 1.0
    assert here.light.open_fraction(int(2.5 * S), int(3.5 * S)) == pytest.approx(0.5)
    assert [here.light.is_open(t * S) for t in (1, 2, 3)] == [False, True, False]


def test_devices_are_kept_until_the_world_is_reset(here):
    first = here.device("key", object)
    assert here.device("key", object) is first
    assert here in worlds()
    here.plunger("TBAB").start(0, 1.0)
    here.reset()
    assert here.device("key", object) is not first
    assert here.plungers() == ()
