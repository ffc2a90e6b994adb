"""onset runs single-particle turn-on experiments at a fluorescence microscope."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onset import analysis
    from onset.acquisition.client import Instrument
    from onset.recording.read import Recording
    from onset.recording.read import Recording as open  # noqa: A004, N813 - as the built-in

__version__ = version("onset")
__all__ = ["Instrument", "Recording", "analysis", "open"]

HOMES = {
    "Instrument": ("onset.acquisition.client", "Instrument"),
    "Recording": ("onset.recording.read", "Recording"),
    "open": ("onset.recording.read", "Recording"),
}


def __getattr__(name: str) -> object:
    """Imported when first asked for: `onset --version` needs neither numbers nor devices."""
    if name == "analysis":
        return import_module("onset.analysis")
    if name not in HOMES:
        raise AttributeError(f"module 'onset' has no attribute {name!r}")
    module, member = HOMES[name]
    return getattr(import_module(module), member)
