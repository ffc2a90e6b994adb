"""What supervisor and instrument tell each other: frozen commands and status snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

VERSION = 1

RunStatus: TypeAlias = Literal["complete", "aborted", "failed"]
Phase: TypeAlias = Literal["opening", "running", "ending", "ended"]


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
class Abort:
    """End in order: shutter closed, pumps stopped, what was recorded is kept."""

    reason: str


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Shutter closed and pumps stopped first, everything else after."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A person has done what step `step` asked for."""

    step: int


@dataclass(frozen=True, slots=True)
class AddNote:
    """A person's sentence for the ledger."""

    text: str


Command: TypeAlias = Abort | EmergencyStop | Confirm | AddNote


@dataclass(frozen=True, slots=True)
class PumpView:
    """One pump, for display."""

    name: str
    state: str
    delivered_ul: float
    wanted_ul: float | None
    rate_ul_min: float


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked to do."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the run stands; sent ten times a second."""

    phase: Phase
    message: str = ""
    t_s: float = 0.0
    end_s: float | None = None
    written: int = 0
    dropped: int | None = None
    frames_per_s: float = 0.0
    buffer_used: float = 0.0
    speed: float = 1.0
    shutter: str = ""
    pumps: tuple[PumpView, ...] = ()
    doing: tuple[str, ...] = ()
    question: Question | None = None
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Ended:
    """The last word of an instrument."""

    status: RunStatus
    reason: str | None
    folder: Path
    refused: bool = False
    """Nothing was started."""
    version: int = VERSION


Report: TypeAlias = Status | Ended
