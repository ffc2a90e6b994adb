"""A film that grows at a camera's pace, with spots that turn on; a process of the bench."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.layout import LIVE_SPOTS
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder

START_NS = 1_000_000_000_000
FLAGS = FrameFlag.COUNTED | FrameFlag.CAMERA_TIME | FrameFlag.LIT


def main(folder: str, side_px: str, fps: str, frames: str, spots: str) -> None:
    """Write; tell the pace that was kept and the worst delay of a frame."""
    print(json.dumps(grow(Path(folder), int(side_px), float(fps), int(frames), int(spots))))  # noqa: T201


def grow(folder: Path, side_px: int, fps: float, frames: int, spots: int) -> dict[str, object]:
    """`fps` 0 writes as fast as it goes."""
    interval_ns = round(1e9 / (fps or 20.0))
    random = np.random.default_rng(1)
    images = random.normal(400, 12, (8, side_px, side_px)).astype(np.uint16)
    camera = CameraHeader(
        shape=(side_px, side_px), dtype="uint16", exposure_ms=interval_ns / 1e6, pixel_size_um=0.13
    )
    onsets = np.sort(random.uniform(0.15, 0.8, spots) * frames).astype(int)
    places = random.uniform(5, side_px - 5, (spots, 2))
    late: list[float] = []
    with Recorder(folder, new_session(camera, start_ns=START_NS)) as recorder:
        began, found = time.perf_counter(), 0
        with (folder / LIVE_SPOTS).open("a") as out:
            for n in range(frames):
                if fps:
                    due = began + n / fps
                    time.sleep(max(due - time.perf_counter(), 0))
                    late.append(time.perf_counter() - due)
                at_ns = START_NS + (n + 1) * interval_ns
                recorder.append(Frame(n, images[n % 8], n * interval_ns, None, at_ns, FLAGS))
                if n == frames // 10:
                    recorder.ledger.write("mark", _injection(at_ns), at_ns, sync=True)
                while found < spots and onsets[found] <= n:
                    out.write(_line(found, places[found], int(onsets[found]), interval_ns))
                    out.flush()
                    found += 1
        took_s = time.perf_counter() - began
        recorder.seal("complete", expected=frames)
    told: dict[str, object] = {"frames_per_s": round(frames / took_s, 2), "written": frames}
    if late:
        told["late_ms_p99"] = round(float(np.percentile(late, 99)) * 1e3, 1)
    return told


def _injection(at_ns: int) -> Mark:
    stamps = Stamps(at_ns, at_ns, at_ns + 1_000_000, at_ns + 4_000_000, at_ns + 9_000_000)
    return Mark("inject", 0, stamps, at_ns, at_ns + 10_000_000, {}, "TBAB", "TBAB", 1.0)


def _line(number: int, place: np.ndarray, onset: int, interval_ns: int) -> str:
    spot = {
        "spot": number,
        "y_px": round(float(place[0]), 2),
        "x_px": round(float(place[1]), 2),
        "direction": "on",
        "detected_frame": onset,
        "onset_frame": onset,
        "onset_s": onset * interval_ns / 1e9,
        "score": 9.0,
    }
    return json.dumps(spot) + "\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
