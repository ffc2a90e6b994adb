"""Whole runs on the simulated bench: in this process, or as a user starts them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from onset.acquisition.instrument import carry_out
from onset.acquisition.messages import Command, Ended, RunOrder, Status
from onset.experiment import clock
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
    """Stands at the supervisor's end of the pipe."""

    def __init__(self) -> None:
        self.seen: list[Status] = []
        self.on_status: Callable[[Status], list[Command]] = lambda _: []
        self.is_orphan = False
        self._commands: list[Command] = []

    def commands(self) -> list[Command]:
        waiting, self._commands = self._commands, []
        return waiting

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
        order = RunOrder(file, text, Path("p.toml"), protocol, tmp_path / "rec", speed)
        return carry_out(order, link)

    return run
