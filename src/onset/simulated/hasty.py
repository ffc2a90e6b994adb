"""A camera that is never the limit: a given number of frames as fast as asked, then it stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.simulated.settings import Property, SettingsCamera, at_least, whole

GetBuffer = Callable[[Sequence[int], npt.DTypeLike], npt.NDArray[np.uint16]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set."""

    side_px: int = 256
    frames: int = 1000
    frames_per_s: float = 4000.0


PROPERTIES = (
    Property("Side_px", "side_px", whole(1)),
    Property("Frames", "frames", whole(1)),
    Property("FramesPerSecond", "frames_per_s", at_least(1.0)),
)


class HastyCamera(SettingsCamera[Settings]):
    """For benchmarks: in real time, always the same noise."""

    def __init__(self) -> None:
        super().__init__(Settings(), PROPERTIES)

    def get_exposure(self) -> float:
        """The interval between frames, ms."""
        return 1000 / self.settings.frames_per_s

    def set_exposure(self, exposure: float) -> None:
        """It has but one."""

    def shape(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.settings.side_px, self.settings.side_px

    def dtype(self) -> npt.DTypeLike:
        """16 bit."""
        return np.uint16

    def start_sequence(self, n: int | None, get_buffer: GetBuffer) -> Iterator[Mapping[str, str]]:
        """As many frames as its property says, or fewer where `n` is less."""
        own = self.settings
        image = np.random.default_rng(0).integers(0, 4000, self.shape()).astype(np.uint16)
        began_s = time.perf_counter()
        for number in range(own.frames if n is None else min(own.frames, n)):
            early_s = began_s + number / own.frames_per_s - time.perf_counter()
            if early_s > 0:
                time.sleep(early_s)
            get_buffer(image.shape, image.dtype)[:] = image
            yield {"FrameCounter": str(number)}
