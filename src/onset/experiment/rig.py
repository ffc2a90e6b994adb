"""A rig: what is connected, as `devices/*.toml` says it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from onset.experiment.files import Written, parse_toml, read_text
from onset.experiment.quantities import (
    Megabytes,
    MicrogramsPerMillilitre,
    Microlitres,
    MicrolitresOrNone,
    Micrometres,
    MicrowattsPerSquareCentimetre,
    MillijoulesPerSquareCentimetre,
    Millimetres,
    Milliseconds,
    Nanometres,
    PositiveMilliseconds,
    PositiveSeconds,
    Seconds,
    SquareMicrometresPerSecond,
)

PumpDialect = Literal["new-era", "harvard", "micro-manager"]
ShutterDialect = Literal[
    "uniblitz-d1", "uniblitz-d3", "thorlabs-sc10", "sutter-lambda", "micro-manager"
]
PropertyValue = str | int | float | bool
CHAINABLE = {"new-era"}
"""Pumps of which several can be on one wire, an address each."""
Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class SampleSpec(Written):
    """The simulated sample of a demo rig, shared by its simulated devices."""

    name: Name
    file: str | None = None
    seed: int | None = None
    start: Literal["dark", "bright"] = "dark"


class CameraClockSpec(Written):
    """The metadata tag in which the camera stamps its frames with a clock of its own."""

    tag: Name
    unit: Literal["ns", "us", "ms", "s"]
    stamps: Literal["exposure-start", "exposure-end", "readout-end"]


class CameraTtlSpec(Written):
    """The camera's TTL input, with a pump's run output wired to it; its level is a metadata tag."""

    tag: Name
    pump: Name
    """Whose run output it is."""
    bit: int | None = Field(default=None, ge=0, lt=64)
    """Where the tag is a number of several lines: the one that is meant."""
    active: Literal["high", "low"] = "high"
    """Level of the line while the pump runs."""
    sampled: Literal["exposure-start", "exposure-end"] = "exposure-start"
    """When the camera looks at the line."""


class CameraSpec(Written):
    """A camera behind Micro-Manager."""

    config: str
    """Micro-Manager configuration file, beside the rig file."""
    device: str | None = None
    """Its label in the configuration; None for the core's current camera."""
    exposure_ms: PositiveMilliseconds = Field(alias="exposure")
    pixel_size_um: Micrometres = Field(alias="pixel_size")
    sensor_px: tuple[int, int] | None = Field(default=None, alias="sensor")
    """Width and height that are read out, for the disk estimate before the camera is opened."""
    frame_counter: str | None = None
    """Metadata tag with the camera's own frame count; without it drops are unknown."""
    clock: CameraClockSpec | None = None
    ttl: CameraTtlSpec | None = None
    """Where a pump's run output is wired to the camera, it dates the starts in frames."""
    latency_ms: tuple[Milliseconds, Milliseconds] = Field(
        default=(0.0, 20.0), alias="latency", validate_default=False
    )
    """Smallest and largest guess of the least delay from readout end to the host."""
    buffer_mb: Megabytes = Field(default=512.0, alias="buffer", validate_default=False)
    """Least memory of Micro-Manager's image buffer."""
    buffer_s: PositiveSeconds | None = Field(default=None, alias="buffer_time")
    """Time whose frames the image buffer must hold, where that needs more memory."""
    readout_ms: Milliseconds = Field(default=0.0, alias="readout", validate_default=False)
    calibration: str | None = None
    """File of `onset calibrate camera`, beside the rig file: noise and gain of every pixel."""
    properties: dict[str, PropertyValue] = Field(default_factory=dict)
    """Micro-Manager properties of the camera, set after the configuration is loaded."""

    @model_validator(mode="after")
    def _latency_is_an_interval(self) -> CameraSpec:
        if self.latency_ms[0] > self.latency_ms[1]:
            raise ValueError("latency: the first value must not be larger than the second")
        return self


