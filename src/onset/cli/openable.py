"""What of a rig can be seen not to open before anything is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from onset.experiment.rig import Rig
from onset.hardware.addresses import pump_address, shutter_address
from onset.simulated.devices import device
from onset.simulated.parameters import Parameters
from onset.simulated.world import world

THROWN_AWAY = "onset-check"


def hindrances(rig: Rig) -> list[str]:
    """A sentence for each file that is missing and each emulator that cannot be as told."""
    config = rig.file.parent / rig.camera.config
    missing = (
        [] if config.is_file() else [f"{config}: there is no such Micro-Manager configuration"]
    )
    return [*missing, *dict.fromkeys(_emulators(rig))]


def _emulators(rig: Rig) -> Iterator[str]:
    empty = dict.fromkeys(rig.pumps, 0.0)
    ports = {f"pump {name}": pump_address(rig, name, {}, empty) for name in rig.pumps}
    ports["shutter"] = shutter_address(rig)
    for name, port in ports.items():
        if port is None or not port.startswith("sim://"):
            continue
        try:
            told = Parameters.from_url(port)
            device(replace(told, values={**told.values, "sample": THROWN_AWAY}))
        except ValueError as why:
            yield f"{name}: {why}"
    world(THROWN_AWAY).reset()
