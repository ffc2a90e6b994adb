"""Emergency stop of all that runs for this user, past supervisors that do not answer."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from onset.acquisition import registry
from onset.acquisition.child import press
from onset.acquisition.registry import Entry
from onset.acquisition.rigs import state_of
from onset.acquisition.safety import EMULATED, Safety

END_S = 5.0


def stop_at_once(instruments: Iterable[Entry], who: str, reason: str) -> list[str]:
    """Shutter closed, pumps stopped, of all at the same time; a sentence on each.

    An instrument that does not answer is ended, and its wires are made safe without it.
    """
    entries = list(instruments)
    with ThreadPoolExecutor(max(1, len(entries))) as pool:
        return list(pool.map(lambda entry: _stop(entry, who, reason), entries))


def _stop(entry: Entry, who: str, reason: str) -> str:
    said = press(entry, who, reason)
    name = f"{entry.rig or 'an instrument'} (process {entry.pid})"
    if said is not None and said.accepted:
        return f"{name}: shut and stopped"
    why = "it did not answer" if said is None else said.refused
    state = state_of(entry.pid)
    _end(entry)
    made = Safety(state.text, Path(state.file)).make_safe() if state is not None else EMULATED
    return f"{name}: ended ({why}); {made}"


def _end(entry: Entry) -> None:
    try:
        process = psutil.Process(entry.pid)
        if registry.is_alive(entry):
            process.kill()
            process.wait(END_S)
    except psutil.Error:
        return  # it has ended meanwhile
