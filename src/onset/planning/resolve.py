"""Which pump a step means, and what its syringe holds."""

from __future__ import annotations

from dataclasses import dataclass

from onset.errors import Refused
from onset.experiment.files import did_you_mean
from onset.experiment.protocol import Inject, Protocol, PumpStep
from onset.experiment.rig import PumpSpec, Rig


@dataclass(frozen=True, slots=True)
class Load:
    """What one syringe holds during a protocol."""

    reagent: str
    ug_per_ml: float | None


def pump_of(step: PumpStep, rig: Rig) -> str:
    """Name of the pump that a step means; raises `Refused` where there is none or more than one."""
    if step.pump is not None:
        if step.pump not in rig.pumps:
            hint = did_you_mean(step.pump, rig.pumps)
            raise Refused(f"pump '{step.pump}' is not on the rig '{rig.name}' {hint}")
        return step.pump
    reagent = step.reagent if isinstance(step, Inject) else None
    names = [name for name, pump in rig.pumps.items() if pump.reagent == reagent]
    if not names:
        held = did_you_mean(str(reagent), {pump.reagent for pump in rig.pumps.values()})
        raise Refused(f"no pump on the rig '{rig.name}' holds {reagent} {held}")
    if len(names) > 1:
        raise Refused(f"{reagent} is in several pumps ({', '.join(names)}): name one with 'pump'")
    return names[0]


def loads(protocol: Protocol, rig: Rig) -> dict[str, Load]:
    """What each syringe holds during this protocol; raises `Refused` on contradictions."""
    held = {name: Load(pump.reagent, pump.ug_per_ml) for name, pump in rig.pumps.items()}
    for step in protocol.steps:
        if isinstance(step, Inject):
            name = pump_of(step, rig)
            held[name] = _agreed(name, held[name], step, rig.pumps[name])
    return held


def _agreed(name: str, load: Load, step: Inject, pump: PumpSpec) -> Load:
    if step.reagent is not None and step.reagent != pump.reagent:
        raise Refused(f"pump '{name}' holds {pump.reagent}, but the step asks for {step.reagent}")
    if step.ug_per_ml is None:
        return load
    if load.ug_per_ml is not None and load.ug_per_ml != step.ug_per_ml:
        raise Refused(
            f"pump '{name}' holds {load.reagent} at {load.ug_per_ml:g} ug/mL, "
            f"but a step asks for {step.ug_per_ml:g} ug/mL"
        )
    return Load(load.reagent, step.ug_per_ml)
