"""What all tests share: the command `onset` as a user types it, and emulated devices."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import HealthCheck, settings

from onset.cli import main
from onset.simulated.servers import emulate
from onset.simulated.world import world

_names = itertools.count()

settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", settings.get_profile("suite"), derandomize=False, max_examples=5000
)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """What onset keeps between runs does not touch the user's own."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["ONSET_STATE"] = str(folder)
    yield folder
    del os.environ["ONSET_STATE"]


@pytest.fixture(scope="session")
def run_onset(tmp_path_factory):
    """Type `onset ...` in an empty folder: exit code, standard output, standard error."""

    def call(*words: object, timeout: float = 100.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "onset", *map(str, words)],
            cwd=tmp_path_factory.mktemp("cwd"),
            capture_output=True,
            text=True,
            timeout=timeout,
            env={k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")},
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return call


@pytest.fixture
def type_onset(monkeypatch, capsys):
    """Type `onset ...` in this process: exit code, standard output, standard error."""

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["onset", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, end.value.code or 0, said.out, said.err)

    return call


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
