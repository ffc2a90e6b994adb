"""Injections in whole runs, while the supervisor is stopped or the processors are busy."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import psutil

from onset.acquisition.client import Instrument
from onset.recording.read import Recording
from onset.shipped import shipped

HEAD = """
name = "bench"
on_orphan = "finish"
[camera]
roi = [0, 0, 128, 128]
"""
INJECTION = """
[[steps]]
do = "expose"
duration = "1.5 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "0.5 uL"
"""
Condition: TypeAlias = Callable[[Instrument], AbstractContextManager[None]]
BUSY = "while True: pass"


def bench_processes(injections: int) -> dict[str, object]:
    """Per condition: due to earliest, half-width, how many marks hold the plunger's true start."""
    conditions: dict[str, Condition] = {
        "alone": _nothing,
        "busy loops on every processor": _busy,
        "supervisor and client stopped": _stopped,
    }
    with tempfile.TemporaryDirectory(prefix="onset-bench-") as folder:
        return {
            name: _run(injections, Path(folder) / str(number), condition)
            for number, (name, condition) in enumerate(conditions.items())
        }


def _run(injections: int, folder: Path, condition: Condition) -> dict[str, object]:
    folder.mkdir()
    protocol = folder / "bench.toml"
    protocol.write_text(HEAD + injections * INJECTION)
    with Instrument(shipped("devices", "demo.toml"), who="onset bench") as rig:
        recording = rig.start_run(protocol, folder / "rec")
        begun = rig.wait_for(lambda now: now.phase == "running" and now.written > 0)
        with condition(rig):
            time.sleep(max(0.0, (begun.end_s or 0.0) - begun.t_s))
        rig.wait(120.0)
    return _told(recording)


def _told(folder: Path) -> dict[str, object]:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    true_s = [m["t_s"] for m in truth["plungers"][0]["moves"] if m["ul_per_s"] > 0]
    with Recording(folder) as recording:
        entries = [e.payload for e in recording.ledger() if e.kind == "mark"]
        marks = [mark for mark in recording.marks if mark.what == "inject"]
        dropped = recording.session.counts.dropped if recording.session.counts else None
    raw = [entry for entry in entries if entry["what"] == "inject"]
    late_ms = [(_ns(one, "earliest_ns") - _due(one)) / 1e6 for one in raw]
    widths_ms = [(_ns(one, "latest_ns") - _ns(one, "earliest_ns")) / 2e6 for one in raw]
    inside = [
        abs(mark.t_s - at_s) <= mark.t_halfwidth_s
        for mark, at_s in zip(marks, true_s, strict=False)
    ]
    return {
        "starts": len(marks),
        "frames_dropped": dropped,
        "true_start_inside_the_bound": round(float(np.mean(inside)), 4) if inside else None,
        "due_to_earliest_ms": quantiles(late_ms),
        "halfwidth_ms": quantiles(widths_ms),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile, worst."""
    names = {"median": 0.5, "p95": 0.95, "worst": 1.0}
    return {name: round(float(np.quantile(values, q)), 3) for name, q in names.items()}


def _ns(entry: dict[str, object], key: str) -> int:
    value = entry[key]
    assert isinstance(value, int)
    return value


def _due(entry: dict[str, object]) -> int:
    stamps = entry["stamps"]
    assert isinstance(stamps, dict)
    return int(stamps["due_ns"])


@contextmanager
def _nothing(_: Instrument) -> Iterator[None]:
    yield


@contextmanager
def _busy(_: Instrument) -> Iterator[None]:
    """As a window or an analysis may be that runs wild."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(psutil.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextmanager
def _stopped(rig: Instrument) -> Iterator[None]:
    """Its supervisor does not run at all, and this client is idle."""
    supervisor = psutil.Process(rig.entry.pid)
    supervisor.suspend()
    try:
        yield
    finally:
        supervisor.resume()
