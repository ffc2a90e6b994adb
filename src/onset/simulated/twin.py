"""A real rig becomes its simulated twin: same settings, no real wire; files as text, pure."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onset.experiment.rig import CameraSpec, PumpSpec, Rig, ShutterSpec

NO_DIALECT_PUMP, NO_DIALECT_SHUTTER = "new-era", "uniblitz-d1"  # for those behind Micro-Manager
DEFAULT_SENSOR_PX = 512


@dataclass(frozen=True, slots=True)
class Twin:
    """Text of the simulated rig, and what was replaced, a sentence each."""

    rig_text: str
    replaced: tuple[str, ...]


def twin(
    rig: Rig, camera_config: str, *, start: str = "dark", sample_file: str = "", seed: int = 1
) -> Twin:
    """Replace camera, pumps and shutter of `rig` by emulators with the same settings.

    `camera_config`: Micro-Manager configuration of the simulated camera.
    """
    written = tomllib.loads(rig.text)
    said: list[str] = []
    name = f"rehearsal of {rig.name}"
    written["name"] = name
    written["sample"] = {"name": name, "seed": seed, "start": start}
    if sample_file:
        written["sample"]["file"] = sample_file
    said.append(f"camera: {rig.camera.config} -> simulated, {_sensor(rig.camera)} px square")
    written["camera"] = _camera(rig, written["camera"], camera_config)
    for pump, spec in rig.pumps.items():
        dialect = spec.dialect if spec.dialect != "micro-manager" else NO_DIALECT_PUMP
        said.append(f"pump {pump}: {_place(spec)} -> emulated {dialect}")
        written["pumps"][pump] = _pump(written["pumps"][pump], dialect)
    if rig.shutter is not None:
        real = rig.shutter.dialect
        dialect = NO_DIALECT_SHUTTER if real == "micro-manager" else real
        said.append(f"shutter: {_place(rig.shutter)} -> emulated {dialect}")
        written["shutter"] = _wired(written["shutter"], dialect)
    return Twin("\n".join(_toml(written)) + "\n", tuple(said))


def _camera(rig: Rig, real: Mapping[str, Any], config: str) -> dict[str, Any]:
    spec = rig.camera
    kept = {
        key: real[key]
        for key in ("exposure", "pixel_size", "sensor", "readout", "latency", "buffer")
        if key in real
    }
    properties: dict[str, Any] = {
        "Sensor_px": _sensor(spec),
        "Latency_ms": f"{spec.latency_ms[0]:g},{spec.latency_ms[1]:g}",
        "Readout_ms": max(spec.readout_ms, 0.01),
    }
    if rig.shutter is not None:
        properties["Irradiance_uW_cm2"] = rig.shutter.irradiance_uw_cm2
    if rig.flow is not None and rig.flow.startup_lag_s:
        properties["Compliance_s"] = rig.flow.startup_lag_s
    made: dict[str, Any] = {"config": config, **kept, "properties": properties}
    if spec.frame_counter:
        made["frame_counter"] = "FrameCounter"
    if spec.clock:
        made["clock"] = {"tag": "CameraClock-us", "unit": "us", "stamps": "exposure-start"}
    return made


def _pump(real: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    kept = {key: value for key, value in real.items() if key != "run_output"}
    if real["dialect"] == "micro-manager":
        kept.pop("model", None)
    return _wired(kept, dialect)


def _wired(real: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    kept = {key: value for key, value in real.items() if key != "device"}
    return {**kept, "dialect": dialect, "port": f"sim://{dialect}"}


def _place(spec: PumpSpec | ShutterSpec) -> str:
    return f"{spec.dialect} on {spec.port or spec.device}"


def _sensor(spec: CameraSpec) -> int:
    return max(spec.sensor_px or (DEFAULT_SENSOR_PX,))


def _toml(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Plain values first, tables after them, each under its full name."""
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            here = (*path, _key(key))
            yield f"\n[{'.'.join(here)}]"
            yield from _toml(value, here)


def _key(key: str) -> str:
    return (
        key
        if key.replace("-", "").replace("_", "").isalnum() and key.isascii()
        else json.dumps(key)
    )


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
