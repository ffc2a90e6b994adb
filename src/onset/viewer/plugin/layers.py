"""A recording as napari's layers: the film lazily, spots coloured by onset, marks as words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from onset.recording.read import Recording
from onset.viewer.axis import onset_axis
from onset.viewer.colours import onset_colours
from onset.viewer.contrast import limits_of
from onset.viewer.look import Looker
from onset.viewer.seen import Seen
from onset.viewer.spots import Spots

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]
TURNED_ON = "turned on"
"""Name of the layer of spots."""
RING_PX = 9.0
WORDS_S = 2.0
"""So long a mark's words stand in the film."""


def layers_of(folder: Path) -> list[LayerData]:
    """Film (t, y, x), spots (y, x) and marks (t, y, x); `RecordingFault` says why there is none."""
    recording = Recording(folder)
    seen = Looker(recording).look(np.full(len(recording), np.nan))
    scale = scale_of(recording, seen)
    found = [_film(recording, folder, scale)]
    if len(seen.spots):
        settings = spot_settings(seen, scale[1:]) | {"units": units_of(recording)[1:]}
        found.append((places(seen.spots), settings, "points"))
    if seen.ticks and len(seen.times_s):
        found.append(_marks(seen, recording, scale))
    return found


def scale_of(recording: Recording, seen: Seen) -> tuple[float, float, float]:
    """Seconds per frame (the mean), micrometres per pixel (1 where it is not known)."""
    n = len(seen.times_s)
    interval_s = seen.end_s / (n - 1) if n > 1 and seen.end_s > 0 else 1.0
    um = recording.session.camera.pixel_size_um or 1.0
    return interval_s, um, um


def units_of(recording: Recording) -> tuple[str, str, str]:
    """Of time, rows and columns."""
    length = "um" if recording.session.camera.pixel_size_um else "pixel"
    return "s", length, length


def places(spots: Spots) -> Any:
    """Row and column of each spot, px, shape (n, 2)."""
    return np.column_stack((spots.y_px, spots.x_px))


def spot_settings(seen: Seen, scale: tuple[float, ...]) -> dict[str, Any]:
    """How the spots of a recording are shown as points."""
    spots, axis = seen.spots, onset_axis(seen)
    return {
        "name": TURNED_ON,
        "scale": scale,
        "size": RING_PX,
        "face_color": "transparent",
        "border_color": onset_colours(axis.part(spots.onset_s - axis.zero_s)),
        "border_width": 0.15,
        "symbol": ["square" if off else "disc" for off in spots.turned_off],
        "features": features(seen),
    }


def features(seen: Seen) -> dict[str, Any]:
    """The table behind the points."""
    spots = seen.spots
    return {
        "spot": spots.number,
        "onset_s": spots.onset_s,
        "since_injection_s": spots.onset_s - seen.zero_s,
        "direction": np.where(spots.turned_off, "off", "on"),
        "detected_frame": spots.detected_frame,
    }


def _film(recording: Recording, folder: Path, scale: tuple[float, ...]) -> LayerData:
    middle = limits_of(recording[len(recording) // 2]) if len(recording) else None
    settings: dict[str, Any] = {
        "name": folder.name,
        "scale": scale,
        "axis_labels": ("t", "y", "x"),
        "units": units_of(recording),
        "metadata": {"onset": {"recording": str(folder), "status": recording.status}},
    }
    if middle is not None:
        settings["contrast_limits"] = (middle.low, middle.high)
    return recording.to_dask(1), settings, "image"


def _marks(seen: Seen, recording: Recording, scale: tuple[float, ...]) -> LayerData:
    rows, words = [], []
    shape = recording.shape
    for tick in seen.ticks:
        first = int(np.searchsorted(seen.times_s, tick.t_s, side="right")) - 1
        last = int(np.searchsorted(seen.times_s, tick.t_s + WORDS_S))
        for frame in range(max(first, 0), max(last, first + 1)):
            rows.append((frame, 0.04 * shape[0], 0.5 * shape[1]))
            words.append(tick.label)
    settings = {
        "name": "marks",
        "scale": scale,
        "units": units_of(recording),
        "size": 1,
        "face_color": "transparent",
        "border_color": "transparent",
        "features": {"mark": np.array(words, dtype=object)},
        "text": {"string": "{mark}", "color": "orange", "size": 12},
    }
    return np.array(rows, dtype=float).reshape(-1, 3), settings, "points"
