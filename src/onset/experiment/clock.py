"""The one clock that logic is given: system, scaled (simulated rigs), or manual (tests)."""

from __future__ import annotations

import threading
import time
from typing import Protocol

NS = 1_000_000_000


class Clock(Protocol):
    """Experiment time in ns; the system clock's is the host's monotonic clock."""

    @property
    def speed(self) -> float:
        """Experiment seconds per real second that are asked for."""
        ...

    def now_ns(self) -> int:
        """Experiment time, ns; never runs backwards."""
        ...

    def wait_until(self, t_ns: int, event: threading.Event | None = None) -> bool:
        """Sleep until `t_ns` or until `event` is set; true if the event was set."""
        ...

    def hold(self, name: str, until_ns: int) -> None:
        """Time may not pass `until_ns` before the next promise of this simulated participant."""
        ...

    def release(self, name: str) -> None:
        """Take the promise back; time runs freely again."""
        ...


class SystemClock:
    """Real time: `time.perf_counter_ns`, the same for all processes of a machine."""

    speed = 1.0

    def now_ns(self) -> int:
        """Host monotonic time, ns."""
        return time.perf_counter_ns()

    def wait_until(self, t_ns: int, event: threading.Event | None = None) -> bool:
        """Sleep until `t_ns` or until `event` is set; true if the event was set."""
        left_s = (t_ns - self.now_ns()) / NS
        if event is not None:
            return event.wait(max(left_s, 0.0))
        if left_s > 0:
            time.sleep(left_s)
        return False

    def hold(self, name: str, until_ns: int) -> None:
        """Real time cannot be held."""

    def release(self, name: str) -> None:
        """Real time is never held."""


class ScaledClock:
    """Experiment time runs `speed` times faster than real time, slower where someone lags.

    A participant (simulated camera, recorder) promises how far it has got with `hold`; time stops
    at the earliest promise and goes on from there, so that a slow machine slows the experiment
    down instead of making it lie. What a short wait costs is made up for by running somewhat faster
    afterwards; what is longer behind stays lost.
    """

    POLL_S = 0.02
    HASTE = 1.25
    """Of the speed, while it is behind."""
    BEHIND_S = 0.1
    """Real time that can be made up for."""

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._anchor_real = self._anchor = time.perf_counter_ns()
        self._behind = 0.0
        self._promises: dict[str, int] = {}
        self._moved = threading.Condition()

    def now_ns(self) -> int:
        """Experiment time, ns."""
        with self._moved:
            return self._now()

    def wait_until(self, t_ns: int, event: threading.Event | None = None) -> bool:
        """Sleep until experiment time `t_ns` or until `event` is set; true if the event was set."""
        while True:
            if event is not None and event.is_set():
                return True
            with self._moved:
                left_s = (t_ns - self._now()) / NS / (self.speed * self.HASTE)
                if left_s <= 0:
                    return False
                if event is None:
                    self._moved.wait(min(left_s, self.POLL_S))
                    continue
            event.wait(min(left_s, self.POLL_S))

    def hold(self, name: str, until_ns: int) -> None:
        """Time may not pass `until_ns` until `name` promises again or is released."""
        with self._moved:
            self._now()
            self._promises[name] = until_ns
            self._moved.notify_all()

    def release(self, name: str) -> None:
        """Time no longer waits for `name`."""
        with self._moved:
            self._now()
            self._promises.pop(name, None)
            self._moved.notify_all()

    def _now(self) -> int:
        real = time.perf_counter_ns()
        on_time = (real - self._anchor_real) * self.speed + self._behind
        wanted = self._anchor + int(min(on_time, (real - self._anchor_real) * self._haste()))
        limit = min(self._promises.values(), default=wanted)
        t = max(self._anchor, min(wanted, limit))
        most = self.BEHIND_S * NS * self.speed
        self._behind = min(on_time - (t - self._anchor), most)
        self._anchor_real, self._anchor = real, t
        return t

    def _haste(self) -> float:
        return self.speed * self.HASTE if self._behind > 0 else self.speed


class ManualClock:
    """Time moves only when a test says so."""

    speed = 1.0

    def __init__(self, start_ns: int = 0) -> None:
        self._t = start_ns
        self._moved = threading.Condition()

    def now_ns(self) -> int:
        """The time that was set last, ns."""
        with self._moved:
            return self._t

    def advance(self, seconds: float) -> None:
        """Move time forward and wake whoever waits."""
        with self._moved:
            self._t += round(seconds * NS)
            self._moved.notify_all()

    def wait_until(self, t_ns: int, event: threading.Event | None = None) -> bool:
        """Block until somebody advances the clock to `t_ns` or sets `event`."""
        with self._moved:
            while self._t < t_ns:
                if event is not None and event.is_set():
                    return True
                self._moved.wait(0.001 if event is not None else None)
        return event is not None and event.is_set()

    def hold(self, name: str, until_ns: int) -> None:
        """A manual clock moves only by hand."""

    def release(self, name: str) -> None:
        """A manual clock moves only by hand."""


_installed: Clock = SystemClock()


def install(clock: Clock) -> None:
    """Make `clock` the one that the simulated devices of this process run on."""
    global _installed
    _installed = clock


def installed() -> Clock:
    """The clock of this process, the system's unless another was installed."""
    return _installed
