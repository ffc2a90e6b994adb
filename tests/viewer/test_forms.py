"""What is typed into the protocol's form is what runs, or Run says why not."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from onset.shipped import shipped
from onset.viewer.controls.later import Later
from onset.viewer.controls.protocol_panel import ProtocolPanel
from onset.viewer.controls.step_form import StepForm

INJECT = 3
"""Place of the injection in the shipped protocol."""


@pytest.fixture
def panel(qtbot):
    later = Later()
    panel = ProtocolPanel(later)
    qtbot.addWidget(panel)
    panel.open(shipped("protocols", "tbab_forward.toml"))
    yield panel
    later.close()


def type_into(qtbot, field, text):
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def test_a_value_counts_while_it_is_typed(panel, qtbot):
    type_into(qtbot, panel.forms[INJECT].widgets["volume"], "0,15 mL")
    assert 'volume = "0.15 mL"' in panel.text  # no Enter, no Tab: a click on Run takes no focus
    assert panel.mistakes == ()
    assert panel.is_changed


@pytest.mark.parametrize("typed", ["0,15 mL", "fast", ""])
def test_a_field_that_is_not_understood_keeps_the_protocol_from_running(panel, qtbot, typed):
    before = panel.text
    rate = panel.forms[INJECT].widgets["rate"]
    type_into(qtbot, rate, typed)
    assert [mistake.split(":")[0] for mistake in panel.mistakes] == ["4  inject, rate"]
    assert "4  inject, rate" in panel.verdict.text()
    assert rate.property("wrong")
    assert "7.5 mL/h" in before
    type_into(qtbot, rate, "7,5 mL/h")
    assert panel.mistakes == ()
    assert "4  inject, rate" not in panel.verdict.text()


@pytest.mark.parametrize(("value", "typed", "said"), [(3, "4", 4), (0.5, "0,25", 0.25)])
def test_numbers_are_read_with_point_or_comma(qtbot, value, typed, said):
    form = StepForm("1  step", (), {"times": value})
    qtbot.addWidget(form)
    heard = []
    form.changed.connect(lambda _, number: heard.append(number))
    type_into(qtbot, form.widgets["times"], typed)
    assert heard[-1] == said
    type_into(qtbot, form.widgets["times"], "many")
    assert len(form.mistakes) == 1
