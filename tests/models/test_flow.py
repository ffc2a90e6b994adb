"""Fronts: when they arrive, and that what goes in comes out."""

import math
from itertools import pairwise

import pytest

from onset.experiment.clock import NS
from onset.models.flow import Content, Feed, Front, RateChange, arrival, course, regime
from onset.models.plunger import Drive, outflow

RATE = 125 / 60  # 7.5 mL/h in ul/s


def tbab(*changes, ug_per_ml=2.0):
    return Feed("TBAB", ug_per_ml, [RateChange(round(t * NS), rate) for t, rate in changes])


def test_a_laminar_front_of_100_ul_passes_as_in_the_paper():
    passage = arrival(100.0, RATE, "laminar")
    assert (passage.t10_s, passage.t50_s, passage.t90_s) == pytest.approx(
        (25.3, 33.9, 75.9), abs=0.05
    )


def test_a_sharp_front_passes_at_once():
    assert arrival(100.0, RATE).t10_s == arrival(100.0, RATE).t90_s == pytest.approx(48.0)


def test_radial_diffusion_narrows_a_taylor_front():
    slow, fast = (arrival(100.0, RATE, "taylor-aris", diffusivity_mm2_s=d) for d in (5e-4, 5e-2))
    assert slow.t90_s - slow.t10_s > 5 * (fast.t90_s - fast.t10_s)
    assert fast.t50_s == pytest.approx(48.0, rel=0.01)


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_without_flow_nothing_arrives(rate):
    with pytest.raises(ValueError, match="positive rate"):
        arrival(100.0, rate)
    assert course([tbab((0, rate))], Front("sharp", 20.0)) == []


def test_an_unknown_front_is_refused():
    with pytest.raises(ValueError, match="front must be one of"):
        Front("steep")  # type: ignore[arg-type]


def test_a_sharp_front_comes_after_the_dead_volume():
    assert course([tbab((1, 2.0))], Front("sharp", 20.0)) == [Content(11 * NS, {"TBAB": 2.0})]


def test_a_pause_only_delays_the_front():
    stop_and_go = tbab((0, 2.0), (5, 0.0), (25, 2.0))
    assert course([stop_and_go], Front("sharp", 20.0))[0].t_ns == 30 * NS


def test_a_front_that_is_not_pushed_through_never_arrives():
    assert course([tbab((0, 2.0), (5, 0.0))], Front("sharp", 20.0)) == []


def test_withdrawn_volume_must_go_in_again_first():
    back_and_forth = tbab((0, 2.0), (5, -1.0), (10, 2.0))
    assert course([back_and_forth], Front("sharp", 20.0))[0].t_ns == round(17.5 * NS)


def test_the_next_pump_pushes_what_the_one_before_left_in_the_tubing():
    rinse = Feed("solvent", 0.0, [RateChange(20 * NS, 2.0), RateChange(30 * NS, 0.0)])
    tbac = Feed("TBAC", 4.0, [RateChange(40 * NS, 1.0)])
    assert course([tbab((0, 2.0), (20, 0.0)), rinse, tbac], Front("sharp", 20.0)) == [
        Content(10 * NS, {"TBAB": 2.0}),
        Content(30 * NS + 10 * NS, {}),
        Content(60 * NS, {"TBAC": 4.0}),
    ]


def test_without_dead_volume_a_front_arrives_when_its_own_pump_starts():
    rinse = Feed("solvent", 0.0, [RateChange(30 * NS, 2.0)])
    contents = course([tbab((0, 2.0), (20, 0.0)), rinse], Front("sharp", 0.0))
    assert [content.t_ns for content in contents] == [0, 30 * NS]


def test_two_pumps_at_once_mix():
    contents = course([tbab((0, 3.0)), Feed("TBAC", 8.0, [RateChange(0, 1.0)])], Front())
    assert contents == [Content(0, {"TBAB": 1.5, "TBAC": 2.0})]


def passed_ug(contents, flow):
    """Amount at the field: concentration times the volume of each content."""
    volumes = [volume_ul(flow, content.t_ns) for content in contents]
    return sum(
        content.ug_per_ml.get("TBAB", 0.0) * (b - a)
        for content, (a, b) in zip(contents[:-1], pairwise(volumes), strict=True)
    )


def volume_ul(changes, t_ns):
    ends = [*(change.t_ns for change in changes[1:]), t_ns]
    return sum(
        change.ul_per_s * (min(end, t_ns) - change.t_ns) / NS
        for change, end in zip(changes, ends, strict=True)
        if change.t_ns < t_ns
    )


