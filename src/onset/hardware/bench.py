"""The bench: a rig's camera, pumps and shutter, opened together and always left safe."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TypeAlias

from pymmcore_plus.experimental.unicore import UniMMCore

from onset.errors import OnsetError
from onset.experiment.clock import Clock
from onset.experiment.rig import CameraSpec, PropertyValue, PumpSpec, Rig, ShutterSpec
from onset.experiment.syringes import SyringeAccount
from onset.hardware.accounted_pump import AccountedPump
from onset.hardware.addresses import pump_address, shutter_address
from onset.hardware.camera import Camera
from onset.hardware.core import close_core, open_core
from onset.hardware.port import Ports
from onset.hardware.pump import open_pump
from onset.hardware.run_output import RunOutput, open_run_output
from onset.hardware.semantic import OnBytes, Pump, Shutter
from onset.hardware.shutter import open_shutter

WireLog: TypeAlias = Callable[[str], OnBytes]
"""Given the name of a wire, who is told of its bytes."""


class Bench:
    """Devices of a rig, connected. Opens shut and stopped; closes shut and stopped."""

    def __init__(
        self,
        rig: Rig,
        clock: Clock,
        log: WireLog,
        concentrations: Mapping[str, float | None],
    ) -> None:
        self.rig, self._clock, self._log = rig, clock, log
        self._concentrations = concentrations
        self._account, self._ports = SyringeAccount(rig), Ports()
        self._opened = ExitStack()
        self.pumps: dict[str, Pump] = {}
        self.run_outputs: dict[str, RunOutput] = {}
        self.shutter: Shutter | None = None
        self.camera: Camera
        self.core: UniMMCore

    def __enter__(self) -> Bench:
        with ExitStack() as undo:
            undo.push(self._opened)
            self._open()
            undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, fault, trace)

    def make_safe(self, besides: Collection[str] = ()) -> list[OnsetError]:
        """Shutter closed first, pumps stopped second; each is tried, faults are returned.

        Devices named `besides` are not touched: a thread that hangs still holds their wires.
        """
        faults: list[OnsetError] = []
        for name, act in self._safe_acts():
            if name in besides:
                continue
            try:
                act()
            except OnsetError as fault:
                faults.append(fault)
        return faults

    def identities(self) -> dict[str, str]:
        """What pumps and shutter say of themselves."""
        return {name: device.identify() for name, device in self._wired().items()}

    def round_trips_ms(self) -> dict[str, float | None]:
        """Median time from question to answer on each wire, as measured so far."""
        trips = {name: device.round_trip_ns for name, device in self._wired().items()}
        return {name: None if ns is None else round(ns / 1e6, 3) for name, ns in trips.items()}

    def _wired(self) -> dict[str, Pump | Shutter]:
        shutter = {} if self.shutter is None else {"shutter": self.shutter}
        return {**self.pumps, **shutter}

    def left_ul(self, pump: str) -> float:
        """What its syringe still holds, by account."""
        return self._account.content(pump).left_ul

    def fill(self, concentrations: Mapping[str, float | None]) -> None:
        """What the syringes hold this time; emulated pumps are told by opening them again."""
        if all(self._concentrations.get(name) == new for name, new in concentrations.items()):
            return
        self._concentrations = {**self._concentrations, **concentrations}
        simulated = {name: spec for name, spec in self.rig.pumps.items() if spec.is_simulated}
        for name in simulated:
            self.pumps[name].close()
        for name, spec in simulated.items():
            self.pumps[name] = self._connected(name, spec, None)

    def _open(self) -> None:
        if self.rig.shutter is not None and self.rig.shutter.dialect != "micro-manager":
            self._open_shutter(self.rig.shutter, None)
        for name, spec in self.rig.pumps.items():
            if spec.dialect != "micro-manager":
                self._open_pump(name, spec, None)
        self.core = open_core(self.rig.file.parent / self.rig.camera.config)
        self._opened.callback(close_core, self.core)
        if self.rig.shutter is not None and self.shutter is None:
            self._open_shutter(self.rig.shutter, self.core)
        for name, spec in self.rig.pumps.items():
            if name not in self.pumps:
                self._open_pump(name, spec, self.core)
        self.camera = Camera(self.core, self._camera_spec(), self._clock)

    def _open_shutter(self, spec: ShutterSpec, core: UniMMCore | None) -> None:
        at = spec.model_copy(update={"port": shutter_address(self.rig)})
        self.shutter = open_shutter(at, self._clock, self._log("shutter"), core)
        self._opened.callback(self.shutter.close_port)
        self.shutter.make_safe()
        self._opened.callback(self.shutter.make_safe)

    def _open_pump(self, name: str, spec: PumpSpec, core: UniMMCore | None) -> None:
        self.pumps[name] = self._connected(name, spec, core)
        self._opened.callback(self._leave_pump, name)
        self.pumps[name].make_safe()
        if spec.run_output is not None:
            self.run_outputs[name], line = open_run_output(spec.run_output, self._clock)
            self._opened.callback(line.close)

    def _leave_pump(self, name: str) -> None:
        try:
            self.pumps[name].make_safe()
        finally:
            self.pumps[name].close()

    def _connected(self, name: str, spec: PumpSpec, core: UniMMCore | None) -> AccountedPump:
        contents_ul = {each: held.left_ul for each, held in self._account.contents().items()}
        port = pump_address(self.rig, name, self._concentrations, contents_ul)
        at = spec.model_copy(update={"port": port})
        opened = open_pump(name, at, self._clock, self._log(name), core, self._ports)
        return AccountedPump(opened, self._account, spec, self._clock)

    def _camera_spec(self) -> CameraSpec:
        """The camera as the rig says; files beside the rig file are given their full path."""
        spec, folder = self.rig.camera, self.rig.file.parent
        found = {
            name: str((folder / value).resolve())
            for name, value in spec.properties.items()
            if isinstance(value, str) and value and (folder / value).is_file()
        }
        properties = {**spec.properties, **found, **self._sample_properties()}
        return spec.model_copy(update={"properties": properties})

    def _sample_properties(self) -> dict[str, PropertyValue]:
        sample = self.rig.sample
        if sample is None:
            return {}
        wanted: dict[str, PropertyValue | None] = {
            "SampleName": sample.name,
            "SampleFile": sample.file and str((self.rig.file.parent / sample.file).resolve()),
            "Seed": sample.seed,
            "StartState": sample.start,
        }
        flow = self.rig.flow
        if flow is not None:
            wanted |= {
                "DeadVolume_uL": flow.dead_volume_ul,
                "Front": flow.front,
                "Tubing_mm": flow.tubing_mm,
                "Diffusion_um2_s": flow.diffusion_um2_s,
            }
        return {name: value for name, value in wanted.items() if value is not None}

    def _safe_acts(self) -> Iterator[tuple[str, Callable[[], None]]]:
        if self.shutter is not None:
            yield "shutter", self.shutter.make_safe
        for name, pump in self.pumps.items():
            yield name, pump.make_safe
