"""A pump's run output, wired to a status line of a serial port: when the plunger truly moved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import serial

from onset.errors import WireFault
from onset.experiment.clock import NS, Clock
from onset.experiment.rig import RunOutputSpec

POLL_S = 0.0005


@dataclass(frozen=True, slots=True)
class Edge:
    """The line changed in this interval, ns of the clock."""

    earliest_ns: int
    latest_ns: int


class RunOutput:
    """Watches one line that says whether the pump runs; `read` asks for its level."""

    def __init__(self, read: Callable[[], bool], spec: RunOutputSpec, clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._active = spec.active == "high"
        self._latency_ns = round(spec.latency_ms * 1e6)
        self.where = f"{spec.line.upper()} of {spec.port}"

    def watch(self) -> Watch:
        """Watch for the start from now on; a context manager."""
        return Watch(self._runs, self._clock, self._latency_ns)

    def _runs(self) -> bool:
        try:
            return bool(self._read()) == self._active
        except OSError as why:
            raise WireFault(f"run output on {self.where}: cannot be read: {why}") from why


class Watch:
    """Looks at the line again and again, from before the command until it changes."""

    def __init__(self, runs: Callable[[], bool], clock: Clock, latency_ns: int) -> None:
        self._runs, self._clock, self._latency_ns = runs, clock, latency_ns
        self._ended, self._known = threading.Event(), threading.Event()
        self._edge: Edge | None = None
        self._fault: WireFault | None = None
        self._thread = threading.Thread(target=self._look, name="run-output", daemon=True)
        self._rested_ns = 0

    def __enter__(self) -> Watch:
        """Look once before anybody can start the pump."""
        self._rested_ns = self._clock.now_ns()
        try:
            runs = self._runs()
        except WireFault as fault:
            self._fault, runs = fault, True
        if runs:  # wired or set the wrong way round
            self._known.set()
        else:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def edge(self, within_s: float) -> Edge | None:
        """The start, if it comes within `within_s` of the clock; None for a line that is mute."""
        until_ns = self._clock.now_ns() + round(within_s * NS)
        while not self._known.wait(POLL_S) and self._clock.now_ns() < until_ns:
            pass
        if self._fault is not None:
            raise self._fault
        return self._edge

    def _look(self) -> None:
        try:
            self._wait_for_the_start(self._rested_ns)
        except WireFault as fault:
            self._fault = fault
        finally:
            self._known.set()

    def _wait_for_the_start(self, before_ns: int) -> None:
        while not self._ended.wait(POLL_S):
            asked_ns = self._clock.now_ns()
            if self._runs():
                now_ns = self._clock.now_ns()
                self._edge = Edge(before_ns - self._latency_ns, now_ns)
                return
            before_ns = asked_ns


def open_run_output(spec: RunOutputSpec, clock: Clock) -> tuple[RunOutput, serial.SerialBase]:
    """The line that a rig names, and its port (who opens it closes it)."""
    try:
        port = serial.serial_for_url(spec.port, exclusive=True)
        getattr(port, spec.line)
    except (OSError, ValueError, AttributeError) as why:
        raise WireFault(f"run output: {spec.line.upper()} of {spec.port}: {why}") from why
    return RunOutput(lambda: bool(getattr(port, spec.line)), spec, clock), port