@pytest.mark.parametrize("kind", ["sharp", "laminar", "taylor-aris", "auto"])
@pytest.mark.parametrize("cell_ul", [0.0, 15.0])
@pytest.mark.parametrize("compliance_s", [0.0, 1.7])
def test_what_goes_in_comes_out(kind, cell_ul, compliance_s):
    """40 uL of 2 ug/mL at 2 uL/s, then solvent from another pump at 3 uL/s."""
    drive = Drive(compliance_s=compliance_s)
    first = outflow([RateChange(0, 2.0), RateChange(20 * NS, 0.0)], drive)
    rinse = outflow([RateChange(90 * NS, 3.0)], drive)
    feeds = [Feed("TBAB", 2.0, first), Feed("solvent", 0.0, rinse)]
    contents = course(feeds, Front(kind, 20.0, cell_ul=cell_ul))
    assert contents[-1].ug_per_ml == {}
    assert passed_ug(contents, [*first, *rinse]) == pytest.approx(2.0 * 40.0, rel=1e-6)


@pytest.mark.parametrize("kind", ["taylor-aris", "laminar"])
def test_a_change_of_rate_loses_nothing(kind):
    going = [RateChange(0, 2.0), RateChange(5 * NS, 0.3), RateChange(40 * NS, 4.0)]
    rinse = [RateChange(60 * NS, 1.0)]
    going.append(RateChange(60 * NS, 0.0))
    contents = course([Feed("TBAB", 1.0, going), Feed("solvent", 0.0, rinse)], Front(kind, 30.0))
    entered_ul = volume_ul(going, 61 * NS)
    assert passed_ug(contents, [*going, *rinse]) == pytest.approx(entered_ul, rel=1e-6)


@pytest.mark.parametrize("ul", [2.0, 10.0, 60.0])
def test_a_slow_rinse_that_overtakes_the_tail_counts_nothing_twice(ul):
    """Laminar at 2 uL/s, Taylor-Aris at 0.1: the rinse is through before the tail would be."""
    feeds = [
        Feed("TBAB", 3.0, [RateChange(0, 2.0), RateChange(round(ul / 2 * NS), 0.0)]),
        Feed("solvent", 0.0, [RateChange(100 * NS, 0.1)]),
    ]
    contents = course(feeds, Front("auto", 100.0))
    assert contents[-1].ug_per_ml == {}
    changes = [*feeds[0].changes, *feeds[1].changes]
    assert passed_ug(contents, changes) == pytest.approx(3.0 * ul, rel=1e-6)


@pytest.mark.parametrize("kind", ["sharp", "laminar", "taylor-aris"])
@pytest.mark.parametrize("cell_ul", [0.0, 15.0])
def test_on_average_a_step_comes_after_the_dead_volume_and_the_cell(kind, cell_ul):
    contents = course([tbab((0, 2.0), ug_per_ml=1.0)], Front(kind, 30.0, cell_ul=cell_ul))
    levels = [0.0, *(content.ug_per_ml["TBAB"] for content in contents)]
    steps = [after - before for before, after in pairwise(levels)]
    mean_ul = sum(s * 2.0 * c.t_ns / NS for s, c in zip(steps, contents, strict=True))
    assert levels[-1] == pytest.approx(1.0, abs=1e-9)
    assert mean_ul == pytest.approx(30.0 + cell_ul, rel=1e-6)


def test_without_diffusion_there_is_no_taylor_aris_front():
    with pytest.raises(ValueError, match="diffusion"):
        Front("taylor-aris", 20.0, diffusivity_mm2_s=0.0)
    assert regime(Front("auto", 20.0, diffusivity_mm2_s=0.0), RATE) == "laminar"


def test_the_cell_mixes_to_first_order():
    contents = course([tbab((0, 2.0), ug_per_ml=1.0)], Front("sharp", 20.0, cell_ul=10.0))
    at_s = {round(c.t_ns / NS, 3): c.ug_per_ml["TBAB"] for c in contents}
    for time_s, level in list(at_s.items())[5:60:10]:
        assert level == pytest.approx(1 - math.exp(-(time_s - 10.0) * 2.0 / 10.0), abs=0.02)


def test_the_far_edge_of_the_field_comes_later():
    near = course([tbab((0, RATE))], Front("laminar", 20.0))
    far = course([tbab((0, RATE))], Front("laminar", 20.0, beyond_ul=0.5))
    late_s = [(b.t_ns - a.t_ns) / NS for a, b in zip(near, far, strict=True)]
    assert late_s == pytest.approx([0.5 / RATE] * len(near), abs=1e-6)


def test_the_front_is_chosen_by_radial_diffusion_against_transit():
    assert regime(Front("auto", 100.0), RATE) == "laminar"  # 48 s against a^2/D = 125 s
    assert regime(Front("auto", 100.0, tubing_mm=0.1), RATE) == "taylor-aris"
    assert regime(Front("auto", 100.0), RATE / 10) == "taylor-aris"
    assert arrival(100.0, RATE, "auto") == arrival(100.0, RATE, "laminar")


def test_a_drawn_out_front_reaches_half_when_it_should():
    contents = course([tbab((0, RATE), ug_per_ml=1.0)], Front("laminar", 100.0))
    half = next(content for content in contents if content.ug_per_ml["TBAB"] >= 0.5)
    assert half.t_ns / NS == pytest.approx(33.9, abs=0.5)
