"""`check`: the timeline and totals of a protocol, and what cannot work on a rig."""

import re
from pathlib import Path

import pytest

from onset.experiment.protocol import parse_protocol, read_protocol
from onset.experiment.rig import parse_rig, read_rig
from onset.experiment.syringes import Content
from onset.planning.check import check
from onset.recording.room import LEAST_BYTES, kept_free_bytes
from onset.shipped import shipped

DEMO = read_rig(shipped("devices", "demo.toml"))
FORWARD = read_protocol(shipped("protocols", "tbab_forward.toml"))


def changed(right: str, wrong: str):
    assert right in FORWARD.text
    return parse_protocol(FORWARD.text.replace(right, wrong), Path("p.toml"))


def test_the_forward_protocol_fits_the_demo_rig():
    plan = check(FORWARD, DEMO)
    assert plan.refusals == ()
    assert [(row.do, row.start_s, row.end_s) for row in plan.timeline.rows] == [
        ("expose", 0, 5),
        ("shutter-open", 5, 5),
        ("expose", 5, 35),
        ("inject", 35, 275),
        ("shutter-close", 275, 275),
    ]
    assert (plan.duration_s, plan.frames) == (275, 5500)
    assert plan.lit_frames_before_injection == 600
    assert plan.uv_open_s == 270
    assert plan.dose_mj_cm2 == pytest.approx(270 * 15 / 1000)
    assert plan.disk_bytes == pytest.approx(5500 * 512 * 512 * 2, rel=0.01)
    assert [(use.pump, use.used_ul, use.left_ul) for use in plan.syringes] == [("TBAB", 500, 7500)]


REFUSED = {
    "a rate beyond the pump": ('rate = "7.5 mL/h"', 'rate = "9 L/h"', "outside what pump"),
    "more than the syringe holds": ('volume = "0.5 mL"', 'volume = "9 mL"', "its syringe holds"),
    "a reagent that is not there": (
        'reagent = "TBAB"',
        'reagent = "TBAC"',
        "no pump .* holds TBAC",
    ),
    "a pump that is not there": ('reagent = "TBAB"', 'pump = "TBBA"', "did you mean 'TBAB'"),
    "a step after the end": (
        'do = "shutter-close"',
        'do = "shutter-close"\n[end]\nat = "274 s"',
        "after",
    ),
    "a pump still busy": (
        'do = "shutter-close"',
        'do = "inject"\nat = "40 s"\nreagent = "TBAB"\nrate = "1 mL/h"\nvolume = "10 uL"',
        "still busy",
    ),
    "two concentrations in one syringe": (
        'do = "shutter-close"',
        'do = "inject"\nreagent = "TBAB"\nconcentration = "2 ug/mL"\nrate = "1 mL/h"',
        "holds TBAB at 1 ug/mL",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused(right, wrong, said):
    refusals = check(changed(right, wrong), DEMO).refusals
    assert len(refusals) == 1
    assert re.search(said, refusals[0])


def test_a_shutter_step_needs_a_shutter():
    head, _, tail = DEMO.text.partition("[shutter]")
    dark = parse_rig(head + "[flow]" + tail.partition("[flow]")[2], Path("dark.toml"))
    assert "has no shutter" in check(FORWARD, dark).refusals[0]


def test_a_full_disk_is_refused():
    assert "GB free" in check(FORWARD, DEMO, free_bytes=10**9).refusals[0]


def test_what_a_run_keeps_free_on_the_disk_is_counted():
    plan = check(FORWARD, DEMO)
    kept = kept_free_bytes(plan.disk_bytes / plan.duration_s)
    assert kept > LEAST_BYTES
    enough = plan.disk_bytes + round(kept) + 1
    assert not check(FORWARD, DEMO, free_bytes=enough).refusals
    assert "must stay free" in check(FORWARD, DEMO, free_bytes=enough - 10**6).refusals[0]


def test_a_short_baseline_is_noted():
    plan = check(changed('"30 s"', '"10 s"'), DEMO)
    assert "only 200 lit frames" in plan.warnings[0]


def on_a_wire(rig):
    return parse_rig(rig.text.replace("sim://new-era", "COM3"), rig.file)


def test_the_account_of_a_syringe_counts():
    plan = check(FORWARD, on_a_wire(DEMO), contents={"TBAB": Content(400.0)})
    assert "needs 500 uL and its syringe holds 400 uL" in plan.refusals[0]


def test_a_simulated_syringe_is_filled_anew():
    plan = check(FORWARD, DEMO, contents={"TBAB": Content(400.0)})
    assert plan.refusals == ()
    assert "filled anew" in plan.warnings[0]
    assert (plan.syringes[0].before_ul, plan.syringes[0].refilled) == (8000, True)


def test_a_delivery_whose_end_was_not_seen_is_told():
    plan = check(FORWARD, on_a_wire(DEMO), contents={"TBAB": Content(700.0, 300.0)})
    assert plan.refusals == ()
    assert re.search(r"up to 300 uL less than 700 uL; that may be too little", plan.warnings[0])


def test_an_endless_injection_is_reckoned_until_its_stop():
    steps = 'do = "pump-stop"\nat = "155 s"\n\n[[steps]]\ndo = "shutter-close"\nat = "275 s"'
    text = FORWARD.text.replace('volume = "0.5 mL"\n', "")
    text = text.replace('do = "shutter-close"', steps)
    plan = check(parse_protocol(text, Path("p.toml")), DEMO)
    assert plan.refusals == ()
    assert plan.syringes[0].used_ul == pytest.approx(250)


RUN, FIELD = 'dose_limit = "0.9 mJ/cm^2"', 'dose_limit = "1.5 mJ/cm^2"'
LIMITED = {
    "the run's own": ("", RUN, 0.0, "this run, 0.9 mJ/cm^2, is reached at 65 s"),
    "not passed": ("", RUN.replace("0.9", "9"), 0.0, None),
    "a field's, in all": (FIELD, 'field = "A1"', 40.0, "'A1', 1.5 mJ/cm^2, is reached at 65 s"),
    "a field's, used up": (FIELD, 'field = "A1"', 200.0, "is reached at 5 s"),
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_dose_limit_that_will_be_reached_is_told_with_its_time(case):
    of_rig, of_protocol, lit_before_s, said = LIMITED[case]
    rig = parse_rig(DEMO.text.replace("[shutter]", f"[shutter]\n{of_rig}"), DEMO.file)
    protocol = changed('direction = "on"', f'direction = "on"\n{of_protocol}')
    warnings = check(protocol, rig, lit_before_s=lit_before_s).warnings
    limits = [one for one in warnings if "dose limit" in one]
    assert limits == [] if said is None else said in limits[0]


def test_light_for_frames_only_gives_no_dose_while_nothing_is_recorded_for():
    steps = 'do = "wait"\nduration = "100 s"\n\n[[steps]]\ndo = "shutter-close"'
    text = FORWARD.text.replace('do = "shutter-close"', steps)
    always = check(parse_protocol(text, Path("p.toml")), DEMO)
    text = text.replace('direction = "on"', 'direction = "on"\nlight = "frames"')
    assert (always.uv_open_s, check(parse_protocol(text, Path("p.toml")), DEMO).uv_open_s) == (
        370,
        270,
    )
