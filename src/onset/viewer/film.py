"""A recording as the window needs it: opened, its plan computed, away from Qt's thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onset.errors import FileMistake
from onset.experiment.timeline import Timeline, timeline
from onset.recording.read import Recording
from onset.viewer.lines import detail


@dataclass(frozen=True, slots=True)
class Film:
    """A recording with what is said of it."""

    recording: Recording
    name: str
    detail: str
    plan: Timeline | None
    """None for a film of another program."""
    capacities_ul: dict[str, float]
    """What the syringes of its rig hold."""


def open_film(folder: Path) -> Film:
    """Open a recording folder; `RecordingFault` says why it is none."""
    recording = Recording(folder)
    return Film(recording, folder.name, detail(recording), _plan(recording), _capacities(recording))


def _plan(recording: Recording) -> Timeline | None:
    try:
        protocol = recording.protocol
    except FileMistake:  # written by another version: the film is no worse for it
        return None
    exposure_ms = recording.session.camera.exposure_ms
    if protocol is None or exposure_ms is None:
        return None
    return timeline(protocol, exposure_ms / 1000)


def _capacities(recording: Recording) -> dict[str, float]:
    try:
        rig = recording.rig
    except FileMistake:
        return {}
    return {name: pump.syringe_ul for name, pump in rig.pumps.items()} if rig else {}
