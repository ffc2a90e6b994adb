"""Ends an instrument that an emergency stop did not reach, and makes its wires safe without it."""

from __future__ import annotations

from pathlib import Path

import psutil

from onset.acquisition import registry
from onset.acquisition.registry import Entry
from onset.acquisition.rigs import state_of
from onset.acquisition.safety import EMULATED, Safety

END_S = 5.0


def end_and_make_safe(entry: Entry) -> str:
    """A sentence on what was done."""
    state = state_of(entry.pid)
    _end(entry)
    made = Safety(state.text, Path(state.file)).make_safe() if state is not None else EMULATED
    return f"ended; {made}"


def _end(entry: Entry) -> None:
    try:
        process = psutil.Process(entry.pid)
        if registry.is_alive(entry):
            process.kill()
            process.wait(END_S)
    except psutil.Error:
        return  # it has ended meanwhile
