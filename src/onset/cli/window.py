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
from onset.viewer.display import have_display, why_no_napari


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


def need_napari() -> None:
    """`Refused` where napari cannot be opened."""
    why_not = why_no_napari()
    if why_not:
        raise Refused(f"{why_not}; all else works without --napari")


def open_napari(folder: Path, mode: Literal["watch", "replay"]) -> None:
    """The recording in napari: kept new while it grows, or its film to be played."""
    need_napari()
    from onset.viewer.plugin.live_viewer import replay_in_napari, watch_in_napari

    watch_in_napari(folder) if mode == "watch" else replay_in_napari(folder)


def begin(context: typer.Context) -> None:
    """`onset` alone: the window on its start page; the help where there can be no window."""
    if not can_show():
        typer.echo(context.get_help())
        return
    from onset.viewer.show import show

    raise typer.Exit(show())


def start_window(folder: Path, *, napari: bool = False) -> subprocess.Popen[bytes]:
    """A window in a process of its own: when it dies, the run does not notice."""
    options = ["--napari"] if napari else []
    return subprocess.Popen([sys.executable, "-m", "onset", "watch", *options, str(folder)])
