"""Makes the wires of a rig safe without camera, engine or recorder: shutter closed, pumps stopped.

Each wire is opened and talked to in a thread of its own, so that a dead one delays no other.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from onset.errors import OnsetError
from onset.experiment.clock import SystemClock
from onset.experiment.rig import PumpSpec, Rig, ShutterSpec, parse_rig
from onset.hardware.core import close_core, open_core
from onset.hardware.mm_pump import open_mm_pump
from onset.hardware.port import Ports
from onset.hardware.pump import open_pump
from onset.hardware.semantic import OnBytes
from onset.hardware.shutter import open_shutter

WITHIN_S = 10.0
"""Whoever has not answered by then does not."""
CORE_WITHIN_S = 60.0
"""Time to load Micro-Manager's devices in a process of their own."""
UNKNOWN = "NOT KNOWN TO BE SAFE"
BEHIND_CORE = "micro-manager"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one device."""

    device: str
    fault: str | None = None

    def __str__(self) -> str:
        if self.fault is not None:
            return f"{self.device} {UNKNOWN}: {self.fault}"
        return f"{self.device} {'closed' if self.device == 'shutter' else 'stopped'}"


def make_safe(rig: Rig, log: Callable[[str], OnBytes] | None = None) -> list[Made]:
    """Everything on a real wire; what is emulated ended with its process."""
    log = log or (lambda _: _nowhere)
    wires: list[list[Act]] = []
    shutter = rig.shutter
    if shutter is not None and _is_wire(shutter):
        wires.append([Act("shutter", partial(_close, shutter, log("shutter")))])
    for names in _by_port(rig):
        ports = Ports()
        wires.append(
            [Act(f"pump {n}", partial(_stop, n, rig.pumps[n], log(n), ports)) for n in names]
        )
    made = _all_at_once(wires)
    return made + (_through_the_core(rig) if _needs_core(rig) else [])


def _by_port(rig: Rig) -> list[list[str]]:
    """Names of pumps that share a wire: one after the other."""
    by_port: dict[str, list[str]] = {}
    for name, spec in rig.pumps.items():
        if _is_wire(spec):
            by_port.setdefault(str(spec.port), []).append(name)
    return list(by_port.values())


def _needs_core(rig: Rig) -> bool:
    specs = [rig.shutter] if rig.shutter is not None else []
    dialects = [spec.dialect for spec in specs] + [spec.dialect for spec in rig.pumps.values()]
    return BEHIND_CORE in dialects


@dataclass(frozen=True, slots=True)
class Act:
    """What to do with one device."""

    device: str
    do: Callable[[], None]


def _all_at_once(wires: list[list[Act]]) -> list[Made]:
    """Begun in the order given; no wire waits for another."""
    made: dict[str, Made] = {}

    def talk(acts: list[Act]) -> None:
        for act in acts:
            try:
                act.do()
                made[act.device] = Made(act.device)
            except OnsetError as fault:
                made[act.device] = Made(act.device, str(fault))

    threads = [
        threading.Thread(target=talk, args=(acts,), name=f"safe-{acts[0].device}", daemon=True)
        for acts in wires
    ]
    for thread in threads:
        thread.start()
    until_s = time.monotonic() + WITHIN_S
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))
    silent = f"no answer within {WITHIN_S:g} s"
    return [made.get(act.device, Made(act.device, silent)) for acts in wires for act in acts]


def _close(spec: ShutterSpec, on_bytes: OnBytes) -> None:
    shutter = open_shutter(spec, SystemClock(), on_bytes)
    try:
        shutter.make_safe()
    finally:
        shutter.close_port()


def _stop(name: str, spec: PumpSpec, on_bytes: OnBytes, ports: Ports) -> None:
    pump = open_pump(name, spec, SystemClock(), on_bytes, ports=ports)
    try:
        pump.make_safe()
    finally:
        pump.close()


def _through_the_core(rig: Rig) -> list[Made]:
    """In a process of its own: an adapter that hangs or crashes takes nothing with it."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_core_main, args=(theirs, rig.text, str(rig.file)), daemon=True)
    process.start()
    theirs.close()
    try:
        if ours.poll(CORE_WITHIN_S):
            told: list[Made] = ours.recv()
            return told
        return [Made("Micro-Manager", f"not loaded within {CORE_WITHIN_S:g} s")]
    except EOFError:
        return [Made("Micro-Manager", "its process died while it was loaded")]
    finally:
        process.kill()
        process.join()
        ours.close()


def _core_main(pipe: Connection, text: str, file: str) -> None:
    pipe.send(safe_behind_core(parse_rig(text, Path(file))))
    pipe.close()


def safe_behind_core(rig: Rig) -> list[Made]:
    """Load Micro-Manager here, close its shutter, stop its pumps."""
    clock = SystemClock()
    try:
        core = open_core(rig.file.parent / rig.camera.config)
    except OnsetError as fault:
        return [Made("Micro-Manager", str(fault))]
    acts: list[list[Act]] = []
    if rig.shutter is not None and rig.shutter.dialect == BEHIND_CORE:
        shutter = open_shutter(rig.shutter, clock, _nowhere, core)
        acts.append([Act("shutter", shutter.make_safe)])
    for name, spec in rig.pumps.items():
        if spec.dialect == BEHIND_CORE:
            pump = open_mm_pump(name, spec, core, clock)
            acts.append([Act(f"pump {name}", pump.make_safe)])
    made = _all_at_once(acts)
    close_core(core)
    return made


def _is_wire(spec: PumpSpec | ShutterSpec) -> bool:
    return spec.port is not None and not spec.port.startswith("sim://")


def _nowhere(*_: object) -> None:
    """Nobody listens."""
