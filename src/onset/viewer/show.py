"""Opens the window and stays until it is closed."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Literal

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from onset.recording.layout import SESSION
from onset.viewer.controls.link import running
from onset.viewer.window import Window

PATIENCE_S = 10.0
SWITCH_S = 0.001
"""How long a thread may keep the interpreter from Qt's; Python's own 5 ms are seen as stutter."""


def show(
    folder: Path | None = None,
    *,
    mode: Literal["watch", "replay"] = "watch",
    speed: float = 1.0,
    rig: Path | None = None,
) -> int:
    """The window on a recording, on a rig, or on its start page; the exit code.

    A recording that is about to begin (the folder is there, its session not yet) is waited for.
    Where a supervisor records into `folder`, the window commands it.
    """
    if folder is not None and mode == "watch":
        _await_session(folder)
    app = QApplication.instance() or QApplication(["onset"])
    app.setApplicationName("onset")
    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    hook, interrupt = sys.excepthook, signal.getsignal(signal.SIGINT)
    window = Window()
    try:
        _open(window, folder, mode, speed, rig)
        window.show()
        sys.excepthook = _end_on_error
        signal.signal(signal.SIGINT, lambda *_: app.quit())
        return int(app.exec())
    finally:
        signal.signal(signal.SIGINT, interrupt)
        sys.excepthook = hook
        sys.setswitchinterval(switch_s)
        let_go(window)


def let_go(window: Window) -> None:
    """Close it, and delete it while Qt is alive: left to Python's end that can crash."""
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _open(
    window: Window,
    folder: Path | None,
    mode: Literal["watch", "replay"],
    speed: float,
    rig: Path | None,
) -> None:
    if folder is None:
        window.begin()
        if rig is not None:
            window.open_rig(rig)
        return
    recorders = running(str(folder.resolve())) if mode == "watch" else []
    window.open_recording(folder, mode="run" if recorders else mode, speed=speed)
    if recorders:
        window.attach(recorders[0])


def _await_session(folder: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while folder.is_dir() and not (folder / SESSION).exists() and time.monotonic() < until_s:
        time.sleep(0.05)


def _end_on_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """PyQt ends the process without a word on an error in a slot; say it and close instead."""
    traceback.print_exception(kind, error, trace)
    QApplication.exit(1)
