"""What happens during a run, as frozen records: frames and marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
import numpy.typing as npt


class FrameFlag(IntFlag):
    """What is known of a frame; stored with it in the index."""

    LIT = 1
    """The light was on during the whole exposure as far as was commanded, or has no shutter."""
    PARTLY_LIT = 2
    """A shutter mark's interval overlaps the exposure: part of it may be dark."""
    CAMERA_TIME = 4
    """`camera_ns` is the camera's own clock; without it there is none."""
    COUNTED = 8
    """`number` is the camera's own counter; without it frames are numbered by arrival."""
    TTL = 16
    """The line on the camera's TTL input was active: the pump wired to it ran."""


NO_FLAG = FrameFlag(0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One image with its camera number and its times."""

    number: int
    """The camera's own count."""
    image: npt.NDArray[np.uint16]
    """Shape (height, width)."""
    camera_ns: int | None
    """The camera's own clock, ns; None where it has none."""
    core_ns: int | None
    """`ElapsedTime-ms` of Micro-Manager's core, ns; None where it gives none."""
    host_ns: int
    """The host's clock when the frame was taken out of the core's buffer, ns."""
    flags: FrameFlag = NO_FLAG
    dose_mj_cm2: float = 0.0
    """UV until the end of its exposure, at most."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """The times of one command on a wire, host clock, ns; None where that moment was not seen."""

    due_ns: int
    """When the protocol wanted it."""
    asked_ns: int
    """Just before the first byte was given to the port."""
    sent_ns: int
    """Just after the port took the last byte."""
    replied_ns: int | None = None
    """First byte of the reply."""
    confirmed_ns: int | None = None
    """The device said that it is doing it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something done: an interval of host time in which it truly happened, never a point."""

    what: str
    """Name of the step: inject, shutter-open, note ..."""
    step: int | None
    """Place of the step in the protocol, from 0; None for what a person did."""
    stamps: Stamps
    earliest_ns: int
    """It cannot have happened before."""
    latest_ns: int
    """It cannot have happened after."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What was asked: rate_ul_min, volume_ul, text ..."""
    pump: str | None = None
    reagent: str | None = None
    ug_per_ml: float | None = None
