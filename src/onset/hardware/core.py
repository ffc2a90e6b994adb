"""Micro-Manager's core: opened with a configuration, closed so that the process can end."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping
from pathlib import Path

import pymmcore
from pymmcore_plus.experimental.unicore import UniMMCore

from onset.errors import DeviceFault, FileMistake
from onset.experiment.rig import PropertyValue


def open_core(config: Path) -> UniMMCore:
    """Load a Micro-Manager configuration; raises `FileMistake` or `DeviceFault` with its reason."""
    if not config.is_file():
        raise FileMistake(config, "", "there is no such Micro-Manager configuration")
    core = UniMMCore()
    core.setDeviceAdapterSearchPaths(adapter_paths(core))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            core.loadSystemConfiguration(str(config))
        core.setAutoShutter(False)  # the protocol owns the shutter
    except Exception as fault:
        close_core(core)
        raise DeviceFault(f"{config.name} cannot be loaded: {reason(fault)}") from fault
    return core


def adapter_paths(core: UniMMCore) -> list[str]:
    """Where Micro-Manager's adapters are looked for, each place once."""
    return list(dict.fromkeys([*core.getDeviceAdapterSearchPaths(), *_test_adapters()]))


def close_core(core: UniMMCore) -> None:
    """Unload everything and cut the core's callbacks.

    A callback into Python while the interpreter shuts down aborts the process.
    """
    core.unloadAllDevices()
    pymmcore.CMMCore.registerCallback(core, None)


def set_property(core: UniMMCore, device: str, name: str, value: PropertyValue) -> None:
    """Set a property of a device; raises `DeviceFault` naming it."""
    try:
        core.setProperty(device, name, value)
        core.waitForDevice(device)
    except Exception as fault:
        raise DeviceFault(f"{device} {name} = {value} was refused: {reason(fault)}") from fault


def properties(core: UniMMCore) -> Mapping[str, str]:
    """Every property of every device, as `device-property`."""
    return {
        f"{device}-{name}": str(core.getProperty(device, name))
        for device in core.getLoadedDevices()
        for name in core.getDevicePropertyNames(device)
    }


def reason(fault: BaseException) -> str:
    """The last line of a core's message: the one that says what happened."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[-1] if lines else type(fault).__name__


def _test_adapters() -> list[str]:
    """Folder of the `mm-test-adapters` package where it is installed."""
    spec = importlib.util.find_spec("mm_test_adapters")
    if spec is None or spec.origin is None:
        return []
    return [str(Path(spec.origin).parent / "libs")]
