"""Opens the pump that a rig describes; one line per dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pymmcore_plus import CMMCorePlus

from onset.errors import Refused
from onset.experiment.clock import Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.harvard_pump import open_harvard
from onset.hardware.mm_pump import open_mm_pump
from onset.hardware.new_era_pump import open_new_era
from onset.hardware.port import Ports
from onset.hardware.semantic import OnBytes, Pump

Open: TypeAlias = Callable[[str, PumpSpec, Clock, OnBytes, Ports], Pump]

OPENERS: dict[str, Open] = {
    "new-era": open_new_era,
    "harvard": open_harvard,
}


def open_pump(
    name: str,
    spec: PumpSpec,
    clock: Clock,
    on_bytes: OnBytes,
    core: CMMCorePlus | None = None,
    ports: Ports | None = None,
) -> Pump:
    """Connect to a pump; WireFault, DeviceFault or Refused say why it cannot be.

    Pumps that are opened with the same `ports` and are on the same port share its wire.
    """
    if spec.dialect == "micro-manager":
        if core is None or spec.device is None:
            raise Refused(f"pump {name}: a Micro-Manager pump needs Micro-Manager and its label")
        return open_mm_pump(name, spec, core, clock)
    if spec.dialect not in OPENERS:
        raise Refused(f"pump {name}: no driver for the dialect {spec.dialect!r}")
    return OPENERS[spec.dialect](name, spec, clock, on_bytes, ports or Ports())
