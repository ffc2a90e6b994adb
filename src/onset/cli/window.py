"""Opens the window where there is a display and the viewer is installed; says why where not."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Literal

import typer

from onset.cli.console import stderr
from onset.errors import Refused
from onset.viewer.display import have_display


def can_show() -> bool:
    """Is there a display, and is the viewer installed?"""
    return have_display() and importlib.util.find_spec("pyqtgraph") is not None


def open_window(folder: Path, mode: Literal["watch", "replay"], speed: float = 1.0) -> bool:
    """Show a recording until its window is closed; false where there can be no window."""
    if not have_display():
        return False
    if importlib.util.find_spec("pyqtgraph") is None:
        stderr.print('no window: install the viewer with  pip install "onset\\[viewer]"')
        return False
    from onset.viewer.show import show

    show(folder, mode=mode, speed=speed)
    return True


def open_napari(folder: Path) -> None:
    """The recording in napari, kept new while it grows; `Refused` where there can be none."""
    if not have_display():
        raise Refused("napari needs a display; without --napari the terminal shows the spots")
    if importlib.util.find_spec("napari") is None:
        raise Refused('napari is not installed:  pip install "onset[viewer]"')
    from onset.viewer.plugin.live_viewer import watch_in_napari

    watch_in_napari(folder)


def begin(context: typer.Context) -> None:
    """`onset` alone: the window on its start page; the help where there can be no window."""
    if not can_show():
        typer.echo(context.get_help())
        return
    from onset.viewer.show import show

    raise typer.Exit(show())


def start_window(folder: Path) -> subprocess.Popen[bytes]:
    """A window in a process of its own: when it dies, the run does not notice."""
    return subprocess.Popen([sys.executable, "-m", "onset", "watch", str(folder)])
