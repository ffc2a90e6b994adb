"""Names and row layout of the files in a recording folder."""

from __future__ import annotations

import numpy as np

from onset.timing import MISSING_NS

FORMAT = "onset-recording"
VERSION = 1

SESSION = "session.json"
LEDGER = "ledger.jsonl"
INDEX = "frames.idx"
FRAMES = "frames.ome.tif"
DOSES = "frames.dose"
"""One little-endian float32 per row of the index: UV in this run until then, mJ/cm^2."""
LOG = "run.log"
LIVE_SPOTS = "live_spots.jsonl"
TRUTH = "truth.parquet"
ANALYSIS = "analysis"
CALIBRATION = "camera.tif"
"""The camera's calibration, where the rig names one: a copy as it was at the run."""
RESERVE = "reserve.tmp"
"""Disk space kept free while recording, so that a recording on a full disk can still be sealed."""

ROW = np.dtype(
    [
        ("number", "<u8"),
        ("offset", "<u8"),
        ("camera_ns", "<i8"),
        ("core_ns", "<i8"),
        ("host_ns", "<i8"),
        ("flags", "<u4"),
        ("crc32", "<u4"),
    ]
)
"""One row of the index: 48 bytes, little-endian; crc32 covers the 44 bytes before it."""

MISSING = MISSING_NS
"""Stands in a row for a time that is not known."""
