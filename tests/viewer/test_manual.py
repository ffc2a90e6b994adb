"""What the manual and the tool tips say of the window is what the window has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from qtpy.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QTabBar

from onset.acquisition.messages import CameraView, PumpView, Status
from onset.shipped import shipped
from onset.viewer.keys import KEYS

MANUAL = Path(__file__).parents[2] / "docs" / "how-to" / "window.md"
PATIENCE_MS = 60_000
OPEN_RIG = Status(
    "ready",
    shutter="closed",
    pumps=(PumpView("TBAB", "stopped", 0.0, 8000.0, 125.0),),
    camera=CameraView(50.0, (512, 512), (0, 0, 512, 512), 1, 1.0),
)


def test_the_manual_names_every_key():
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \|$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert [row for row in rows if not row[0].startswith("onset")] == list(KEYS.values())


@pytest.mark.parametrize("field", [QLineEdit, QComboBox, QAbstractButton])
def test_everything_that_can_be_set_or_pressed_has_a_tool_tip(new_window, qtbot, field):
    window = new_window()
    window.column.protocol.open(shipped("protocols", "tbab_forward.toml"))
    qtbot.waitUntil(lambda: bool(window.column.protocol.forms), timeout=PATIENCE_MS)
    window.column.rig.show_status(OPEN_RIG)
    bare = [
        f"{type(child.parent()).__name__}.{type(child).__name__} {name_of(child)!r}"
        for child in window.findChildren(field)
        if not child.toolTip() and is_ours(child)
    ]
    assert bare == [], "\n".join(bare)


def name_of(widget):
    return widget.text() if hasattr(widget, "text") else widget.objectName()


def is_ours(widget):
    """Not a part that Qt makes inside another widget: tabs, lists, editors of a box."""
    return not (
        widget.objectName().startswith("qt_") or isinstance(widget.parent(), QComboBox | QTabBar)
    )
