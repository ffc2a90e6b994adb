"""A clock that leaps to whatever is waited for, and what passed on a wire."""

import threading
from dataclasses import dataclass, field

import pytest

from onset.experiment import clock as clocks


class LeapClock:
    """For one thread: waiting takes no real time and a microsecond passes with every look."""

    speed = 1.0

    def __init__(self):
        self._t = 1_000_000_000

    def now_ns(self):
        self._t += 1000
        return self._t

    def wait_until(self, t_ns, event: threading.Event | None = None):
        self._t = max(self._t, t_ns)
        return event is not None and event.is_set()

    def advance(self, seconds):
        self._t += round(seconds * 1e9)

    def hold(self, name, until_ns):
        pass

    def release(self, name):
        pass


@dataclass
class Wire:
    """What passed on a wire."""

    passed: list = field(default_factory=list)

    def __call__(self, who, data, t_ns):
        self.passed.append((who, data, t_ns))

    def said(self, who):
        return [data for speaker, data, _ in self.passed if speaker == who]


@pytest.fixture
def clock():
    before = clocks.installed()
    leaping = LeapClock()
    clocks.install(leaping)
    yield leaping
    clocks.install(before)


@pytest.fixture
def wire():
    return Wire()
