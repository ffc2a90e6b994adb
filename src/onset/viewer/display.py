"""Is there a screen to open a window on? Asked before Qt is imported."""

from __future__ import annotations

import os
import sys


def have_display() -> bool:
    """Whether a window can be opened: always on Windows and macOS, elsewhere with X or Wayland."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
