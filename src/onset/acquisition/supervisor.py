"""The supervisor: starts the instrument, watches it, passes commands on, and tells its verdict."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import FrameType, TracebackType
from typing import Any

from onset.acquisition import instrument
from onset.acquisition.messages import Command, Ended, RunOrder, Status

JOIN_S = 10.0


class Supervisor:
    """Owns the child process; a context manager that never leaves it behind unwatched."""

    def __init__(self, order: RunOrder) -> None:
        self._order = order
        spawn = multiprocessing.get_context("spawn")
        self._pipe, self._far_end = spawn.Pipe()
        self._child = spawn.Process(
            target=instrument.main, args=(self._far_end, order), name="onset-instrument"
        )

    def __enter__(self) -> Supervisor:
        with _deaf_to_interrupts():  # the child inherits it: Ctrl-C must not reach it on its own
            self._child.start()
        self._far_end.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()  # the instrument is an orphan now and ends as its protocol says
        self._child.join(JOIN_S)

    @property
    def pid(self) -> int | None:
        """Process id of the instrument."""
        return self._child.pid

    def send(self, command: Command) -> None:
        """Pass a command on; one that comes after the end is moot."""
        with suppress(BrokenPipeError, OSError):
            self._pipe.send(command)

    def watch(self, wait_s: float = 0.1) -> Iterator[Status | Ended | None]:
        """Reports as they come, None after `wait_s` of real time without; `Ended` is the last."""
        while True:
            report = self._next(self._pipe, wait_s)
            yield report
            if isinstance(report, Ended):
                return

    def _next(self, pipe: Connection[Any, Any], wait_s: float) -> Status | Ended | None:
        try:
            if pipe.poll(wait_s):
                report: Status | Ended = pipe.recv()
                return report
        except (EOFError, OSError):
            return self._died()
        return None

    def _died(self) -> Ended:
        self._child.join(JOIN_S)
        code = self._child.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        reason = f"the instrument process died ({how}) without a word"
        return Ended("failed", reason, self._order.folder)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def interrupts(on_interrupt: Callable[[], None], on_end: Callable[[], None]) -> Iterator[None]:
    """Call `on_interrupt` at each Ctrl-C and `on_end` at SIGTERM (or Ctrl-Break) meanwhile."""

    def interrupt(_: int, __: FrameType | None) -> None:
        on_interrupt()

    def end(_: int, __: FrameType | None) -> None:
        on_end()

    wanted = {signal.SIGINT: interrupt, signal.SIGTERM: end}
    if hasattr(signal, "SIGBREAK"):
        wanted[signal.SIGBREAK] = end
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
