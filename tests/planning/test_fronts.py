"""What `check` says of the field: when a front arrives, and how much of it."""

import pytest

from onset.experiment.protocol import parse_protocol
from onset.experiment.rig import parse_rig
from onset.planning.check import check
from onset.shipped import shipped

DEMO, THREE = (shipped("devices", name) for name in ("demo.toml", "three-pumps.toml"))


def plan(steps, rig=DEMO, **flow):
    text = rig.read_text()
    for key, value in flow.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
        text = "\n".join([*lines, f'{key} = "{value}"'])
    head = 'name = "p"\ndirection = "on"\non_orphan = "abort"\n'
    body = "".join(f"[[steps]]\n{step}\n" for step in steps)
    return check(parse_protocol(head + body, DEMO), parse_rig(text, rig))


def inject(volume_ul, reagent="TBAB", ug_per_ml=1):
    lines = ['do = "inject"', f'reagent = "{reagent}"', 'rate = "125 uL/min"']
    lines += [f'concentration = "{ug_per_ml} ug/mL"'] if ug_per_ml else []
    return "\n".join([*lines, f'volume = "{volume_ul} uL"'])


LIT = ['do = "shutter-open"', 'do = "expose"\nduration = "30 s"']
CLOSE = 'do = "shutter-close"'


def test_a_sharp_front_comes_after_the_dead_volume():
    [front] = plan([*LIT, inject(100), CLOSE]).fronts
    assert front.t10_s == front.t90_s == pytest.approx(30 + 9.6, abs=0.01)
    assert front.highest == 1.0
    assert front.describe() == "TBAB at 39.6 s"


def test_a_laminar_front_is_drawn_out_and_never_whole():
    made = plan([*LIT, inject(300), CLOSE], front="laminar", dead_volume="100 uL")
    [front] = made.fronts
    assert (front.t10_s, front.t50_s, front.t90_s) == pytest.approx((55.3, 63.9, 105.9), rel=0.01)
    assert front.highest == pytest.approx(1 - (1 / 6) ** 2, abs=0.01)
    assert not any("drawn out" in warning for warning in made.warnings)


def test_too_little_for_a_drawn_out_front_is_a_warning():
    made = plan([*LIT, inject(120), CLOSE], front="laminar", dead_volume="100 uL")
    [warning] = [text for text in made.warnings if "drawn out" in text]
    assert "at most 0.8" in warning
    assert made.fronts[0].t90_s is None


def test_less_than_the_dead_volume_is_a_warning():
    made = plan([*LIT, inject(15), CLOSE])
    assert any("does not reach the field" in text for text in made.warnings)
    assert made.fronts[0].t10_s is None


def test_auto_takes_the_front_that_the_tubing_makes():
    wide, narrow = (
        plan([*LIT, inject(400), CLOSE], front="auto", dead_volume="100 uL", tubing_diameter=d)
        for d in ("0.5 mm", "0.1 mm")
    )
    assert wide.fronts[0].t50_s == pytest.approx(63.9, abs=1.0)
    assert narrow.fronts[0].t50_s == pytest.approx(78.0, abs=1.0)


def test_a_rinse_pushes_what_is_in_the_tubing_and_the_next_reagent_comes_after_it():
    steps = [*LIT, inject(10, ug_per_ml=4), inject(40, "solvent", 0), inject(60, "TBAC", 4), CLOSE]
    made = plan(steps, THREE)
    assert [front.reagent for front in made.fronts] == ["TBAB", "TBAC"]
    tbab, tbac = made.fronts
    assert tbab.t50_s == pytest.approx(30 + 9.6, abs=0.01)
    assert tbac.t50_s == pytest.approx(30 + 24.0 + 9.6, abs=0.01)


def test_a_pump_that_stops_for_a_while_delays_its_front():
    steps = [*LIT, inject(10), 'do = "expose"\nduration = "20 s"', inject(60), CLOSE]
    [front] = plan(steps).fronts
    assert front.t50_s == pytest.approx(30 + 4.8 + 20 + 4.8, abs=0.01)
