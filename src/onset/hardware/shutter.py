"""Opens the shutter that a rig describes; one line per dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pymmcore_plus import CMMCorePlus

from onset.errors import Refused
from onset.experiment.clock import Clock
from onset.experiment.rig import ShutterSpec
from onset.hardware.mm_shutter import MicroManagerShutter
from onset.hardware.sc10_shutter import open_sc10
from onset.hardware.semantic import OnBytes, Shutter
from onset.hardware.sutter_shutter import open_sutter
from onset.hardware.uniblitz_shutter import open_uniblitz

Open: TypeAlias = Callable[[ShutterSpec, Clock, OnBytes], Shutter]

OPENERS: dict[str, Open] = {
    "uniblitz-d1": open_uniblitz,
    "uniblitz-d3": open_uniblitz,
    "thorlabs-sc10": open_sc10,
    "sutter-lambda": open_sutter,
}


def open_shutter(
    spec: ShutterSpec, clock: Clock, on_bytes: OnBytes, core: CMMCorePlus | None = None
) -> Shutter:
    """Connect to a shutter without moving it; `make_safe` closes it."""
    if spec.dialect == "micro-manager":
        if core is None or spec.device is None:
            raise Refused("shutter: a Micro-Manager shutter needs Micro-Manager and its label")
        return MicroManagerShutter(core, spec.device, clock, opening_ms=spec.opening_ms)
    if spec.dialect not in OPENERS:
        raise Refused(f"shutter: no driver for the dialect {spec.dialect!r}")
    return OPENERS[spec.dialect](spec, clock, on_bytes)
