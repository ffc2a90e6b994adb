"""A run as the terminal shows it: progress, the live count, questions, Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from onset.acquisition.live import LiveFeed
from onset.acquisition.messages import Abort, Confirm, EmergencyStop, Ended, RunOrder, Status
from onset.acquisition.supervisor import Supervisor, interrupts
from onset.analysis.detect import warm_up
from onset.cli.console import stderr
from onset.cli.window import start_window
from onset.experiment.protocol import Protocol

CATCH_UP_S = 120.0
LINES = 10
"""Without a terminal: one line per tenth of the run."""


def run_in_terminal(order: RunOrder, protocol: Protocol, *, view: bool, assume_yes: bool) -> Ended:
    """Supervise one run to its end."""
    with stderr.status("compiling the detector (the first time on a machine it takes a while)"):
        warm_up()
    with ExitStack() as stack:
        feed = stack.enter_context(LiveFeed(order.folder, protocol))
        supervisor = stack.enter_context(Supervisor(order))
        stack.enter_context(_ctrl_c(supervisor))
        screen = stack.enter_context(_Screen(feed))
        answers = _Answers(supervisor, assume_yes=assume_yes)
        window: subprocess.Popen[bytes] | None = None
        for report in supervisor.watch():
            if isinstance(report, Ended):
                feed.catch_up(CATCH_UP_S)
                screen.final(report)
                return report
            if report is not None:
                screen.show(report)
                answers.see(report)
                if view and window is None and report.phase == "running" and report.written:
                    window = start_window(order.folder)
    raise AssertionError("the supervisor always tells how it ended")


def _ctrl_c(supervisor: Supervisor) -> AbstractContextManager[None]:
    presses = 0

    def press() -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            supervisor.send(Abort("Ctrl-C"))
            stderr.print("ending in order; Ctrl-C again stops at once", style="yellow")
        else:
            supervisor.send(EmergencyStop("Ctrl-C twice"))

    return interrupts(press, lambda: supervisor.send(Abort("SIGTERM")))


class _Answers:
    """Asks a person what the protocol asks, without stopping the show."""

    def __init__(self, supervisor: Supervisor, *, assume_yes: bool) -> None:
        self._supervisor, self._assume_yes = supervisor, assume_yes
        self._asked: set[int] = set()

    def see(self, status: Status) -> None:
        question = status.question
        if question is None or question.step in self._asked:
            return
        self._asked.add(question.step)
        stderr.print(f"[bold]{question.text}[/]  press Enter when it is done")
        if self._assume_yes:
            self._supervisor.send(Confirm(question.step))
        else:
            threading.Thread(target=self._wait, args=(question.step,), daemon=True).start()

    def _wait(self, step: int) -> None:
        if sys.stdin.readline():
            self._supervisor.send(Confirm(step))


class _Screen:
    """A picture that is drawn again and again on a terminal; plain lines elsewhere."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed
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
        self._last = status
        if stderr.is_terminal:
            self._live.update(_picture(status, self._feed))
            return
        tenth = int(LINES * status.t_s / status.end_s) if status.end_s else 0
        if status.phase == "running" and tenth > self._tenth:
            self._tenth = tenth
            stderr.print(_line(status, self._feed), soft_wrap=True)

    def final(self, ended: Ended) -> None:
        if self._last is None:
            return
        self._last = replace(self._last, phase="ended", message=ended.status, doing=())
        if stderr.is_terminal:
            self._live.update(_picture(self._last, self._feed))
        else:
            stderr.print(_line(self._last, self._feed), soft_wrap=True)


def _picture(status: Status, feed: LiveFeed) -> Group:
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
    return Group(head, body, _devices(status), _found(feed), now)


def _devices(status: Status) -> Text:
    text = Text()
    if status.shutter:
        style = {"open": "bold magenta", "closed": ""}.get(status.shutter, "bold yellow")
        text.append("shutter ").append(status.shutter.upper(), style)
    for pump in status.pumps:
        wanted = "" if pump.wanted_ul is None else f" / {pump.wanted_ul:g}"
        text.append(f"   pump {pump.name} {pump.state} {pump.delivered_ul:.1f}{wanted} uL")
    return text


def _found(feed: LiveFeed) -> Text:
    state = feed.state
    text = Text()
    text.append(f"turned {state.direction}: {state.count}", "bold green")
    text.append(f"   ensemble intensity {state.ensemble:+.2f} per px")
    if state.message:
        text.append(f"   ({state.message})", "dim")
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


def _line(status: Status, feed: LiveFeed) -> str:
    drops = "drops unknown" if status.dropped is None else f"{status.dropped} dropped"
    pumps = "".join(f", pump {p.name} {p.state} {p.delivered_ul:.1f} uL" for p in status.pumps)
    return (
        f"{_minutes(status.t_s)}"
        + (f" of {_minutes(status.end_s)}" if status.end_s else "")
        + f", {status.written} frames ({status.frames_per_s:.1f} fps), {drops}"
        + (f", shutter {status.shutter}" if status.shutter else "")
        + f"{pumps}, turned {feed.state.direction}: {feed.state.count}"
    )
