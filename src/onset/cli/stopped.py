"""`onset stop`: emergency stop; next to nothing is imported before every instrument is told."""

from __future__ import annotations

from typing import Annotated

import typer

from onset.acquisition import registry
from onset.acquisition.pressing import press
from onset.acquisition.registry import Entry
from onset.cli.console import stdout
from onset.errors import DeviceFault, Refused

Which = Annotated[
    int | None, typer.Argument(metavar="[PID]", help="Process id, as `onset status` says it.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("stop")(stop_command)


def stop_command(pid: Which = None) -> None:
    """Emergency stop: shutter closed and pumps stopped first; of all that runs, or of one."""
    instruments = [one for one in registry.entries("instrument") if _is_meant(one, pid)]
    supervisors = [one for one in registry.entries("supervisor") if _is_meant(one, pid)]
    unreached = []
    for entry, why in zip(instruments, press(instruments, "onset stop", "onset stop"), strict=True):
        if why is None:
            _say(f"{_name(entry)}: shut and stopped")
        else:
            unreached.append((entry, why))
    left = _make_safe(unreached)
    if not (instruments or supervisors or left):
        raise Refused("nothing is running" + (f" as process {pid}" if pid is not None else ""))


def _make_safe(unreached: list[tuple[Entry, str]]) -> list[str]:
    """What did not obey, and what others left behind."""
    # to drive wires takes a second of imports: not before those that answer have stopped
    from onset.acquisition.safety import make_safe_what_was_left
    from onset.acquisition.stopping import end_and_make_safe
    from onset.hardware.safe import UNKNOWN

    told = [f"{_name(entry)}: {why}; {end_and_make_safe(entry)}" for entry, why in unreached]
    told += make_safe_what_was_left()
    for sentence in told:
        _say(sentence)
    if any(UNKNOWN in sentence for sentence in told):
        raise DeviceFault("switch lamp and pump off by hand: not all is known to be safe")
    return told


def _is_meant(entry: Entry, pid: int | None) -> bool:
    """One is named by its own process, or by that of its supervisor."""
    return pid in (None, entry.pid, entry.watcher or None)


def _name(entry: Entry) -> str:
    return f"{entry.rig or 'an instrument'} (process {entry.pid})"


def _say(sentence: str) -> None:
    stdout.print(sentence, soft_wrap=True)
