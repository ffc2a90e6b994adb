"""A rig whose pump and shutter are emulated in the test's process, over TCP, with times."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import onset
from onset.acquisition import registry
from onset.shipped import shipped
from onset.simulated.servers import emulate
from onset.simulated.world import world

RIG = """
name = "lab"
[sample]
name = "lab"
seed = 1
[camera]
config = "{config}"
exposure = "20 ms"
pixel_size = "0.13 um"
readout = "5 ms"
frame_counter = "FrameCounter"
clock = {{ tag = "CameraClock-us", unit = "us", stamps = "exposure-start" }}
latency = ["0 ms", "5 ms"]
buffer = "64 MB"
{camera}
[pumps.TBAB]
dialect = "new-era"
model = "NE-1000"
port = "{pump}"
syringe = {{ diameter = "14.43 mm", volume = "10 mL" }}
holds = {{ reagent = "TBAB" }}
motor_lag = "20 ms"
watchdog = "2 s"
[shutter]
dialect = "uniblitz-d1"
port = "{shutter}"
irradiance = "15 uW/cm^2"
opening = "10 ms"
{more}
"""
PROTOCOL = """
name = "watched"
on_orphan = "{on_orphan}"
{more}
[camera]
roi = [0, 0, 64, 64]
[[steps]]
do = "shutter-open"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "{volume}"
"""
OPEN, CLOSE = b"@", b"A"
SLACK_S = 1.5
"""A loaded machine may wake a process so late; the promise is for one that is not."""


@dataclass(frozen=True)
class Said:
    """One byte string on a wire, and when (host monotonic, s)."""

    at_s: float
    who: str
    data: bytes


class Wire:
    """One emulated device on a socket; what passed is on disk, line by line."""

    def __init__(self, folder: Path, dialect: str, sample: str) -> None:
        self._log, said, self._stop = folder / f"{dialect}.log", io.StringIO(), threading.Event()
        self._began_s = time.perf_counter()
        how = {"tcp": "127.0.0.1:0", "log": self._log, "out": said, "stop": self._stop}
        how["parameters"] = f"sample={sample}&pump=TBAB&diameter_mm=14.43&motor_lag_ms=20"
        self._thread = threading.Thread(target=emulate, args=(dialect,), kwargs=how, daemon=True)
        self._thread.start()
        while "\n" not in said.getvalue():
            time.sleep(0.002)
        self.address = said.getvalue().split()[-1]

    def said(self, who: str = "host") -> list[Said]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        words = [line.split(" ", 2) for line in lines]
        return [
            Said(self._began_s + float(at), by, ast.literal_eval(data))
            for at, by, data in words
            if by == who
        ]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)


class Lab:
    """Starts `onset run` in a process of its own, and knows what really happened."""

    names = iter(range(1_000_000))

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.sample = f"lab-{os.getpid()}-{next(Lab.names)}"
        self.pump = Wire(folder, "new-era", self.sample)
        self.shutter = Wire(folder, "uniblitz-d1", self.sample)
        self.processes: list[subprocess.Popen[str]] = []
        self.write_rig()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.pump.close()
        self.shutter.close()

    def write_rig(self, *, camera: str = "", more: str = "", **swaps: str) -> Path:
        self.rig = self.folder / "rig.toml"
        text = RIG.format(
            config=shipped("devices", "demo.cfg").resolve().as_posix(),
            pump=swaps.get("pump", self.pump.address),
            shutter=swaps.get("shutter", self.shutter.address),
            camera=camera,
            more=more,
        )
        self.rig.write_text(text)
        return self.rig

    def write_protocol(self, *, volume: str = "2 mL", on_orphan: str = "abort", more: str = ""):
        file = self.folder / "protocol.toml"
        file.write_text(PROTOCOL.format(volume=volume, on_orphan=on_orphan, more=more))
        return file

    def run_in_terminal(self, **protocol: str) -> subprocess.Popen[str]:
        """`onset run`, until it injects."""
        protocol_file, out = self.write_protocol(**protocol), self.folder / "rec"
        words = ["run", protocol_file, "--rig", self.rig, "--out", out]
        process = subprocess.Popen(
            [sys.executable, "-m", "onset", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        self.wait_until_injecting()
        return process

    def run(self, rig: onset.Instrument, out: str = "rec", **protocol: str) -> Path:
        """A run of a supervisor without a terminal, until it injects; the recording."""
        if rig.status.phase == "idle":
            rig.open_rig(self.rig)
        folder = rig.start_run(self.write_protocol(**protocol), self.folder / out)
        self.wait_until_injecting()
        return folder

    def wait_until_injecting(self) -> None:
        patience = time.monotonic() + 90
        while not self.is_injecting:
            assert all(process.poll() is None for process in self.processes)
            assert time.monotonic() < patience
            time.sleep(0.005)

    @property
    def is_injecting(self) -> bool:
        return self.flow_ul_s > 0

    @property
    def flow_ul_s(self) -> float:
        """What the plunger truly does."""
        return sum(p.ul_per_s(time.perf_counter_ns()) for p in world(self.sample).plungers())

    @property
    def is_lit(self) -> bool:
        """Does light truly fall on the sample?"""
        return world(self.sample).light.is_open(time.perf_counter_ns())

    def made_safe_s(self, since_s: float, within_s: float = 10.0) -> tuple[float, float]:
        """How long after `since_s` the shutter was closed and the plunger stood."""
        closed = stopped = None
        until = time.perf_counter() + within_s
        while time.perf_counter() < until and (closed is None or stopped is None):
            now = time.perf_counter() - since_s
            closed = now if closed is None and not self.is_lit else closed
            stopped = now if stopped is None and self.flow_ul_s == 0 else stopped
            time.sleep(0.002)
        assert closed is not None, "the shutter stayed open"
        assert stopped is not None, "the pump went on"
        return closed, stopped


def instruments() -> list[int]:
    """Process ids of the instruments that live."""
    return [entry.pid for entry in registry.entries("instrument")]
