"""Frames of a recording into the detector, live and in replay: which ones, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.camera_maps import CameraMaps
from onset.analysis.detect import (
    FEWEST_BASELINE_FRAMES,
    Detector,
    Direction,
    Spot,
)
from onset.analysis.doubts import SHORT_BASELINE_FRAMES
from onset.analysis.field_steps import FRAMES as STEP_FRAMES
from onset.analysis.kernels import Floats
from onset.analysis.watching import MOST_BASELINE_FRAMES


@dataclass(frozen=True, slots=True)
class LiveSpot:
    """One line of `live_spots.jsonl`; frames in the camera's count, time since the first frame."""

    spot: int
    y_px: float
    x_px: float
    direction: Direction
    detected_frame: int
    onset_frame: int
    onset_s: float
    score: float


def stepped(frames: Sequence[int]) -> str:
    """What to tell of steps of the whole field, frames in the camera's count; empty for none."""
    if not frames:
        return ""
    when = ", ".join(map(str, frames))
    return (
        f"the whole field changed at once in frame {when} (exposure, gain, lamp?): "
        f"for {STEP_FRAMES} frames no spot was told, and errors may be larger since"
    )


class LiveDetector:
    """Feeds lit frames only; the baseline is what was lit before the first injection."""

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        direction: Direction,
        lit_frames_before_injection: int,
        planned_frames: int,
        variance: Floats | None = None,
        camera: CameraMaps | None = None,
    ) -> None:
        self.count = 0
        self.ensemble = 0.0
        self._refusal = self._warning = ""
        self._numbers: list[int] = []
        self._times_s: list[float] = []
        self._baseline_sum, self._baseline = 0.0, 0
        self._detector: Detector | None = None
        baseline = min(lit_frames_before_injection, MOST_BASELINE_FRAMES)
        if variance is None and camera is None and baseline < FEWEST_BASELINE_FRAMES:
            self._refusal = (
                f"no detection: {lit_frames_before_injection} lit frames before an injection, "
                f"at least {FEWEST_BASELINE_FRAMES} are needed"
            )
            return
        if baseline < SHORT_BASELINE_FRAMES:
            self._warning = (
                f"only {baseline} lit frames before the injection: dim spots are told late or not "
                f"at all, from {SHORT_BASELINE_FRAMES} on few are lost, from 300 on none"
            )
        self._detector = Detector(
            shape,
            baseline_frames=baseline,
            direction=direction,
            planned_frames=planned_frames,
            variance=variance,
            camera=camera,
        )

    @property
    def message(self) -> str:
        """Why nothing or little is detected, what happened to the field; empty if all is well."""
        if self._detector is None:
            return self._refusal
        steps = stepped([self._numbers[frame] for frame in self._detector.steps])
        return "; ".join(filter(None, (self._warning, steps)))

    def update(
        self, number: int, image: npt.NDArray[Any], t_s: float, *, lit: bool
    ) -> list[LiveSpot]:
        """Spots found with this frame, of count `number` and start of exposure `t_s`."""
        if not lit:
            return []
        self._measure(image)
        if self._detector is None:
            return []
        self._numbers.append(number)
        self._times_s.append(t_s)
        return [self._numbered(spot) for spot in self._detector.update(image)]

    def _measure(self, image: npt.NDArray[Any]) -> None:
        """The field's mean above that of the baseline."""
        mean = float(np.mean(image))
        if self._detector is None or not self._detector.ready:
            self._baseline_sum += mean
            self._baseline += 1
        self.ensemble = mean - self._baseline_sum / self._baseline

    def _numbered(self, spot: Spot) -> LiveSpot:
        self.count += 1
        return LiveSpot(
            spot=self.count,
            y_px=round(spot.y_px, 3),
            x_px=round(spot.x_px, 3),
            direction=spot.direction,
            detected_frame=self._numbers[spot.detected],
            onset_frame=self._numbers[spot.onset],
            onset_s=self._times_s[spot.onset],
            score=round(spot.score, 2),
        )
