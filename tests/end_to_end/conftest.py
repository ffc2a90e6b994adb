"""Whole runs on the simulated bench: in this process, or as a user starts them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from onset.acquisition.emergency import Emergency
from onset.acquisition.hands import as_fault
from onset.acquisition.link import Asked
from onset.acquisition.messages import Command, Ended, OpenRig, StartRun, Status
from onset.acquisition.recorded_run import carry_out_run
from onset.acquisition.settings import Settings
from onset.acquisition.wires import WireLog
from onset.errors import FileMistake, OnsetError, Refused
from onset.experiment import clock
from onset.experiment.rig import parse_rig
from onset.hardware.bench import Bench
from onset.shipped import shipped
from onset.simulated import world

SHORT = """
name = "short"
direction = "on"
on_orphan = "abort"

[[steps]]
do = "expose"
duration = "0.3 s"
[[steps]]
do = "shutter-open"
[[steps]]
do = "expose"
duration = "0.3 s"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "2 uL"
[[steps]]
do = "shutter-close"
"""


class Link:
    """Stands between the run and a supervisor."""

    def __init__(self) -> None:
        self.seen: list[Status] = []
        self.on_status: Callable[[Status], list[Command]] = lambda _: []
        self.is_orphan = False
        self.silent_s = 0.0
        self.emergency = Emergency()
        self.who, self.must_end = "a test", ""
        self.is_awaited = False
        self.answers: list[tuple[Command, str | None]] = []
        self._commands: list[Command] = []

    def commands(self) -> list[Asked]:
        waiting, self._commands = self._commands, []
        return [
            Asked(one, "a test", lambda refused, one=one: self.answers.append((one, refused)))
            for one in waiting
        ]

    def note(self, asked: Asked, refused: str | None, t_s: float | None) -> None:
        pass

    def tell(self, status: Status) -> None:
        self.seen.append(status)
        self._commands += self.on_status(status)


@pytest.fixture
def own_clock():
    """The system's clock afterwards."""
    yield
    clock.install(clock.SystemClock())


@pytest.fixture
def link() -> Link:
    return Link()


@pytest.fixture
def carry(tmp_path, own_clock, link):
    """Carry a protocol out on a rig in this process; the recording is in `tmp_path/'rec'`."""

    def run(
        protocol: str = SHORT,
        rig: str = "demo.toml",
        *,
        speed: float = 20.0,
        seed: int = 1,
        **swaps,
    ) -> Ended:
        file = shipped("devices", rig) if "\n" not in rig else tmp_path / "rig.toml"
        text = file.read_text(encoding="utf-8") if "\n" not in rig else rig
        text = re.sub(r"(?m)^seed = 1\b", f"seed = {seed}", text)
        for one in world.worlds():
            one.reset()  # simulated devices as after power-up
        for right, wrong in swaps.items():
            assert right in text
            text = text.replace(right, wrong)
        opened = OpenRig(file, text, speed)
        return carried_out(opened, StartRun(Path("p.toml"), protocol, tmp_path / "rec"), link)

    return run


def carried_out(opened: OpenRig, order: StartRun, link: Link) -> Ended:
    """One run in this process, as the instrument carries it out in its own."""
    ticking = clock.SystemClock() if opened.speed == 1.0 else clock.ScaledClock(opened.speed)
    clock.install(ticking)
    wires = WireLog()
    try:
        rig = parse_rig(opened.rig_text, opened.rig_file)
        with Bench(rig, ticking, wires.of, {}) as bench:
            end = carry_out_run(
                order, opened, rig, bench, ticking, Settings(rig.camera.exposure_ms), link,
                link.emergency, wires, field="", begun=lambda: None,
            )  # fmt: skip
    except (FileMistake, Refused) as mistake:
        return Ended("failed", str(mistake), order.folder, refused=True)
    except OnsetError as fault:
        return Ended("failed", as_fault("the instrument", fault), order.folder)
    return end.ended
