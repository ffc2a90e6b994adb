"""The viewer is tested in real windows: on Linux under Xvfb (pytest-xvfb starts it)."""

from __future__ import annotations

import pytest

from onset.viewer.display import have_display


@pytest.fixture(autouse=True)
def display():
    assert have_display(), "no display: install Xvfb (Debian: apt-get install xvfb)"
