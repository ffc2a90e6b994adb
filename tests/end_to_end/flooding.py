"""A camera that makes frames faster than any disk takes them: Micro-Manager's buffer overflows."""

from itertools import count

import numpy as np
from pymmcore_plus.experimental.unicore import CameraDevice

SIDE = 1024


class FloodingCamera(CameraDevice):
    """Numbers its frames in their first pixels; waits for nothing."""

    def get_exposure(self) -> float:
        return 1.0

    def set_exposure(self, exposure: float) -> None:
        """It has but one."""

    def shape(self) -> tuple[int, int]:
        return SIDE, SIDE

    def dtype(self) -> np.dtype:
        return np.dtype(np.uint16)

    def start_sequence(self, n, get_buffer):
        for number in count():
            get_buffer((SIDE, SIDE), np.uint16)[:] = number + 1
            yield {"FrameCounter": str(number)}
