"""Which emulator answers for which dialect; one line per dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from onset.simulated.chain import Chain, members
from onset.simulated.faults import Faults
from onset.simulated.faulty_line import FaultyLine
from onset.simulated.harvard import Harvard
from onset.simulated.line import Emulator, Line
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

COMMON = "seed device_baud faults late_s keypad_s"
PUMP = (
    "diameter_mm content_ul syringe_ul address model motor_lag_ms query_ms set_ms "
    "memory_diameter_mm"
)
BLADE = "opening_ms closing_ms"
SETTINGS: dict[str, str] = {
    "new-era": f"{COMMON} {PUMP} chain version memory_safe_s buffers_input",
    "harvard": f"{COMMON} {PUMP} memory_syringe_ul memory_target_ul memory_target_s",
    "uniblitz-d1": f"{COMMON} {BLADE} unit",
    "uniblitz-d3": f"{COMMON} {BLADE} unit",
    "thorlabs-sc10": f"{COMMON} {BLADE} answer_ms mode interlock",
    "sutter-lambda": f"{COMMON} {BLADE} inverts_echo sends_one type",
}
"""What can be set of an emulator; docs/reference/emulators.md says what each means."""


def settings_of(dialect: str) -> frozenset[str]:
    """The keys that this dialect's emulator knows."""
    return frozenset(SETTINGS.get(dialect, "").split())


def device(parameters: Parameters) -> Emulator:
    """The device of this dialect and pump name in the world of its sample, as it was left."""
    make = MAKERS.get(parameters.dialect)
    if make is None:
        raise ValueError(
            f"sim://{parameters.dialect}: not known; there are {', '.join(sorted(MAKERS))}"
        )
    here = world(parameters.text("sample", "demo"))
    found: Emulator
    if "chain" in parameters.values:
        pumps = members(parameters)
        found = here.device(_key(parameters), lambda: Chain([make(pump, here) for pump in pumps]))
    else:
        pumps = [parameters]
        found = here.device(_key(parameters), lambda: make(parameters, here))
    for pump in pumps:
        if "ug_per_ml" in pump.values:  # connected again, it may have a new syringe
            here.plunger(pump.text("pump", "")).ug_per_ml = pump.number("ug_per_ml", 0.0)
    return found


def line_to(parameters: Parameters, *, baud: int, stop_bits: float = 1) -> Line:
    """A line to that device; `faults=KIND@N,...` makes it a bad one, each fault happens once."""
    emulator = device(parameters)
    if "faults" not in parameters.values:
        return Line(emulator, baud=baud, stop_bits=stop_bits)
    faults = world(parameters.text("sample", "demo")).device(
        ("faults", *_key(parameters)),
        lambda: Faults.parse(
            parameters.text("faults", ""),
            seed=parameters.integer("seed", 0),
            late_s=parameters.number("late_s", 1.2),
            keypad_s=parameters.number("keypad_s", 3.0),
        ),
    )
    return FaultyLine(emulator, faults, baud=baud, stop_bits=stop_bits)


def _key(parameters: Parameters) -> tuple[str, str, str]:
    which = parameters.text("chain", parameters.text("pump", ""))
    return parameters.dialect, which, parameters.text("device", "")
