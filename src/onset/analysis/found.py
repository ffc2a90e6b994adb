"""Spots of a finished recording: the live detector over all its lit frames, with equal results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.camera_maps import maps_of
from onset.analysis.detect import FEWEST_BASELINE_FRAMES, Detector, Spot
from onset.analysis.film_noise import film_variance
from onset.analysis.in_order import one_ahead
from onset.analysis.kernels import Floats
from onset.analysis.live import stepped
from onset.analysis.sigmoid import Direction
from onset.analysis.stretches import Averager, StretchMean
from onset.analysis.watching import Watching, watching_of
from onset.experiment.records import FrameFlag
from onset.recording.read import Recording

READ_FRAMES = 8
"""Read at once."""


@dataclass(frozen=True, slots=True)
class FoundSpot:
    """A place; frames are positions in the recording."""

    spot: int
    y_px: float
    x_px: float
    detected: int
    onset: int
    direction: Direction
    steady: bool
    score: float
    final_y_px: float
    """Where it was at the end of the film."""
    final_x_px: float


@dataclass(frozen=True, slots=True)
class Found:
    """Spots in order of detection, and what the dark field looks like."""

    spots: tuple[FoundSpot, ...]
    positions: npt.NDArray[np.int64]
    """Of the lit frames."""
    baseline_frames: int
    psf_sigma_px: float
    mean: Floats
    inverse_sd: Floats
    stretches: tuple[StretchMean, ...] = ()
    """Means of the whole film, part by part."""
    message: str = ""


def find_spots(
    recording: Recording,
    seen: Callable[[int], None] = lambda _: None,
    watching: Watching | None = None,
    workers: int = 1,
) -> Found:
    """Spots of a recording, numbered as they were found, then those lit all the time.

    `seen` is told of every lit frame. With more than one worker frames are read ahead.
    """
    watching = watching or watching_of(recording)
    positions = np.flatnonzero((recording.flags & int(FrameFlag.LIT)) != 0)
    if positions.size <= watching.baseline_frames:
        return _nothing(recording, positions, watching.baseline_frames)
    detector = Detector(
        recording.shape,
        baseline_frames=watching.baseline_frames,
        direction=watching.direction,
        planned_frames=watching.planned_frames,
        variance=variance_where_needed(recording, watching),
        camera=maps_of(recording),
    )
    stack, spots = recording.stack(), list[Spot]()
    means = Averager(recording.shape, positions)

    def read(start: int) -> list[npt.NDArray[Any]]:
        images = [stack[at] for at in positions[start : start + READ_FRAMES].tolist()]
        for image in images:
            means.add(image)
        return images

    starts = range(0, positions.size, READ_FRAMES)
    for start, images in zip(starts, one_ahead(read, starts, workers), strict=True):
        for position, image in zip(positions[start:].tolist(), images, strict=False):
            spots += detector.update(image)
            seen(position)
    return Found(
        (*_turned(detector, spots, positions), *_steady(detector, spots)),
        positions,
        watching.baseline_frames,
        detector.psf_sigma_px,
        detector.baseline.mean,
        detector.baseline.inverse_sd,
        means.finished(),
        stepped(recording.numbers[positions[detector.steps]].tolist()) if detector.steps else "",
    )


def variance_where_needed(recording: Recording, watching: Watching) -> Floats | None:
    """Noise of the pixels from the film itself where its baseline is too short to tell it."""
    if watching.baseline_frames >= FEWEST_BASELINE_FRAMES:
        return None
    positions = np.flatnonzero((recording.flags & int(FrameFlag.LIT)) != 0)
    return film_variance(recording.stack(), positions, watching.baseline_frames)


def _steady(detector: Detector, spots: list[Spot]) -> list[FoundSpot]:
    """Lit from the start, less those that went dark."""
    dark = np.array([(spot.y_px, spot.x_px) for spot in spots]).reshape(-1, 2)
    lit = [
        at
        for at in detector.lit_from_start
        if detector.direction == "on" or not (np.hypot(*(dark - at).T) < 3.0).any()
    ]
    return [
        FoundSpot(k, y, x, 0, 0, detector.direction, True, 0.0, y, x)
        for k, (y, x) in enumerate(lit, len(spots) + 1)
    ]


def _turned(
    detector: Detector, spots: list[Spot], positions: npt.NDArray[np.int64]
) -> list[FoundSpot]:
    finals = detector.places_now()[-len(spots) :] if spots else np.zeros((0, 2), np.float32)
    return [
        FoundSpot(
            k, s.y_px, s.x_px, int(positions[s.detected]), int(positions[s.onset]),
            s.direction, False, s.score, float(y), float(x),
        )
        for k, (s, (y, x)) in enumerate(zip(spots, finals, strict=True), 1)
    ]  # fmt: skip


def _nothing(recording: Recording, positions: npt.NDArray[np.int64], baseline: int) -> Found:
    empty = np.zeros(recording.shape, np.float32)
    frames = f"{positions.size} lit frame{'s' * (positions.size != 1)}"
    why = f"{frames}: more than {baseline} are needed to look for spots"
    return Found((), positions, baseline, 1.3, empty, empty, message=why)
