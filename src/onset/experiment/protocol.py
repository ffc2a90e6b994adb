"""A protocol: what to do and when, as `protocols/*.toml` says it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from onset.experiment.files import Written, parse_toml, read_text
from onset.experiment.quantities import (
    MicrogramsPerMillilitre,
    Microlitres,
    MicrolitresPerMinute,
    MillijoulesPerSquareCentimetre,
    PositiveMilliseconds,
    PositiveSeconds,
    Seconds,
)
from onset.experiment.rig import Name, PropertyValue
from onset.experiment.stop_rule import StopRule, parse_stop_rule


class StepBase(Written):
    """When a step is due: at a time or frame, or after the previous step (the default)."""

    at_s: Seconds | None = Field(default=None, alias="at")
    """Time since the start of exposure of the first frame."""
    at_frame: int | None = Field(default=None, ge=0)
    """Number of frames since the first one."""
    after_s: Seconds | None = Field(default=None, alias="after")
    """Time since the end of the previous step."""

    @model_validator(mode="after")
    def _one_time_only(self) -> StepBase:
        if sum(when is not None for when in (self.at_s, self.at_frame, self.after_s)) > 1:
            raise ValueError("has more than one of 'at', 'at_frame', 'after' (keep one)")
        return self

    @property
    def duration_s(self) -> float:
        """How long it lasts as planned; 0 for what is done at once."""
        return 0.0


class PumpStep(StepBase):
    """A step that moves liquid."""

    pump: Name | None = None
    rate_ul_min: MicrolitresPerMinute = Field(alias="rate")
    volume_ul: Microlitres | None = Field(default=None, alias="volume")
    """None: until a pump-stop step or the end."""

    @property
    def duration_s(self) -> float:
        """Volume over rate; 0 where it goes on until stopped."""
        return 0.0 if self.volume_ul is None else 60.0 * self.volume_ul / self.rate_ul_min


class Inject(PumpStep):
    """Push reagent into the flow cell."""

    do: Literal["inject"]
    reagent: Name | None = None
    ug_per_ml: MicrogramsPerMillilitre | None = Field(default=None, alias="concentration")

    @model_validator(mode="after")
    def _names_a_pump(self) -> Inject:
        if self.pump is None and self.reagent is None:
            raise ValueError("names neither a 'pump' nor a 'reagent'")
        return self


class Withdraw(PumpStep):
    """Pull liquid back."""

    do: Literal["withdraw"]
    pump: Name


class Prime(PumpStep):
    """Push out to waste, to load the plunger and fill the tubing."""

    do: Literal["prime"]
    pump: Name
    volume_ul: Microlitres = Field(alias="volume")


class PumpStop(StepBase):
    """Stop a pump."""

    do: Literal["pump-stop"]
    pump: Name | None = None
    """None: all pumps."""


class ShutterOpen(StepBase):
    """Let the UV through."""

    do: Literal["shutter-open"]


class ShutterClose(StepBase):
    """Shut the UV off."""

    do: Literal["shutter-close"]


class LastingStep(StepBase):
    """A step that only lasts."""

    for_s: PositiveSeconds = Field(alias="duration")

    @property
    def duration_s(self) -> float:
        """As written."""
        return self.for_s


class Expose(LastingStep):
    """Record frames for a while."""

    do: Literal["expose"]


class Wait(LastingStep):
    """Let time pass."""

    do: Literal["wait"]


class Note(StepBase):
    """Write a sentence into the ledger."""

    do: Literal["note"]
    text: Name


class Ask(StepBase):
    """A person does something and confirms it."""

    do: Literal["ask"]
    text: Name


class Set(StepBase):
    """Set a Micro-Manager property: filter, lamp, focus lock."""

    do: Literal["set"]
    device: Name
    property: Name
    value: PropertyValue


Step = Annotated[
    Inject
    | Withdraw
    | Prime
    | PumpStop
    | ShutterOpen
    | ShutterClose
    | Expose
    | Wait
    | Note
    | Ask
    | Set,
    Field(discriminator="do"),
]


class CameraSettings(Written):
    """What the protocol wants of the camera, over what the rig says."""

    exposure_ms: PositiveMilliseconds | None = Field(default=None, alias="exposure")
    roi: tuple[int, int, int, int] | None = None
    """x, y, width, height, px."""
    binning: int | None = Field(default=None, ge=1)
    properties: dict[str, PropertyValue] = Field(default_factory=dict)


class End(Written):
    """When the run is over."""

    when: Literal["last-step", "camera-stops"] = "last-step"
    at_s: PositiveSeconds | None = Field(default=None, alias="at")
    after_s: Seconds = Field(default=0.0, alias="after", validate_default=False)
    """Time after the end of the last step."""
    stop_when: str | None = None
    """End before that: 'no new spot for 60 s' or 'turned_on > 95 % of last plateau'."""

    @field_validator("stop_when")
    @classmethod
    def _is_understood(cls, text: str | None) -> str | None:
        if text is not None:
            parse_stop_rule(text)
        return text

    @property
    def rule(self) -> StopRule | None:
        """The rule in `stop_when`."""
        return None if self.stop_when is None else parse_stop_rule(self.stop_when)


class Protocol(Written):
    """The steps of one experiment."""

    name: Name
    description: str = ""
    direction: Literal["on", "off"] = "on"
    """Do spots turn on, or off?"""
    on_orphan: Literal["finish", "abort"] = "abort"
    """What the instrument does when the program that watches it dies."""
    light: Literal["steps", "frames"] = "steps"
    """"frames": the shutter is closed while every step under way is a `wait` or an `ask`."""
    field: str = ""
    """Name of the field of view, for its UV in all."""
    dose_limit_mj_cm2: MillijoulesPerSquareCentimetre | None = Field(
        default=None, alias="dose_limit"
    )
    """UV in this run at which the shutter closes by itself."""
    sample: dict[str, PropertyValue] = Field(default_factory=dict)
    """Free: batch, coverslip, operator, temperature ..."""
    camera: CameraSettings = CameraSettings()
    steps: list[Step] = Field(min_length=1)
    end: End = End()

    _file: Path = PrivateAttr(default=Path())
    _text: str = PrivateAttr(default="")

    @property
    def file(self) -> Path:
        """Where it was read from."""
        return self._file

    @property
    def text(self) -> str:
        """The file, verbatim."""
        return self._text


def read_protocol(path: Path) -> Protocol:
    """Read a protocol file; raises `FileMistake` saying file, key and what was expected."""
    return parse_protocol(read_text(path), path)


def parse_protocol(text: str, path: Path) -> Protocol:
    """Read a protocol from its text, as a recording keeps it."""
    protocol = parse_toml(text, Protocol, path, foreign=("pumps", "is a rig, not a protocol"))
    protocol._file, protocol._text = path, text
    return protocol
