"""Is an instrument at fault? Decided from what is known of it; no process and no clock in here."""

from __future__ import annotations

from dataclasses import dataclass

from onset.acquisition.messages import Phase

SILENT_S = 3.0
"""An instrument that says nothing for so long is taken for dead ..."""
SILENT_SAFE_S = 15.0
"""... later while all is dark and still, for then there is only a recording to lose ..."""
SILENT_OPENING_S = 60.0
"""... and loading camera drivers may keep every thread of it waiting."""
STOPPED_S = 0.5
"""A silence after which the operating system is asked whether it has stopped the process; in an
emergency it is asked at once.
"""
STUCK_S = 15.0
"""Who decides has not come round for so long: a disk or device holds it up."""
CLOSE_S = 60.0
EMERGENCY_S = 1.0
"""An instrument that has not answered an emergency stop by then is ended ..."""
DEAF_S, UNUSUAL = 0.5, 4.0
"""... earlier where nothing at all is heard, for so long and so much longer than of late: on a busy
machine a healthy process is late too.
"""


@dataclass(frozen=True, slots=True)
class Signs:
    """What a supervisor knows of its instrument; times in seconds until now."""

    phase: Phase
    silent_s: float
    """Since its last word; it beats ten times a second."""
    usual_s: float = 0.1
    """The longest silence of late."""
    is_safe: bool = False
    """When it was seen last, all was dark and still."""
    is_opening: bool = False
    is_stopped: bool = False
    """The operating system has stopped the process."""
    turn_age_s: float = 0.0
    """Since whoever decides in it came round."""
    emergency_s: float | None = None
    """Since an emergency stop that is not answered yet."""
    closing_s: float | None = None
    """Since it was asked to close its rig."""


def fault_of(signs: Signs) -> str | None:
    """Why the process must be ended and its wires be made safe without it."""
    if signs.emergency_s is not None and _is_deaf(signs, signs.emergency_s):
        return "the instrument does not answer an emergency stop"
    if signs.is_stopped:
        return "the instrument process has been stopped"
    if signs.silent_s > _patience_s(signs):
        return f"the instrument has been silent for {signs.silent_s:.1f} s"
    if signs.closing_s is not None and signs.closing_s > CLOSE_S:
        return f"the instrument has not closed its rig within {CLOSE_S:.0f} s"
    if signs.phase == "running" and signs.turn_age_s > STUCK_S:
        return f"the instrument decides nothing for {signs.turn_age_s:.0f} s"
    return None


def _is_deaf(signs: Signs, asked_s: float) -> bool:
    deaf_s = max(DEAF_S, UNUSUAL * signs.usual_s)
    return asked_s > EMERGENCY_S or min(asked_s, signs.silent_s) > deaf_s


def _patience_s(signs: Signs) -> float:
    if signs.is_opening:
        return SILENT_OPENING_S
    return SILENT_SAFE_S if signs.is_safe else SILENT_S
