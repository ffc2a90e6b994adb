"""Recordings whose spots turn on after an injection, written frame by frame."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.layout import LIVE_SPOTS
from onset.recording.session import CameraHeader, FileText, new_session
from onset.recording.write import Recorder

START_NS = 1_000_000_000_000
FLAGS = FrameFlag.COUNTED | FrameFlag.CAMERA_TIME | FrameFlag.LIT
BACKGROUND, NOISE, AMPLITUDE = 400.0, 12.0, 260.0


@dataclass
class Film:
    """A recorder with a sample: `grow` appends frames, the injection and what was found."""

    folder: Path
    shape: tuple[int, int] = (96, 128)
    interval_ms: float = 50.0
    n_spots: int = 20
    injected_frame: int = 40
    last_onset_frame: int = 160
    rig_text: str | None = None
    n: int = 0
    found: int = 0
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(1)
        height, width = self.shape
        self.y_px = random.uniform(6, height - 6, self.n_spots)
        self.x_px = random.uniform(6, width - 6, self.n_spots)
        waits = np.sort(random.gamma(3.0, 1.0, self.n_spots))
        span = self.last_onset_frame - self.injected_frame - 5
        self.onsets = self.injected_frame + 5 + np.rint(waits / waits[-1] * span).astype(int)
        self._noises = [random.normal(BACKGROUND, NOISE, self.shape) for _ in range(8)]
        self._light = np.zeros(self.shape)
        self._lit = 0
        self.recorder = Recorder(self.folder, self._session())
        (self.folder / LIVE_SPOTS).touch()

    def grow(self, frames: int) -> None:
        """Append this many frames."""
        for _ in range(frames):
            self.recorder.append(self._frame(self.n))
            if self.n == self.injected_frame:
                self._inject()
            self._find(self.n)
            self.n += 1

    def find(self, spot: int, **changed: object) -> dict[str, object]:
        """What the detector says of a spot."""
        onset = int(self.onsets[spot])
        seconds = self.interval_ms / 1000
        return {
            "spot": spot,
            "y_px": round(float(self.y_px[spot]), 3),
            "x_px": round(float(self.x_px[spot]), 3),
            "direction": "on",
            "detected_frame": onset + 6,
            "onset_frame": onset,
            "onset_s": onset * seconds,
            "score": 9.5,
        } | changed

    def _find(self, frame: int) -> None:
        with (self.folder / LIVE_SPOTS).open("a") as file:
            while self.found < self.n_spots and self.onsets[self.found] + 6 <= frame:
                file.write(json.dumps(self.find(self.found)) + "\n")
                self.found += 1

    def _frame(self, number: int) -> Frame:
        while self._lit < self.n_spots and self.onsets[self._lit] <= number:
            y, x = np.indices(self.shape, sparse=True)
            away = (y - self.y_px[self._lit]) ** 2 + (x - self.x_px[self._lit]) ** 2
            self._light += AMPLITUDE * np.exp(-away / (2 * 1.3**2))
            self._lit += 1
        image = (self._noises[number % 8] + self._light).astype(np.uint16)
        interval_ns = round(self.interval_ms * 1e6)
        host_ns = START_NS + (number + 1) * interval_ns + 1_000_000 * (1 + number % 3)
        return Frame(number, image, 77 + number * interval_ns, None, host_ns, FLAGS)

    def _inject(self) -> None:
        at = START_NS + round((self.injected_frame + 0.5) * self.interval_ms * 1e6)
        stamps = Stamps(at, at, at + 1_000_000, at + 4_000_000, at + 20_000_000)
        values = {"rate_ul_min": 125.0, "volume_ul": 500.0}
        mark = Mark("inject", 0, stamps, at, at + 25_000_000, values, "TBAB", "TBAB", 1.0)
        self.recorder.ledger.write("mark", mark, at, sync=True)

    def _session(self):
        camera = CameraHeader(
            shape=self.shape,
            dtype="uint16",
            exposure_ms=self.interval_ms,
            pixel_size_um=0.13,
            latency_ms=(0, 2),
            counter_tag="FrameCounter",
        )
        rig = FileText(file="demo.toml", text=self.rig_text) if self.rig_text else None
        return new_session(
            camera, start_ns=START_NS, rig=rig, rig_name="demo", protocol_name="TBAB forward"
        )


def main(folder: str, size: str, interval_ms: str, frames: str) -> None:
    """Write a film in real time: the other process of the measurements."""
    n = int(frames)
    film = Film(
        Path(folder),
        (int(size), int(size)),
        interval_ms=float(interval_ms),
        n_spots=500,
        injected_frame=n // 10,
        last_onset_frame=int(n * 0.8),
    )
    began = time.perf_counter()
    for i in range(n):
        film.grow(1)
        time.sleep(max(began + (i + 1) * film.interval_ms / 1000 - time.perf_counter(), 0))
    film.recorder.seal("complete", expected=n)


if __name__ == "__main__":
    main(*sys.argv[1:])
