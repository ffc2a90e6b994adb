"""A run as the terminal shows it: progress, the live count, questions, Ctrl-C."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from onset.acquisition.client import Instrument
from onset.acquisition.messages import (
    Abort,
    Confirm,
    EmergencyStop,
    Ended,
    Found,
    OpenRig,
    Reply,
    RunOrder,
    StartRun,
    Status,
)
from onset.acquisition.signals import interrupts
from onset.acquisition.supervisor import Supervisor
from onset.analysis.warming import warm_up
from onset.cli.console import ABORTED, stderr
from onset.cli.window import start_window
from onset.errors import Refused

CATCH_UP_S = 120.0
LINES = 10
"""Without a terminal: one line per tenth of the run."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Which are opened on the recording, each in a process of its own."""

    own: bool = False
    napari: bool = False

    def start(self, folder: Path) -> None:
        """Open them."""
        if self.own:
            start_window(folder)
        if self.napari:
            start_window(folder, napari=True)


def run_in_terminal(order: RunOrder, windows: Windows, *, assume_yes: bool) -> Ended:
    """Supervise one run to its end."""
    with stderr.status("compiling the detector (the first time on a machine it takes a while)"):
        unwanted = _compile()
    if unwanted is not None:
        return Ended("aborted", f"{unwanted} before the run began", order.folder)
    with ExitStack() as stack:
        supervisor = stack.enter_context(Supervisor(f"onset run {order.protocol_file.name}"))
        if supervisor.status.message:
            stderr.print(supervisor.status.message, style="yellow", soft_wrap=True)
        rig = stack.enter_context(Instrument.attach(supervisor.entry, who=_me()))
        presses = _Presses(rig)
        stack.enter_context(presses.heard())
        screen = stack.enter_context(_Screen())
        answers = _Answers(rig, assume_yes=assume_yes)
        ended = _run(order, rig, presses, screen, answers, windows)
        if rig.status.phase != "idle":
            _close(rig)
        supervisor.catch_up(CATCH_UP_S)
        screen.final(ended, supervisor.found)
        return ended


def _compile() -> str | None:
    """The key by which the run was called off; it is heard afterwards, it would break compiling."""
    keys: list[str] = []

    def hear(key: str) -> None:
        if keys:
            os._exit(ABORTED)  # nothing has started that would have to be ended
        keys.append(key)
        stderr.print(f"{key}: ends once the detector is compiled; again: at once")

    with interrupts(lambda: hear("Ctrl-C"), lambda: hear("SIGTERM"), lambda: hear("Ctrl-\\")):
        warm_up()
    return keys[0] if keys else None


def _run(
    order: RunOrder,
    rig: Instrument,
    presses: _Presses,
    screen: _Screen,
    answers: _Answers,
    windows: Windows,
) -> Ended:
    try:
        _follow(rig, rig.send(OpenRig(order.rig_file, order.rig_text, order.speed)), screen)
        if presses.reason is not None:
            return Ended("aborted", f"{presses.reason} before the run began", order.folder)
        start = StartRun(order.protocol_file, order.protocol_text, order.folder)
        _follow(rig, rig.send(start), screen)
    except Refused as refusal:
        return Ended("failed", str(refusal), order.folder, refused=not rig.status.verdict)
    presses.run_began()
    return _watched(rig, screen, answers, windows)


def follow_in_terminal(rig: Instrument) -> Ended:
    """Show a run that goes on already, to its end; Ctrl-C ends it."""
    presses = _Presses(rig)
    presses.run_began()
    with presses.heard(), _Screen() as screen:
        return _watched(rig, screen, _Answers(rig, assume_yes=False), Windows())


def _watched(rig: Instrument, screen: _Screen, answers: _Answers, windows: Windows) -> Ended:
    opened = False
    for status in rig.changes(0.1):
        screen.show(status)
        answers.see(status)
        if not opened and status.phase == "running" and status.folder is not None:
            windows.start(status.folder)
            opened = True
        if status.verdict is not None:
            return status.verdict
        if status.phase == "idle":
            return Ended("failed", status.message or "the instrument has gone", _folder(status))
    raise AssertionError("a supervisor in this process cannot go away")


def _folder(status: Status) -> Path:
    return status.folder or Path()


def _follow(rig: Instrument, reply: Future[Reply], screen: _Screen) -> None:
    """Show what happens until the reply is there; `Refused` with its reason."""
    for status in rig.changes(0.1):
        screen.show(status)
        if reply.done():
            break
    refused = reply.result().refused
    if refused is not None:
        raise Refused(refused)


def _close(rig: Instrument) -> None:
    """A rig that cannot be closed in order is made safe by the supervisor, which says so."""
    with suppress(Refused):
        rig.close_rig()


def _me() -> str:
    return f"{getpass.getuser()} at the terminal"


