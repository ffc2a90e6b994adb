"""`onset status`, `abort`, `adopt`: what runs for this user, and how it is ended in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import typer

from onset.acquisition import registry
from onset.acquisition.client import Instrument
from onset.acquisition.messages import Ended, Status
from onset.acquisition.pressing import glance
from onset.acquisition.registry import Entry
from onset.acquisition.rigs import left_unsafe
from onset.acquisition.supervisor import Supervisor
from onset.cli.console import CODES, print_json, stderr, stdout
from onset.cli.planned import AsJson
from onset.cli.stopped import Which
from onset.cli.terminal_run import follow_in_terminal
from onset.errors import OnsetError, Refused

WAIT_S = 120.0
LOOK_S = 2.0
"""A supervisor that says nothing for so long is stopped, or hangs."""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("status")(status_command)
    app.command("abort")(abort_command)
    app.command("adopt")(adopt_command)


@dataclass(frozen=True, slots=True)
class Running:
    """A supervisor, or an instrument that has lost its own."""

    entry: Entry
    status: Status | None
    hangs: bool = False
    """It does not answer; what is known its instrument said."""

    @property
    def is_orphan(self) -> bool:
        """Does nobody watch it?"""
        return self.entry.role == "instrument"


def status_command(*, as_json: AsJson = False) -> None:
    """What runs for this user; rigs that nobody left safe."""
    there, unsafe = _running(), left_unsafe()
    if as_json:
        unsafe_rigs = [{"rig": state.name, "file": state.file} for state in unsafe]
        print_json({"running": [_document(one) for one in there], "left_unsafe": unsafe_rigs})
        return
    for one in there:
        stdout.print(_line(one), soft_wrap=True)
    for state in unsafe:
        where = f"rig '{state.name}' ({state.file})"
        stdout.print(f"{where} was left by {state.holder} and is not known to be safe")
    if unsafe:
        stdout.print("`onset stop`, or the next `onset run` first of all, makes that safe")
    if not there and not unsafe:
        stdout.print("nothing is running")


def abort_command(pid: Which = None) -> None:
    """End a run in order: shutter closed, pumps stopped, the recording kept."""
    with _attached(_one(pid)) as rig:
        rig.abort("onset abort")
        _say(rig.wait(WAIT_S))


def adopt_command(pid: Which = None) -> None:
    """Take over an instrument whose supervisor has died, and show its run to the end."""
    orphans = [one for one in _running() if one.is_orphan and pid in (None, one.entry.pid)]
    if not orphans:
        raise Refused("no instrument is without a supervisor")
    with _attached(orphans[0]) as rig:
        stderr.print(f"taken over: {rig.status.rig}", style="yellow")
        if rig.status.phase in ("running", "ending", "opening"):
            ended = follow_in_terminal(rig)
            _say(ended)
            raise typer.Exit(CODES[ended.status])


def _running() -> list[Running]:
    """Supervisors, and instruments without one."""
    instruments = registry.entries("instrument")
    found = [_seen(entry, instruments) for entry in registry.entries("supervisor")]
    orphans = [entry for entry in instruments if not entry.watcher]
    return found + [Running(entry, glance(entry)) for entry in orphans]


def _seen(entry: Entry, instruments: list[Entry]) -> Running:
    try:
        with Instrument.attach(entry, within_s=LOOK_S) as rig:
            return Running(entry, rig.status)
    except OnsetError:  # it has just ended, or is stopped
        own = [one for one in instruments if one.watcher == entry.pid]
        return Running(entry, glance(own[0]) if own else None, hangs=True)


def _one(pid: int | None) -> Running:
    there = [one for one in _running() if pid is None or one.entry.pid == pid]
    busy = [one for one in there if one.status and one.status.phase in ("running", "ending")]
    if len(busy) > 1:
        raise Refused(f"several runs: name one ({', '.join(str(one.entry.pid) for one in busy)})")
    if not (busy or there):
        raise Refused("nothing is running")
    return (busy or there)[0]


@contextmanager
def _attached(one: Running) -> Iterator[Instrument]:
    """Commands to a supervisor; an orphan gets this process for one."""
    with ExitStack() as stack:
        entry = one.entry
        if one.is_orphan:
            supervisor = stack.enter_context(Supervisor("onset at the terminal"))
            supervisor.adopt(entry)
            stack.callback(supervisor.close_rig)
            entry = supervisor.entry
        yield stack.enter_context(Instrument.attach(entry, who="onset at the terminal"))


def _say(ended: Ended) -> None:
    reason = f" ({ended.reason})" if ended.reason else ""
    stdout.print(f"{ended.status}{reason}. recording: {ended.folder}", soft_wrap=True)


def _line(one: Running) -> str:
    entry, status = one.entry, one.status
    name = f"{entry.pid}  {entry.who or entry.role}"
    if one.is_orphan:
        name += "  WITHOUT SUPERVISOR (`onset adopt`, `onset abort`)"
    if one.hangs:
        name += "  DOES NOT ANSWER (`onset stop`)"
    if status is None:
        return name
    parts = [name, f"rig {status.rig or entry.rig or 'none'}", status.phase]
    if status.phase in ("running", "ending"):
        end = f" of {status.end_s:.0f}" if status.end_s else ""
        parts += [f"{status.t_s:.0f}{end} s", f"{status.written} frames"]
    parts += [f"shutter {status.shutter}"] if status.shutter else []
    parts += [f"{pump.name} {pump.state}" for pump in status.pumps]
    parts += [str(status.folder)] if status.folder else []
    return "  ".join(parts)


def _document(one: Running) -> dict[str, object]:
    status = one.status
    document: dict[str, object] = {
        "pid": one.entry.pid,
        "who": one.entry.who,
        "orphan": one.is_orphan,
        "answers": not one.hangs and status is not None,
        "rig": one.entry.rig,
        "phase": None if status is None else status.phase,
    }
    if status is not None:
        document |= {
            "rig": status.rig,
            "protocol": status.protocol,
            "t_s": status.t_s,
            "written": status.written,
            "shutter": status.shutter,
            "pumps": {pump.name: pump.state for pump in status.pumps},
            "recording": str(status.folder) if status.folder else None,
        }
    return document