class SyringeSpec(Written):
    """The syringe in a pump."""

    diameter_mm: Millimetres = Field(alias="diameter")
    volume_ul: Microlitres = Field(alias="volume")
    filled_ul: MicrolitresOrNone | None = Field(default=None, alias="filled")
    """What is in it when freshly loaded; None for all of its volume."""


class HoldsSpec(Written):
    """What a syringe holds."""

    reagent: Name
    ug_per_ml: MicrogramsPerMillilitre | None = Field(default=None, alias="concentration")
    """None: as the protocol says."""


class RunOutputSpec(Written):
    """A pump's run output (TTL), wired to a status line of a serial port."""

    port: Name
    line: Literal["cts", "dsr", "cd", "ri"] = "cts"
    active: Literal["high", "low"] = "high"
    """Level of the line, as the port reports it, while the pump runs."""
    latency_ms: Milliseconds = Field(default=16.0, alias="latency", validate_default=False)
    """Largest age of what the port reports (USB adapters: their latency timer)."""


class PumpSpec(Written):
    """A syringe pump on a serial line, or behind Micro-Manager."""

    dialect: PumpDialect
    model: str | None = None
    port: str | None = None
    device: str | None = None
    """Label in the Micro-Manager configuration (dialect micro-manager)."""
    baud: int = Field(default=19200, gt=0)
    address: int = Field(default=0, ge=0, le=99)
    syringe: SyringeSpec
    holds: HoldsSpec
    motor_lag_ms: Milliseconds = Field(default=100.0, alias="motor_lag", validate_default=False)
    """Largest time from the arrival of the command to the motion of the plunger."""
    run_output: RunOutputSpec | None = None
    """Where it is wired, it dates the starts in place of command and motor lag."""
    watchdog_s: PositiveSeconds = Field(default=5.0, alias="watchdog", validate_default=False)
    """The pump stops by itself when the program is silent that long (where its dialect can)."""

    @model_validator(mode="after")
    def _has_a_wire(self) -> PumpSpec:
        if self.dialect == "micro-manager" and self.device is None:
            raise ValueError("device is missing (its label in the Micro-Manager configuration)")
        if self.dialect != "micro-manager" and self.port is None:
            raise ValueError("port is missing (for example 'COM3', '/dev/ttyUSB0')")
        return self

    @property
    def diameter_mm(self) -> float:
        """Inside diameter of the syringe."""
        return self.syringe.diameter_mm

    @property
    def syringe_ul(self) -> float:
        """Nominal volume of the syringe."""
        return self.syringe.volume_ul

    @property
    def is_simulated(self) -> bool:
        """Is it an emulator inside the process?"""
        return self.port is not None and self.port.startswith("sim://")

    @property
    def content_ul(self) -> float:
        """What a freshly loaded syringe holds."""
        filled = self.syringe.filled_ul
        return self.syringe.volume_ul if filled is None else filled

    @property
    def reagent(self) -> str:
        """What it pushes."""
        return self.holds.reagent

    @property
    def ug_per_ml(self) -> float | None:
        """Concentration that the rig states; None: as the protocol says."""
        return self.holds.ug_per_ml


class ShutterSpec(Written):
    """The UV shutter, on a serial line or behind Micro-Manager."""

    dialect: ShutterDialect
    port: str | None = None
    baud: int = Field(default=9600, gt=0)
    device: str | None = None
    irradiance_uw_cm2: MicrowattsPerSquareCentimetre = Field(alias="irradiance")
    wavelength_nm: Nanometres | None = Field(default=None, alias="wavelength")
    dose_limit_mj_cm2: MillijoulesPerSquareCentimetre | None = Field(
        default=None, alias="dose_limit"
    )
    """UV on one field of view, in all runs, at which the shutter closes by itself."""
    opening_ms: Milliseconds = Field(default=35.0, alias="opening", validate_default=False)
    """Largest time from the command to fully open or closed."""

    @model_validator(mode="after")
    def _has_a_wire(self) -> ShutterSpec:
        if self.dialect == "micro-manager" and self.device is None:
            raise ValueError("device is missing (its label in the Micro-Manager configuration)")
        if self.dialect != "micro-manager" and self.port is None:
            raise ValueError("port is missing (for example 'COM4', '/dev/ttyUSB1')")
        return self


