"""The same frames give the same numbers in every process, compiled afresh or taken from the cache.

Live detection and replay are different processes: one last bit of difference moves a spot.
"""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numpy as np
from onset.analysis.detect import Detector

rng = np.random.default_rng(1)
detector = Detector((64, 64), baseline_frames=60)
for k in range(140):
    image = rng.poisson(20.0, (64, 64)).astype(np.uint16)
    image[30:33, 40:43] += 40 * (k > 90)
    detector.update(image)
sums = detector._excursions
state = [detector._mean, sums.slow, sums.fast, detector._followed.table]
print(hashlib.md5(b"".join(array.tobytes() for array in state)).hexdigest())
"""


def test_a_fresh_compilation_and_the_cache_agree_to_the_last_bit(tmp_path):
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    fresh, cached = (
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert len(fresh.strip()) == 32
    assert fresh == cached
