"""What clients, supervisor and instrument tell each other: frozen commands, replies, snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

VERSION = 4
"""Both ends must speak the same one; another is refused with a sentence."""

OPENED = 0
"""Number of the reply to the order with which an instrument's process was started."""

RunStatus: TypeAlias = Literal["complete", "aborted", "failed"]
Phase: TypeAlias = Literal["idle", "opening", "ready", "preview", "running", "ending", "ended"]
ShutterView: TypeAlias = Literal["open", "closed", "unknown", ""]
"""Empty where the rig has no shutter, or is not open."""
PropertyValue: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class RunOrder:
    """All that the instrument needs for one run; files travel as text."""

    rig_file: Path
    rig_text: str
    protocol_file: Path
    protocol_text: str
    folder: Path
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class OpenRig:
    """Connect to everything that the rig names; opens shut and stopped."""

    rig_file: Path
    rig_text: str
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class CloseRig:
    """Make safe and give all devices back."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Show the camera without recording, or stop it."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetExposure:
    """Time of exposure; the camera may round."""

    exposure_ms: float


@dataclass(frozen=True, slots=True)
class SetRoi:
    """Read out only a part of the sensor, px; all zero for the whole."""

    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class SetBinning:
    """Sum `binning` x `binning` pixels."""

    binning: int


@dataclass(frozen=True, slots=True)
class SetGain:
    """The camera's gain, in its own units."""

    gain: float


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Set any property of any Micro-Manager device of the rig."""

    device: str
    name: str
    value: PropertyValue


@dataclass(frozen=True, slots=True)
class Autoshutter:
    """Open the shutter with the preview and close it with it; off: the shutter stays shut."""

    on: bool


@dataclass(frozen=True, slots=True)
class MoveShutter:
    """Open or close the shutter by hand, also during a run."""

    opens: bool


@dataclass(frozen=True, slots=True)
class NameField:
    """From now on light falls on the field of view of this name."""

    field: str


@dataclass(frozen=True, slots=True)
class RunPump:
    """Move a plunger by hand; without a volume until it is told to stop."""

    pump: str
    rate_ul_min: float
    volume_ul: float | None = None
    direction: Literal["infuse", "withdraw"] = "infuse"


@dataclass(frozen=True, slots=True)
class PrimePump:
    """Push out to waste, to load the plunger and fill the tubing."""

    pump: str
    rate_ul_min: float
    volume_ul: float


@dataclass(frozen=True, slots=True)
class StopPump:
    """Stop one pump, or all; also during a run."""

    pump: str | None = None


@dataclass(frozen=True, slots=True)
class StartRun:
    """Carry a protocol out on the open rig, into a new folder."""

    protocol_file: Path
    protocol_text: str
    folder: Path


@dataclass(frozen=True, slots=True)
class InjectNow:
    """Begin the protocol's next injection at once, ahead of its time."""


@dataclass(frozen=True, slots=True)
class Abort:
    """End the run in order: shutter closed, pumps stopped, what was recorded is kept."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The protocol's `stop_when` has come true: the run is complete before its greatest time."""

    rule: str
    seen: str
    """What the live analysis saw, for the ledger."""


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Shutter closed and pumps stopped first, everything else after; never refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A person has done what step `step` asked for."""

    step: int


@dataclass(frozen=True, slots=True)
class AddNote:
    """A person's sentence for the ledger, a mark in the film."""

    text: str
    pressed_ns: int | None = None
    """Host monotonic time of the key; None: when it arrives."""


Command: TypeAlias = (
    OpenRig
    | CloseRig
    | Preview
    | SetExposure
    | SetRoi
    | SetBinning
    | SetGain
    | SetProperty
    | Autoshutter
    | MoveShutter
    | NameField
    | RunPump
    | PrimePump
    | StopPump
    | StartRun
    | InjectNow
    | Abort
    | Finish
    | EmergencyStop
    | Confirm
    | AddNote
)


