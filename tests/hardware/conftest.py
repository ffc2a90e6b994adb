"""A clock that leaps to whatever is waited for, and a simulated world for each test."""

import io
import itertools
import threading
import time
from dataclasses import dataclass, field

import pytest

from onset.experiment import clock as clocks
from onset.simulated.servers import emulate
from onset.simulated.world import world

_names = itertools.count()


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


@pytest.fixture
def here():
    """A world of its own for each test; its name is the sample's."""
    mine = world(f"test-{next(_names)}")
    yield mine
    mine.reset()


@pytest.fixture
def serve():
    """Where an emulated device is, for pyserial: in this process, on a socket or a terminal."""
    servers = []

    def start(dialect, way, parameters):
        if way == "sim":
            return f"sim://{dialect}?{parameters}"
        said, stop = io.StringIO(), threading.Event()
        how = {"tcp": "127.0.0.1:0"} if way == "tcp" else {"pty": True}
        given = {**how, "parameters": parameters, "out": said, "stop": stop}
        thread = threading.Thread(target=emulate, args=(dialect,), kwargs=given)
        thread.start()
        servers.append((thread, stop))
        until = time.perf_counter() + 5
        while "\n" not in said.getvalue() and time.perf_counter() < until:
            time.sleep(0.002)
        return said.getvalue().split()[-1]

    yield start
    for thread, stop in servers:
        stop.set()
        thread.join(5)