class _Presses:
    r"""Ctrl-C once ends in order, twice (or Ctrl-\ once) at once."""

    def __init__(self, rig: Instrument) -> None:
        self._rig, self._presses = rig, 0
        self._began = False
        self.reason: str | None = None

    def heard(self) -> AbstractContextManager[None]:
        """Meanwhile the keys count."""
        return interrupts(self._press, lambda: self.abort("SIGTERM"), lambda: self._stop("Ctrl-\\"))

    def _press(self) -> None:
        self._presses += 1
        if self._presses == 1:
            self.abort("Ctrl-C")
            stderr.print("ending in order; Ctrl-C again stops at once", style="yellow")
        else:
            self._stop("Ctrl-C twice")

    def _stop(self, key: str) -> None:
        self.reason = key
        self._rig.send(EmergencyStop(key))

    def abort(self, reason: str) -> None:
        self.reason = reason
        if self._began:
            self._rig.send(Abort(reason))

    def run_began(self) -> None:
        """From now on there is something to abort."""
        self._began = True
        if self.reason is not None:
            self._rig.send(Abort(self.reason))


class _Answers:
    """Asks a person what the protocol asks, without stopping the show."""

    def __init__(self, rig: Instrument, *, assume_yes: bool) -> None:
        self._rig, self._assume_yes = rig, assume_yes
        self._asked: set[int] = set()

    def see(self, status: Status) -> None:
        question = status.question
        if question is None or question.step in self._asked:
            return
        self._asked.add(question.step)
        stderr.print(f"[bold]{question.text}[/]  press Enter when it is done")
        if self._assume_yes:
            self._rig.send(Confirm(question.step))
        else:
            threading.Thread(target=self._wait, args=(question.step,), daemon=True).start()

    def _wait(self, step: int) -> None:
        if sys.stdin.readline():
            self._rig.send(Confirm(step))


class _Screen:
    """A picture that is drawn again and again on a terminal; plain lines elsewhere."""

    def __init__(self) -> None:
        self._live = Live(console=stderr, refresh_per_second=8, transient=False)
        self._tenth = -1
        self._last: Status | None = None

    def __enter__(self) -> _Screen:
        if stderr.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if stderr.is_terminal:
            self._live.stop()

    def show(self, status: Status) -> None:
        if status.written or self._last is None:
            self._last = status
        if stderr.is_terminal:
            self._live.update(_picture(status))
            return
        tenth = int(LINES * status.t_s / status.end_s) if status.end_s else 0
        if status.phase == "running" and tenth > self._tenth:
            self._tenth = tenth
            stderr.print(_line(status), soft_wrap=True)

    def final(self, ended: Ended, found: Found | None) -> None:
        if self._last is None or not self._last.written:
            return
        self._last = replace(self._last, phase="ended", message=ended.status, doing=(), found=found)
        if stderr.is_terminal:
            self._live.update(_picture(self._last))
        else:
            stderr.print(_line(self._last), soft_wrap=True)


def _picture(status: Status) -> Group:
    bar = ProgressBar(total=status.end_s or 1.0, completed=min(status.t_s, status.end_s or 0.0))
    head = Table.grid(padding=(0, 2))
    head.add_row(Text(status.phase, "bold"), bar, _clock(status), _speed(status))
    drops = Text("unknown drops" if status.dropped is None else f"{status.dropped} dropped")
    drops.stylize("bold red" if status.dropped else "")
    body = Table.grid(padding=(0, 3))
    body.add_row(
        f"{status.written} frames", f"{status.frames_per_s:.1f} fps", drops,
        f"buffer {100 * status.buffer_used:.0f} %",
    )  # fmt: skip
    doing = ", ".join(status.doing) or status.message
    now = Text(f"now: {doing}" if doing else "", "dim")
    return Group(head, body, _devices(status), _found(status.found), now)


def _devices(status: Status) -> Text:
    text = Text()
    if status.shutter:
        style = {"open": "bold magenta", "closed": ""}.get(status.shutter, "bold yellow")
        text.append("shutter ").append(status.shutter.upper(), style)
    for pump in status.pumps:
        wanted = "" if pump.wanted_ul is None else f" / {pump.wanted_ul:g}"
        text.append(f"   pump {pump.name} {pump.state} {pump.delivered_ul:.1f}{wanted} uL")
    return text


def _found(found: Found | None) -> Text:
    text = Text()
    if found is not None:
        text.append(f"turned {found.direction}: {found.count}", "bold green")
        text.append(f"   ensemble intensity {found.ensemble:+.2f} per px")
        if found.message:
            text.append(f"   ({found.message})", "dim")
    return text


def _clock(status: Status) -> Text:
    if status.end_s is None:
        return Text(_minutes(status.t_s))
    left = max(status.end_s - status.t_s, 0.0)
    return Text(f"{_minutes(status.t_s)} / {_minutes(status.end_s)}, {_minutes(left)} left")


def _speed(status: Status) -> Text:
    return Text("" if abs(status.speed - 1) < 0.05 else f"{status.speed:.1f} x")


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def _line(status: Status) -> str:
    found = status.found
    drops = "drops unknown" if status.dropped is None else f"{status.dropped} dropped"
    pumps = "".join(f", pump {p.name} {p.state} {p.delivered_ul:.1f} uL" for p in status.pumps)
    return (
        f"{_minutes(status.t_s)}"
        + (f" of {_minutes(status.end_s)}" if status.end_s else "")
        + f", {status.written} frames ({status.frames_per_s:.1f} fps), {drops}"
        + (f", shutter {status.shutter}" if status.shutter else "")
        + pumps
        + (f", turned {found.direction}: {found.count}" if found else "")
    )
