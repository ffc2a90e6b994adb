"""An exposure that changes while the camera runs: starts stay within their bounds."""

import numpy as np
import pytest

from onset.timing import MISSING_NS, ExposureChange, FrameTimes, frame_times

MS = 1_000_000
LATENCY_NS = (0.0, 4.0 * MS)
CLOCKS = ["exposure-start", "exposure-end", "core", "host"]


class Changing:
    """A free-running camera whose exposure is set anew twice; some frames after the command."""

    def __init__(self, seed: int, n: int = 900) -> None:
        rng = np.random.default_rng(seed)
        self.values = rng.choice([10, 20, 50, 80, 200], 3, replace=False) * MS
        lags = rng.integers(0, 3, 2)  # frames that still have the old setting
        turns = np.array([n // 3, 2 * n // 3])
        which = np.searchsorted(turns + lags, np.arange(n), side="right")
        self.exposures_ns = self.values[which]
        starts = np.concatenate(([0], np.cumsum(self.exposures_ns)[:-1]))
        self.starts_ns = 10**13 + starts
        asked = self.starts_ns[turns] - np.rint(rng.random(2) * self.exposures_ns[turns - 1])
        self.changes = [
            ExposureChange(int(at), int(at) + 2 * MS, float(before), float(after))
            for at, before, after in zip(asked, self.values[:2], self.values[1:], strict=True)
        ]
        self.delays_ns = rng.uniform(*LATENCY_NS) + rng.exponential(4 * MS, n).clip(0, 40 * MS)
        first = int(rng.integers(0, n - 30))
        self.delays_ns[first : first + 20] += np.linspace(300 * MS, 0, 20)
        self.drift = rng.uniform(-50e-6, 50e-6)

    def times(self, clock: str) -> FrameTimes:
        n = len(self.starts_ns)
        ends = self.starts_ns + self.exposures_ns
        host = np.maximum.accumulate(np.rint(ends + self.delays_ns).astype(np.int64))
        stamped = self.starts_ns if clock == "exposure-start" else ends
        camera = np.rint((stamped - 10**13) / (1 + self.drift)).astype(np.int64) // 1000 * 1000
        missing = np.full(n, MISSING_NS)
        return frame_times(
            np.arange(n, dtype=np.int64),
            camera if clock.startswith("exposure") else missing,
            host - 10**12 if clock == "core" else missing,
            host,
            exposure_ns=float(self.values[0]),
            latency_ns=LATENCY_NS,
            changes=self.changes,
            stamps=clock,
        )


@pytest.mark.parametrize("clock", CLOCKS)
def test_starts_are_within_their_bounds(clock: str) -> None:
    inside = []
    for seed in range(40):
        film = Changing(seed)
        times = film.times(clock)
        inside.append(np.mean(np.abs(times.starts_ns - film.starts_ns) <= times.halfwidths_ns))
    assert np.mean(inside) >= 0.999


@pytest.mark.parametrize("clock", CLOCKS)
def test_each_frame_has_its_exposure_or_none_is_claimed(clock: str) -> None:
    for seed in range(40):
        film = Changing(seed)
        exposures_s = film.times(clock).exposures.known_s
        known = ~np.isnan(exposures_s)
        assert np.allclose(exposures_s[known], film.exposures_ns[known] / 1e9)
        allowed = 16 if clock.startswith("exposure") else 130
        assert np.sum(~known) <= allowed


def test_a_camera_that_stamps_starts_dates_even_the_frames_in_doubt() -> None:
    film = Changing(4)
    times = film.times("exposure-start")
    assert np.ptp(times.halfwidths_ns) == 0
    assert times.halfwidth_ns < 5 * MS


def test_ends_widen_the_bound_only_where_the_exposure_is_in_doubt() -> None:
    film = Changing(4)
    times = film.times("exposure-end")
    doubt = np.isnan(times.exposures.known_s)
    assert times.halfwidths_ns[~doubt].max() < 5 * MS
    assert times.halfwidths_ns[doubt].min() > 5 * MS
    elsewhere = times.place(int(film.starts_ns[20]), int(film.starts_ns[20]) + MS)
    assert elsewhere.t_halfwidth_s < 0.006


def test_frame_coordinates_go_on_at_the_interval_of_the_end() -> None:
    film = Changing(2)
    times = film.times("exposure-start")
    behind = times.starts_ns[-1] + 3 * film.values[2]
    before = times.starts_ns[0] - 2 * film.values[0]
    assert times.coordinate(int(behind)) == pytest.approx(899 + 3, abs=0.01)
    assert times.coordinate(int(before)) == pytest.approx(-2, abs=0.01)
