"""The same tables from a Dask cluster that somebody started by hand."""

import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from onset.analysis.batch import analyse_on_cluster
from onset.analysis.tables import analyse
from onset.errors import Refused

from .filmed import grid, record


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler and one worker as processes of their own; their address."""
    yield from cluster(tmp_path, workers=1)


@pytest.fixture
def lonely(tmp_path):
    """A scheduler without a worker."""
    yield from cluster(tmp_path, workers=0)


def cluster(tmp_path, *, workers):
    port = free_port()
    words = [sys.executable, "-m", "dask"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    address = f"tcp://127.0.0.1:{port}"
    ours = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    theirs = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    started = [subprocess.Popen([*words, "scheduler", *ours], **quiet)]
    started += [subprocess.Popen([*words, "worker", *theirs], **quiet) for _ in range(workers)]
    wait_for(port)
    yield address
    for process in reversed(started):
        process.terminate()
        process.wait(20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


def tables(folder):
    return {p.name: p.read_bytes() for p in (folder / "analysis").iterdir() if p.is_file()}


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_tables(tmp_path, scheduler):
    rng = np.random.default_rng(1)
    folders = [
        record(tmp_path / str(k), grid(rng, 2), shape=(50, 50), frames=450, seed=k) for k in (0, 1)
    ]
    for folder in folders:
        analyse(folder)
    local = [tables(folder) for folder in folders]
    for folder in folders:
        for path in (folder / "analysis").iterdir():
            path.unlink()
    assert sorted(analyse_on_cluster(scheduler, folders)) == sorted(f.resolve() for f in folders)
    assert [tables(folder) for folder in folders] == local


@pytest.mark.filterwarnings("ignore")
def test_no_worker_is_said_plainly(monkeypatch, lonely):
    monkeypatch.setattr("onset.analysis.batch.WORKER_S", 0.5)
    with pytest.raises(Refused, match=f"dask worker {lonely}"):
        list(analyse_on_cluster(lonely, []))


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_said_plainly(monkeypatch):
    monkeypatch.setattr("onset.analysis.batch.CONNECT_S", 0.5)
    with pytest.raises(Refused, match="no Dask scheduler"):
        list(analyse_on_cluster(f"tcp://127.0.0.1:{free_port()}", []))
