"""Every key of the window, in one table: the manual is made from the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

KEYS: Mapping[str, tuple[str, str]] = {
    "stop": ("Shift+Esc", "Emergency stop: shutter closed, all pumps stopped, at once"),
    "run": ("Ctrl+R", "Start the protocol"),
    "check": ("Ctrl+K", "Check the protocol on the rig"),
    "inject": ("Ctrl+J", "Begin the protocol's next injection at once"),
    "note": ("N", "A note; it is dated by this key"),
    "preview": ("P", "Preview on or off"),
    "shutter": ("U", "Close the UV shutter"),
    "play": ("Space", "Play or pause; live: hold the picture or follow the newest again"),
    "back": ("Left", "One frame back"),
    "forth": ("Right", "One frame on"),
    "back ten": ("Shift+Left", "Ten frames back"),
    "forth ten": ("Shift+Right", "Ten frames on"),
    "mark before": ("[", "To the mark before"),
    "mark after": ("]", "To the next mark"),
    "auto": ("A", "Automatic contrast"),
    "invert": ("I", "Dark spots on a bright ground"),
    "rings": ("R", "Rings on or off"),
    "map": ("M", "Onset map on or off"),
    "random": ("T", "Trajectories of four spots at random"),
    "fit": ("F", "The whole field"),
    "larger": ("+", "Larger"),
    "smaller": ("-", "Smaller"),
    "snapshot": ("Ctrl+S", "Save the picture"),
    "read": ("Esc", "The newest message was read; a field is left"),
    "theme": ("Ctrl+L", "Light or dark"),
    "home": ("Ctrl+Home", "Start page"),
}


def add_keys(window: QWidget, acts: Mapping[str, Callable[[], object]]) -> None:
    """Bind every action; a key without a modifier does nothing while somebody types."""
    for name, act in acts.items():
        keys, _ = KEYS[name]
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.activated.connect(act)


def is_typing() -> bool:
    """Is the keyboard in a field?"""
    return isinstance(QApplication.focusWidget(), QLineEdit | QPlainTextEdit)
