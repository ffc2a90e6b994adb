"""What is typed into a form counts at once, or the window says why not."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from onset.acquisition.messages import SetProperty, Status
from onset.acquisition.property_list import (
    PropertyView,
    properties_of,
    read_properties,
    write_properties,
)
from onset.hardware.core import close_core, open_core
from onset.shipped import shipped
from onset.viewer.controls.later import Later
from onset.viewer.controls.property_card import PropertyCard
from onset.viewer.controls.protocol_panel import ProtocolPanel
from onset.viewer.controls.step_form import StepForm

PATIENCE_MS = 60_000
INJECT = 3
"""Place of the injection in the shipped protocol."""


@pytest.fixture
def panel(qtbot):
    later = Later()
    panel = ProtocolPanel(later)
    qtbot.addWidget(panel)
    panel.open(shipped("protocols", "tbab_forward.toml"))
    qtbot.waitUntil(lambda: panel.outcome is not None, timeout=PATIENCE_MS)
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


def test_a_protocol_stays_where_another_cannot_be_read(panel, qtbot, tmp_path):
    before, text = panel.file, panel.text
    panel.open(tmp_path / "gone.toml")
    assert panel.outcome is None  # nothing runs while it is read
    qtbot.waitUntil(lambda: panel.outcome is not None, timeout=PATIENCE_MS)
    assert "gone.toml" in panel.verdict.text()
    assert not panel.outcome.can_run
    panel.offer([tmp_path / "other.toml", before])
    assert (panel.file, panel.text) == (before, text)
    assert panel.chooser.currentData() == str(before)
    panel.open(before)
    qtbot.waitUntil(lambda: panel.outcome is not None, timeout=PATIENCE_MS)
    assert "gone.toml" not in panel.verdict.text()


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


LISTED = (
    PropertyView("Camera", "Binning", "1", allowed=("1", "2")),
    PropertyView("Camera", "BeadSize", "2.0", low=1.0, high=10.0),
    PropertyView("Camera", "CCDTemperature", "-20", read_only=True),
)


@pytest.fixture
def card(qtbot, tmp_path):
    file = tmp_path / "properties.json"
    write_properties(LISTED, file)
    later = Later()
    card = PropertyCard(later)
    qtbot.addWidget(card)
    card.show_status(Status("ready", properties=file))
    qtbot.waitUntil(lambda: card.device.count() == 1, timeout=30_000)
    yield card
    later.close()


def test_a_property_offers_what_is_allowed_and_its_limits(card):
    card.name.setCurrentText("Binning")
    assert [card.value.itemText(i) for i in range(card.value.count())] == ["1", "2"]
    assert not card.value.isEditable()
    card.name.setCurrentText("BeadSize")
    assert card.value.currentText() == "2.0"
    assert card.about.text() == "now 2.0; from 1 to 10"
    card.name.setCurrentText("CCDTemperature")
    assert not card.set.isEnabled()
    assert card.set.toolTip() == "This property can only be read"


def test_a_property_is_set_with_point_or_comma(card):
    asked = []
    card.commanded.connect(lambda command, _: asked.append(command))
    card.name.setCurrentText("BeadSize")
    card.value.setEditText("2,5")
    card.set.click()
    card.name.setCurrentText("Binning")
    card.value.setCurrentText("2")
    card.set.click()
    assert asked == [SetProperty("Camera", "BeadSize", 2.5), SetProperty("Camera", "Binning", "2")]


def test_the_instrument_lists_every_property_of_micro_managers_demo(tmp_path):
    core = open_core(shipped("devices", "mm-demo.toml").with_name("mm-demo.cfg"))
    try:
        listed = {(view.device, view.name): view for view in properties_of(core)}
    finally:
        close_core(core)
    assert listed["Camera", "Binning"].allowed == ("1", "2", "4", "8")
    assert (listed["Camera", "BeadSize"].low, listed["Camera", "BeadSize"].high) == (1.0, 10.0)
    assert listed["Camera", "CCDTemperature RO"].read_only
    write_properties(tuple(listed.values()), tmp_path / "list.json")
    assert read_properties(tmp_path / "list.json") == tuple(listed.values())
