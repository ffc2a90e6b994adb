"""Is there a screen to open a window on, and is napari there? Asked before Qt is imported."""

from __future__ import annotations

import importlib.util
import os
import sys


def have_display() -> bool:
    """Whether a window can be opened: always on Windows and macOS, elsewhere with X or Wayland."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def why_no_napari() -> str:
    """A sentence; empty where napari can be opened."""
    if not have_display():
        return "napari needs a display"
    if importlib.util.find_spec("napari") is None:
        return 'napari is not installed:  pip install "onset[viewer]"'
    return ""
