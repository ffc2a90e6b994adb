"""Places of a finished recording: the live detector's rules over all its lit frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.detect import FEWEST_BASELINE_FRAMES, Detector
from onset.analysis.live import MOST_BASELINE_FRAMES
from onset.analysis.onsets import Direction
from onset.experiment.records import FrameFlag
from onset.recording.read import Recording

PSF_SIGMA_PX = 1.3


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
    final_x_px: float


@dataclass(frozen=True, slots=True)
class Found:
    """Spots in order of detection, and what the dark field looks like."""

    spots: tuple[FoundSpot, ...]
    positions: npt.NDArray[np.int64]
    """Of the lit frames."""
    baseline_frames: int
    psf_sigma_px: float
    mean: npt.NDArray[np.float32]
    inverse_sd: npt.NDArray[np.float32]
    message: str = ""


def find_spots(recording: Recording, seen: Callable[[int], None] = lambda _: None) -> Found:
    """Spots of a recording; `seen` is told of every lit frame."""
    direction: Direction = recording.protocol.direction if recording.protocol else "on"
    positions = np.flatnonzero((recording.flags & int(FrameFlag.LIT)) != 0)
    injected_s = next((m.t_s for m in recording.marks if m.what == "inject"), None)
    before = 0 if injected_s is None else int(np.sum(recording.times_s[positions] < injected_s))
    baseline = min(before, MOST_BASELINE_FRAMES)
    stack = recording.stack()
    if baseline < FEWEST_BASELINE_FRAMES or baseline >= positions.size:
        return _nothing(recording, positions, baseline)
    detector = Detector(
        recording.shape,
        psf_sigma_px=PSF_SIGMA_PX,
        baseline_frames=baseline,
        direction=direction,
        planned_frames=positions.size,
    )
    spots = []
    for position in positions.tolist():
        spots += detector.update(stack[position])
        seen(position)
    lit = detector.lit_from_start if direction == "on" else []
    steady = [
        FoundSpot(k + 1, y, x, 0, 0, direction, True, 0.0, y, x) for k, (y, x) in enumerate(lit)
    ]
    turned = [
        FoundSpot(
            len(steady) + k + 1, s.y_px, s.x_px, int(positions[s.detected]),
            int(positions[s.onset]), s.direction, False, s.score, s.y_px, s.x_px,
        )
        for k, s in enumerate(spots)
    ]  # fmt: skip
    return Found(
        (*steady, *turned), positions, baseline, PSF_SIGMA_PX,
        detector.baseline.mean, detector.baseline.inverse_sd,
    )  # fmt: skip


def _nothing(recording: Recording, positions: npt.NDArray[np.int64], baseline: int) -> Found:
    empty = np.zeros(recording.shape, np.float32)
    why = f"{baseline} lit frames before an injection, at least {FEWEST_BASELINE_FRAMES} are needed"
    return Found((), positions, baseline, PSF_SIGMA_PX, empty, empty, why)
