"""What is there: serial ports, Micro-Manager's adapters, who answers on a port that is named."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import get_args

from pymmcore_plus import DeviceType
from pymmcore_plus.experimental.unicore import UniMMCore
from serial.tools import list_ports

from onset.errors import Refused
from onset.experiment.clock import Clock
from onset.experiment.files import did_you_mean
from onset.experiment.rig import PumpDialect, PumpSpec, ShutterDialect, ShutterSpec
from onset.hardware.core import adapter_paths, close_core, reason
from onset.hardware.pump import open_pump
from onset.hardware.semantic import OnBytes
from onset.hardware.shutter import open_shutter

MUTE = {"uniblitz-d1", "uniblitz-d3"}
USUAL_BAUD = {"new-era": 19200, "harvard": 115200}
"""Where the user does not say; others 9600."""
PUMPS, SHUTTERS = (
    set(get_args(kind)) - {"micro-manager"} for kind in (PumpDialect, ShutterDialect)
)


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port of this computer."""

    port: str
    description: str
    hardware: str


@dataclass(frozen=True, slots=True)
class FoundAdapter:
    """An adapter of Micro-Manager, and its devices or why it cannot be loaded."""

    adapter: str
    devices: tuple[tuple[str, str, str], ...]
    """Name, kind, description."""
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the device on a port answered in a dialect."""

    identity: str
    state: str
    round_trip_ns: int | None


def serial_ports() -> list[FoundPort]:
    """As the operating system lists them; none is opened."""
    return [
        FoundPort(port.device, port.description, port.hwid)
        for port in sorted(list_ports.comports())
    ]


def adapters() -> list[FoundAdapter]:
    """Micro-Manager's adapters where it looks for them; loaded, but no device is made."""
    with _without_complaint():
        core = UniMMCore()
    try:
        core.setDeviceAdapterSearchPaths(adapter_paths(core))
        return [_adapter(core, name) for name in sorted(set(core.getDeviceAdapterNames()))]
    finally:
        close_core(core)


@contextmanager
def _without_complaint() -> Iterator[None]:
    """That no Micro-Manager is installed is an answer here, not an error to be logged."""
    log = logging.getLogger("pymmcore-plus")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def ask_on(
    port: str, dialect: str, *, baud: int | None, address: int, clock: Clock, on_bytes: OnBytes
) -> Heard:
    """Ask a device that the user names; WireFault and DeviceFault say why it does not answer."""
    rate = baud or USUAL_BAUD.get(dialect, 9600)
    if dialect in PUMPS:
        return _ask_pump(port, dialect, rate, address, clock, on_bytes)
    if dialect in MUTE:
        raise Refused(
            f"a {dialect} never answers: nothing was sent (try `onset shutter RIG close`)"
        )
    if dialect in SHUTTERS:
        return _ask_shutter(port, dialect, rate, clock, on_bytes)
    raise Refused(f"no dialect {dialect!r} {did_you_mean(dialect, PUMPS | SHUTTERS)}")


def _adapter(core: UniMMCore, name: str) -> FoundAdapter:
    try:
        named = core.getAvailableDevices(name)
        kinds = [DeviceType(kind).name for kind in core.getAvailableDeviceTypes(name)]
        described = core.getAvailableDeviceDescriptions(name)
    except (RuntimeError, ValueError) as why:
        return FoundAdapter(name, (), reason(why))
    return FoundAdapter(name, tuple(zip(named, kinds, described, strict=True)))


def _ask_pump(
    port: str, dialect: str, baud: int, address: int, clock: Clock, on_bytes: OnBytes
) -> Heard:
    spec = PumpSpec.model_validate(
        {
            "dialect": dialect,
            "port": port,
            "baud": baud,
            "address": address,
            "syringe": {"diameter": "10 mm", "volume": "5 mL"},  # not told to the pump by asking
            "holds": {"reagent": "unknown"},
        }
    )
    pump = open_pump("here", spec, clock, on_bytes)
    try:
        status = pump.status()
        return Heard(pump.identify(), status.alarm or status.state, pump.round_trip_ns)
    finally:
        pump.close()


def _ask_shutter(port: str, dialect: str, baud: int, clock: Clock, on_bytes: OnBytes) -> Heard:
    spec = ShutterSpec.model_validate(
        {"dialect": dialect, "port": port, "baud": baud, "irradiance": "1 uW/cm^2"}
    )
    shutter = open_shutter(spec, clock, on_bytes)
    try:
        return Heard(shutter.identify(), shutter.state, shutter.round_trip_ns)
    finally:
        shutter.close_port()
