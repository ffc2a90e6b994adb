"""One pump or shutter of a rig, connected without the rest and not touched by that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pymmcore_plus.experimental.unicore import UniMMCore

from onset.errors import Refused
from onset.experiment.clock import Clock
from onset.experiment.files import did_you_mean
from onset.experiment.rig import Rig
from onset.experiment.syringes import SyringeAccount
from onset.hardware.accounted_pump import AccountedPump
from onset.hardware.addresses import pump_address, shutter_address
from onset.hardware.core import close_core, open_core
from onset.hardware.pump import open_pump
from onset.hardware.semantic import OnBytes, Pump, Shutter
from onset.hardware.shutter import open_shutter


def pump_named(rig: Rig, name: str | None) -> str:
    """The pump of that name, or the only one; `Refused` says which there are."""
    if name is None and len(rig.pumps) == 1:
        return next(iter(rig.pumps))
    if name is None:
        raise Refused(f"the rig '{rig.name}' has several pumps or none: {', '.join(rig.pumps)}")
    if name not in rig.pumps:
        raise Refused(f"no pump '{name}' on the rig '{rig.name}' {did_you_mean(name, rig.pumps)}")
    return name


@contextmanager
def one_pump(rig: Rig, name: str, clock: Clock, on_bytes: OnBytes) -> Iterator[Pump]:
    """Connected; whatever it does, it goes on doing."""
    spec, account = rig.pumps[name], SyringeAccount(rig)
    contents_ul = {each: content.left_ul for each, content in account.contents().items()}
    strengths = {each: other.ug_per_ml for each, other in rig.pumps.items()}
    at = spec.model_copy(update={"port": pump_address(rig, name, strengths, contents_ul)})
    with ExitStack() as opened:
        core = _core(rig, opened) if spec.dialect == "micro-manager" else None
        pump = AccountedPump(open_pump(name, at, clock, on_bytes, core), account, spec, clock)
        opened.callback(pump.close)
        yield pump


@contextmanager
def the_shutter(rig: Rig, clock: Clock, on_bytes: OnBytes) -> Iterator[Shutter]:
    """Connected; it stays as it is left."""
    if rig.shutter is None:
        raise Refused(f"the rig '{rig.name}' has no shutter")
    at = rig.shutter.model_copy(update={"port": shutter_address(rig)})
    with ExitStack() as opened:
        core = _core(rig, opened) if at.dialect == "micro-manager" else None
        shutter = open_shutter(at, clock, on_bytes, core)
        opened.callback(shutter.close_port)
        yield shutter


def _core(rig: Rig, opened: ExitStack) -> UniMMCore:
    core = open_core(rig.file.parent / rig.camera.config)
    opened.callback(close_core, core)
    return core
