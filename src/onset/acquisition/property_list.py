"""What can be set on a rig, in a file beside the instrument: names, values, what is allowed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PropertyView:
    """One property of one Micro-Manager device, as the core tells of it."""

    device: str
    name: str
    value: str
    read_only: bool = False
    allowed: tuple[str, ...] = ()
    """Empty: any value within the limits."""
    low: float | None = None
    high: float | None = None


class Core(Protocol):
    """What is asked of Micro-Manager's core."""

    def getLoadedDevices(self) -> Sequence[str]: ...  # noqa: D102, N802 - the core's names
    def getDevicePropertyNames(self, label: str) -> Sequence[str]: ...  # noqa: D102, N802
    def getPropertyFromCache(self, label: str, name: str) -> str: ...  # noqa: D102, N802
    def isPropertyReadOnly(self, label: str, name: str) -> bool: ...  # noqa: D102, N802
    def getAllowedPropertyValues(self, label: str, name: str) -> Sequence[str]: ...  # noqa: D102, N802
    def hasPropertyLimits(self, label: str, name: str) -> bool: ...  # noqa: D102, N802
    def getPropertyLowerLimit(self, label: str, name: str) -> float: ...  # noqa: D102, N802
    def getPropertyUpperLimit(self, label: str, name: str) -> float: ...  # noqa: D102, N802


class PropertyList:
    """The file of an open rig, which works without it: a full disk stops nobody."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.file = Path(tempfile.mkdtemp(prefix="onset-properties-")) / "properties.json"
        self.renew()

    def renew(self) -> None:
        """Write what the core remembers now."""
        with suppress(OSError, RuntimeError):  # of an adapter that cannot tell
            write_properties(properties_of(self._core), self.file)

    def close(self) -> None:
        """The rig is closed."""
        shutil.rmtree(self.file.parent, ignore_errors=True)


def properties_of(core: Core) -> tuple[PropertyView, ...]:
    """All of them, with the values that the core remembers: no device is asked."""
    return tuple(
        _view(core, device, name)
        for device in core.getLoadedDevices()
        for name in core.getDevicePropertyNames(device)
    )


def write_properties(views: tuple[PropertyView, ...], file: Path) -> None:
    """As JSON; readers see the old list or the new one."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps([asdict(view) for view in views]), encoding="utf-8")
    new.replace(file)


def read_properties(file: Path) -> tuple[PropertyView, ...]:
    """What `write_properties` wrote; raises `OSError` or `ValueError`."""
    return tuple(
        PropertyView(**found | {"allowed": tuple(found["allowed"])})
        for found in json.loads(file.read_text(encoding="utf-8"))
    )


def _view(core: Core, device: str, name: str) -> PropertyView:
    limited = core.hasPropertyLimits(device, name)
    return PropertyView(
        device,
        name,
        str(core.getPropertyFromCache(device, name)),
        core.isPropertyReadOnly(device, name),
        tuple(str(value) for value in core.getAllowedPropertyValues(device, name)),
        float(core.getPropertyLowerLimit(device, name)) if limited else None,
        float(core.getPropertyUpperLimit(device, name)) if limited else None,
    )
