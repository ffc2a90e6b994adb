"""A film as photometry must know it: its frames' times and light, its images in one unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.camera_maps import CameraMaps, maps_of
from onset.analysis.logistic import Doubles
from onset.analysis.sigmoid import usual_interval_s
from onset.experiment.records import FrameFlag
from onset.recording.read import Recording
from onset.recording.stack import PageStack


@dataclass(frozen=True, slots=True)
class Film:
    """Frames of a recording, in order; arrays (n,)."""

    folder: Path
    lit: npt.NDArray[np.bool_]
    times_s: Doubles
    exposures_s: Doubles
    numbers: npt.NDArray[np.int64]
    pixels: int

    @property
    def end_s(self) -> float:
        """End of the last exposure."""
        return float(self.times_s[-1] + self.exposures_s[-1])


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images in electrons where the camera is calibrated, else as they were read out."""

    stack: PageStack
    maps: CameraMaps | None

    def read(self, which: npt.NDArray[np.int64] | slice) -> npt.NDArray[Any]:
        """Frames by position, (n, h, w)."""
        return self.of(self.stack[which])

    def of(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Images in ADU, (..., h, w), brought to this unit."""
        return self.maps.electrons(images) if self.maps else images

    def one_by_one(self, start: int, end: int) -> Iterator[npt.NDArray[Any]]:
        """Frames from `start` to `end`, (h, w) each; every one is gone when the next is asked."""
        for image in self.stack.one_by_one(start, end):
            yield self.of(image)


def film_of(recording: Recording) -> Film:
    """Times, exposures and light of all frames; an unknown exposure is the time between frames."""
    times_s = recording.times_s
    exposures_s = recording.exposures_s
    unknown = ~np.isfinite(exposures_s)
    exposures_s = np.where(unknown, usual_interval_s(times_s), exposures_s)
    lit = (recording.flags & int(FrameFlag.LIT)) != 0
    return Film(
        recording.path, lit, times_s, exposures_s, recording.numbers,
        recording.shape[0] * recording.shape[1],
    )  # fmt: skip


def pixels_of(recording: Recording) -> Pixels:
    """Its images."""
    return Pixels(recording.stack(), maps_of(recording))
