"""All kernels of the detector compiled before frames come."""

from __future__ import annotations

import numpy as np

from onset.analysis.detect import Detector, Direction


def warm_up() -> None:
    """Compile all kernels (some seconds the first time on a machine) before frames come."""
    rng = np.random.default_rng(0)
    changes: dict[Direction, int] = {"on": 4000, "off": -4000}
    for direction, change in changes.items():
        detector = Detector((24, 24), baseline_frames=50, direction=direction)
        image = np.full((24, 24), 5000, np.uint16)
        image[3:6, 3:6] += 3000
        for k in range(54):
            image[15:18, 15:18] = 5000 + change * (k > 51)
            detector.update(image + rng.integers(0, 50, image.shape, np.uint16))