@dataclass(frozen=True, slots=True)
class Request:
    """One command of one client; every request gets exactly one reply with its number."""

    number: int
    command: Command
    who: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of the request of this number: done, or refused with a reason."""

    number: int
    refused: str | None = None
    version: int = VERSION

    @property
    def accepted(self) -> bool:
        """Was it done?"""
        return self.refused is None


@dataclass(frozen=True, slots=True)
class Watch:
    """A supervisor's first word to an instrument: from now on it is responsible."""

    who: str
    pid: int
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Glance:
    """Show the newest snapshot once, and hang up."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Beat:
    """Still alive; both ways, several times a second."""

    turn_age_s: float = 0.0
    """Time since whoever decides came round last."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """An instrument's last word: all that was asked is answered, its process ends."""

    is_safe: bool
    """Is everything known to be shut and stopped?"""
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Goodbye:
    """A client leaves; the other end hangs up."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class PumpView:
    """One pump, for display."""

    name: str
    state: str
    delivered_ul: float
    wanted_ul: float | None
    rate_ul_min: float
    direction: Literal["infuse", "withdraw"] = "infuse"
    left_ul: float | None = None
    """What the syringe still holds, as far as is known."""
    reagent: str = ""
    ug_per_ml: float | None = None

    @property
    def is_moving(self) -> bool:
        """May liquid flow? What is not known to stand moves."""
        return self.state not in ("stopped", "ready", "paused")


@dataclass(frozen=True, slots=True)
class CameraView:
    """How the camera is set."""

    exposure_ms: float
    shape: tuple[int, int]
    """Height and width that are read out, px."""
    roi: tuple[int, int, int, int]
    """x, y, width, height, px."""
    binning: int | None
    gain: float | None
    bits: int = 16
    """Of a pixel: the largest value is 2^bits - 1."""


@dataclass(frozen=True, slots=True)
class DoseView:
    """UV so far: in this run, and on the field of view in all."""

    open_s: float = 0.0
    mj_per_cm2: float = 0.0
    limit_mj_per_cm2: float | None = None
    field: str = ""
    field_open_s: float = 0.0
    field_mj_per_cm2: float = 0.0
    field_limit_mj_per_cm2: float | None = None


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the protocol, for display."""

    number: int
    text: str
    state: Literal["done", "doing", "to come"]
    begun_s: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked to do."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what."""

    t_s: float | None
    """Time since the first frame; None outside a run."""
    utc: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the live analysis has found so far."""

    direction: str
    count: int = 0
    ensemble: float = 0.0
    """Mean of the newest lit frame above the baseline, per px."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    status: RunStatus
    reason: str | None
    folder: Path
    refused: bool = False
    """Nothing was started."""
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Status:
    """How the instrument stands; sent ten times a second, and at once on change."""

    phase: Phase
    message: str = ""
    t_s: float = 0.0
    """Time since the first frame."""
    end_s: float | None = None
    written: int = 0
    dropped: int | None = None
    frames_per_s: float = 0.0
    buffer_used: float = 0.0
    """The fuller of the core's buffer and the line to the disk, 0 to 1."""
    speed: float = 1.0
    shutter: ShutterView = ""
    pumps: tuple[PumpView, ...] = ()
    doing: tuple[str, ...] = ()
    question: Question | None = None
    since_injection_s: float | None = None
    expected: int | None = None
    """Frames that the camera is known to have made."""
    disk_left_bytes: int | None = None
    disk_left_s: float | None = None
    """Time until the disk is full at the present rate."""
    clock_residual_ms: float | None = None
    dose: DoseView | None = None
    steps: tuple[StepView, ...] = ()
    deeds: tuple[Deed, ...] = ()
    """The last twenty."""
    rig: str = ""
    protocol: str = ""
    camera: CameraView | None = None
    autoshutter: bool = False
    preview: Path | None = None
    """File of the newest frame while there is a preview."""
    properties: Path | None = None
    """File of all properties of all devices while the rig is open."""
    folder: Path | None = None
    """The recording, from its first frame on and after its end."""
    verdict: Ended | None = None
    """Of the last run, until the next one starts."""
    found: Found | None = None
    version: int = VERSION

    @property
    def is_safe(self) -> bool:
        """Is it dark, and does no pump move?"""
        dark = self.shutter in ("closed", "")
        return dark and not any(pump.is_moving for pump in self.pumps)


Report: TypeAlias = Status | Ended
