"""The bench of the detector has what the reference promises; its figures are judged by people."""

import json

from onset.cli.bench_detect import Size, bench_detect


def test_the_detector_is_measured_against_numpy_and_the_peers_that_are_there():
    (found,) = bench_detect((Size(128, 4, 2),), rounds=1)["sizes"]
    assert found["ms_per_frame"]["detector, dark"] > 0
    assert "detector, spots lit / numpy.sum" in found["ratios"]
    assert found["spots_followed"] >= 20
    json.dumps(found)