class FlowSpec(Written):
    """Tubing and cell between syringe and field of view."""

    dead_volume_ul: MicrolitresOrNone = Field(alias="dead_volume")
    dead_volume_sd_ul: MicrolitresOrNone = Field(
        default=0.0, alias="dead_volume_sd", validate_default=False
    )
    tubing_mm: Millimetres | None = Field(default=None, alias="tubing_diameter")
    front: Literal["sharp", "laminar", "taylor-aris", "auto"] = "auto"
    """`auto`: laminar or Taylor-Aris, as radial diffusion against the transit time says."""
    diffusion_um2_s: SquareMicrometresPerSecond | None = Field(default=None, alias="diffusion")
    startup_lag_s: PositiveSeconds | None = Field(default=None, alias="startup_lag")
    """Time after which a delivery flows at its rate (play, compliance), as measured."""
    startup_lag_sd_s: Seconds = Field(default=0.0, alias="startup_lag_sd", validate_default=False)


class Rig(Written):
    """Camera, pumps, shutter and plumbing of one microscope."""

    name: Name
    description: str = ""
    sample: SampleSpec | None = None
    camera: CameraSpec
    pumps: dict[Name, PumpSpec] = Field(default_factory=dict)
    shutter: ShutterSpec | None = None
    flow: FlowSpec | None = None

    @model_validator(mode="after")
    def _wires_are_not_mixed(self) -> Rig:
        for name, other in itertools.combinations(self.pumps, 2):
            _must_go_together(name, self.pumps[name], other, self.pumps[other])
        shutter = self.shutter.port if self.shutter else None
        for name, pump in self.pumps.items():
            if pump.port == shutter and shutter is not None and not shutter.startswith("sim://"):
                raise ValueError(f"pump '{name}' and the shutter are both on {shutter}")
        return self

    _file: Path = PrivateAttr(default=Path())
    _text: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _ttl_is_of_a_pump(self) -> Rig:
        ttl = self.camera.ttl
        if ttl is not None and ttl.pump not in self.pumps:
            there = ", ".join(self.pumps) or "none"
            raise ValueError(f"camera.ttl.pump: no pump '{ttl.pump}' in this rig (there: {there})")
        return self

    @property
    def file(self) -> Path:
        """Where it was read from."""
        return self._file

    @property
    def text(self) -> str:
        """The file, verbatim."""
        return self._text

    @property
    def is_simulated(self) -> bool:
        """Every wire is `sim://` and the sample is simulated: time may be scaled."""
        ports = [pump.port for pump in self.pumps.values()]
        ports += [self.shutter.port] if self.shutter else []
        return self.sample is not None and all(p and p.startswith("sim://") for p in ports)


def _must_go_together(name: str, pump: PumpSpec, other: str, second: PumpSpec) -> None:
    """Pumps on one wire are chained: one dialect, one baud rate, an address each."""
    if pump.port is None or pump.port != second.port or pump.is_simulated:
        return
    both = f"pumps '{name}' and '{other}' are both on {pump.port}"
    if {pump.dialect, second.dialect} - CHAINABLE:
        raise ValueError(f"{both}: only {', '.join(CHAINABLE)} pumps can share a port")
    if pump.dialect != second.dialect or pump.baud != second.baud:
        raise ValueError(f"{both}: they must have the same dialect and baud rate")
    if pump.address == second.address:
        raise ValueError(f"{both}: each must have an address of its own")


def read_rig(path: Path) -> Rig:
    """Read a rig file; raises `FileMistake` saying file, key and what was expected."""
    return parse_rig(read_text(path), path)


def parse_rig(text: str, path: Path) -> Rig:
    """Read a rig from its text, as a recording keeps it."""
    rig = parse_toml(text, Rig, path, foreign=("steps", "is a protocol, not a rig"))
    rig._file, rig._text = path, text
    return rig
