"""Which emulator answers for which dialect; one line per dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from onset.simulated.harvard import Harvard
from onset.simulated.line import Emulator
from onset.simulated.new_era import NewEra
from onset.simulated.parameters import Parameters
from onset.simulated.sutter_lambda import SutterLambda
from onset.simulated.thorlabs_sc10 import ThorlabsSC10
from onset.simulated.uniblitz import Uniblitz
from onset.simulated.world import World, world

Make: TypeAlias = Callable[[Parameters, World], Emulator]

MAKERS: dict[str, Make] = {
    "new-era": NewEra.from_parameters,
    "harvard": Harvard.from_parameters,
    "uniblitz-d1": Uniblitz.from_parameters,
    "uniblitz-d3": Uniblitz.from_parameters,
    "thorlabs-sc10": ThorlabsSC10.from_parameters,
    "sutter-lambda": SutterLambda.from_parameters,
}


def device(parameters: Parameters) -> Emulator:
    """The device of this dialect and pump name in the world of its sample, as it was left."""
    if parameters.dialect not in MAKERS:
        raise ValueError(
            f"sim://{parameters.dialect}: not known; there are {', '.join(sorted(MAKERS))}"
        )
    here = world(parameters.text("sample", "demo"))
    key = (parameters.dialect, parameters.text("pump", ""), parameters.text("device", ""))
    return here.device(key, lambda: MAKERS[parameters.dialect](parameters, here))
