"""Port addresses of a rig's devices; a simulated one is told what stands at its other end."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from onset.experiment.rig import CHAINABLE, PumpSpec, Rig


def shutter_address(rig: Rig) -> str | None:
    """The shutter's port."""
    return None if rig.shutter is None else _address(rig, rig.shutter.port, {})


def pump_address(
    rig: Rig, pump: str, strengths: Mapping[str, float | None], contents_ul: Mapping[str, float]
) -> str | None:
    """A pump's port; the same one for all pumps of a chain.

    `strengths` are the concentrations in the syringes, ug/mL, `contents_ul` what is in them.
    """
    chain = chained(rig, pump)
    spec = rig.pumps[pump]

    def told(name: str) -> Mapping[str, object]:
        return _simulated(name, rig.pumps[name], strengths.get(name), contents_ul[name])

    if len(chain) == 1:
        return _address(rig, spec.port, told(pump))
    values: dict[str, object] = {"chain": ",".join(str(rig.pumps[name].address) for name in chain)}
    for name in chain:
        at = rig.pumps[name].address
        values |= {f"{key}.{at}": value for key, value in told(name).items() if value != ""}
    return _address(rig, spec.port, values)


def chained(rig: Rig, pump: str) -> tuple[str, ...]:
    """All pumps on the wire of this one, itself included.

    Simulated ports of one name are wires of their own, unless every pump on them has its address.
    """
    spec = rig.pumps[pump]
    names = tuple(
        name
        for name, other in rig.pumps.items()
        if other.dialect in CHAINABLE and other.port is not None and other.port == spec.port
    )
    addresses = {rig.pumps[name].address for name in names}
    return names if len(addresses) == len(names) > 1 else (pump,)


def _simulated(
    name: str, spec: PumpSpec, strength: float | None, content_ul: float
) -> Mapping[str, object]:
    return {
        "pump": name,
        "reagent": spec.reagent,
        "ug_per_ml": 0.0 if strength is None else strength,
        "diameter_mm": spec.diameter_mm,
        "content_ul": content_ul,
        "syringe_ul": spec.syringe_ul,
        "motor_lag_ms": spec.motor_lag_ms,
        "address": spec.address,
        "model": spec.model or "",
    }


def _address(rig: Rig, port: str | None, values: Mapping[str, object]) -> str | None:
    if port is None or not port.startswith("sim://"):
        return port
    sample = rig.sample
    shared = {"sample": sample.name if sample else rig.name}
    if sample is not None and sample.seed is not None:
        shared["seed"] = str(sample.seed)
    query = urlencode({**shared, **{key: value for key, value in values.items() if value != ""}})
    return f"{port}{'&' if '?' in port else '?'}{query}"
