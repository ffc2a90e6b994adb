"""Frames are dated within the stated bound, whatever delays, drops, jumps and wraps do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.timing import (
    FEW_RESIDUAL_NS,
    MISSING_NS,
    CounterWrap,
    FrameTimes,
    envelope,
    frame_times,
    pieces,
)

MS = 1_000_000
EXPOSURE_NS = 50 * MS
LATENCY_NS = (0.0, 4.0 * MS)
N = 1200


class Film:
    """A camera with a known clock: what it stamps, what the host sees, and the truth."""

    def __init__(self, seed: int, n: int = N, drop: float = 0.01) -> None:
        rng = np.random.default_rng(seed)
        self.rng = rng
        numbers = np.flatnonzero(rng.random(n) >= drop)
        self.numbers = numbers.astype(np.int64)
        self.drift = rng.uniform(-50e-6, 50e-6)
        since = numbers * float(EXPOSURE_NS)
        self.zero_ns = int(rng.integers(10**12, 10**14))
        self.starts_ns = self.zero_ns + np.rint(since).astype(np.int64)
        clock_zero = int(rng.integers(0, 10**12))
        camera = clock_zero + np.rint(since / (1 + self.drift)).astype(np.int64)
        self.camera_ns = camera // 1000 * 1000
        self.host_ns = self.starts_ns + EXPOSURE_NS + self._delays(len(numbers))
        self.host_ns = np.maximum.accumulate(self.host_ns)
        self.missing = np.full(len(numbers), MISSING_NS)

    def _delays(self, n: int) -> np.ndarray:
        """1-40 ms, the least of them 0-4 ms, and bursts in which everything waits up to 0.4 s."""
        least = self.rng.uniform(*LATENCY_NS)
        delays = least + self.rng.exponential(6 * MS, n).clip(0, 40 * MS)
        for start in self.rng.integers(0, n, 5):
            length = int(self.rng.integers(1, 60))
            wait = np.linspace(400 * MS, 0, length)[: n - start]
            delays[start : start + length] += self.rng.random() * wait
        return np.rint(delays).astype(np.int64)

    def times(self, camera: bool = True, core: bool = False) -> FrameTimes:
        return frame_times(
            self.numbers,
            self.camera_ns if camera else self.missing,
            self.host_ns - 3 * 10**9 if core else self.missing,
            self.host_ns,
            exposure_ns=EXPOSURE_NS,
            latency_ns=LATENCY_NS,
        )


def test_the_bound_holds_in_995_of_1000_runs() -> None:
    """Plunger starts between the command's arrival and 20 ms (motor lag) later."""
    inside, halfwidths = 0, []
    for seed in range(1000):
        film = Film(seed)
        true_ns = film.zero_ns + film.rng.uniform(-0.05, 1.05) * N * EXPOSURE_NS
        wire_ns, lag_ns = 2 * MS, 20 * MS
        earliest = round(true_ns - film.rng.random() * lag_ns - film.rng.random() * wire_ns)
        place = film.times().place(earliest, earliest + wire_ns + lag_ns)
        true_s = (true_ns - film.starts_ns[0]) / 1e9
        true_frame = (true_ns - film.zero_ns) / EXPOSURE_NS
        inside += bool(
            abs(place.t_s - true_s) <= place.t_halfwidth_s
            and abs(place.frame - true_frame) <= place.frame_halfwidth
        )
        halfwidths.append(place.frame_halfwidth)
    assert inside >= 995
    assert max(halfwidths) < 0.5


def test_starts_of_exposure_are_within_the_bound_without_help_of_the_mark() -> None:
    """All frames of 200 films, not only those near a mark with an interval of its own."""
    worst = []
    for seed in range(200):
        film = Film(seed)
        times = film.times()
        worst.append(np.abs(times.starts_ns - film.starts_ns).max() / times.halfwidth_ns)
    assert np.mean(np.array(worst) <= 1) >= 0.995


def test_the_drift_is_found() -> None:
    film = Film(3, n=6000)
    fit = film.times().fit
    assert fit.source == "camera clock"
    assert fit.drift_ppm == pytest.approx(film.drift * 1e6, abs=2)
    assert fit.offset_s == pytest.approx((film.host_ns - film.camera_ns).min() / 1e9, abs=0.01)


@pytest.mark.parametrize("core", [False, True])
def test_a_software_clock_says_so_and_has_a_larger_bound(core: bool) -> None:
    film = Film(8)
    hardware, software = film.times(), film.times(camera=False, core=core)
    assert software.fit.source.startswith("core clock" if core else "host clock")
    assert software.halfwidth_ns > hardware.halfwidth_ns
    assert np.abs(software.starts_ns - film.starts_ns).max() <= software.halfwidth_ns
    assert (np.diff(software.starts_ns) >= 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_drops_that_nobody_counted_widen_the_bound(seed: int) -> None:
    counted = Film(seed, drop=0.01).times(camera=False)
    film = Film(seed, drop=0.01)
    film.numbers = np.arange(len(film.numbers))
    times = film.times(camera=False)
    assert times.halfwidth_ns > counted.halfwidth_ns
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


@pytest.mark.parametrize("seed", range(20))
def test_a_burst_in_a_short_film_does_not_look_like_a_faster_camera(seed: int) -> None:
    """Frames that waited come out faster than they can have been exposed."""
    film = Film(seed, n=120, drop=0)
    film.host_ns = film.starts_ns + EXPOSURE_NS + film.rng.integers(1 * MS, 4 * MS, 120)
    film.host_ns[10:80] += np.linspace(400 * MS, 0, 70).astype(np.int64)
    film.host_ns = np.maximum.accumulate(film.host_ns)
    times = film.times(camera=False)
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


def test_a_busy_tenth_of_a_film_shows_in_the_bound() -> None:
    film = Film(5, n=3000)
    film.host_ns[1200:1550] += 30 * MS
    film.host_ns = np.maximum.accumulate(film.host_ns)
    assert film.times().halfwidth_ns > 30 * MS


def test_single_missing_stamps_are_bridged() -> None:
    film = Film(2)
    whole = film.times().starts_ns
    film.camera_ns[10:13] = MISSING_NS
    bridged = film.times()
    assert bridged.fit.source == "camera clock"
    assert np.abs(np.delete(bridged.starts_ns - whole, np.s_[10:13])).max() < MS
    assert np.abs(bridged.starts_ns - whole).max() < EXPOSURE_NS


@pytest.mark.parametrize("jump_s", [10.0, 0.5, -3000.0])
def test_a_jump_of_the_camera_clock_makes_a_new_piece(jump_s: float) -> None:
    film = Film(11)
    at = len(film.camera_ns) // 3
    film.camera_ns[at:] += round(jump_s * 1e9)
    times = film.times()
    assert times.fit.pieces == 2
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


@pytest.mark.parametrize(("bits", "unit_ns"), [(32, 1000), (16, MS), (32, MS)])
def test_a_wrapped_stamp_goes_on(bits: int, unit_ns: int) -> None:
    film = Film(12)
    span = (1 << bits) * unit_ns
    before = film.camera_ns[len(film.camera_ns) // 2] - film.camera_ns[0]
    rising = film.camera_ns - film.camera_ns[0] + span - before
    film.camera_ns = rising % span
    times = film.times()
    assert times.fit.pieces == 1
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_of_32_bits_in_ns_wraps_every_four_seconds(seed: int) -> None:
    """Also in a burst at the film's end."""
    film = Film(seed, n=600)
    film.host_ns[-12:] += 390 * MS
    film.camera_ns = film.camera_ns % (1 << 32)
    times = film.times()
    assert times.fit.pieces == 1
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


@pytest.mark.parametrize("beside_ms", [-450, -250, -150, 0, 150, 250, 450])
def test_a_camera_that_began_again_near_a_wrap_has_not_wrapped(beside_ms: int) -> None:
    """Its clock of 16 bits in ms falls to 0 about when it would have done so by itself."""
    film = Film(13)
    half = len(film.camera_ns) // 2
    rising = film.camera_ns - film.camera_ns[half]
    film.camera_ns = np.where(rising < 0, (1 << 16) * MS + rising + beside_ms * MS, rising)
    film.camera_ns = film.camera_ns // MS * MS
    times = film.times()
    assert times.fit.pieces == (1 if beside_ms == 0 else 2)
    assert np.abs(times.starts_ns - film.starts_ns).max() <= times.halfwidth_ns


@pytest.mark.parametrize("seed", range(20))
def test_bursts_pauses_and_drops_are_no_jumps(seed: int) -> None:
    film = Film(seed, drop=0.05)
    keep = np.ones(len(film.numbers), bool)
    keep[300:420] = False  # a pause of six seconds
    _, edges = pieces(film.camera_ns[keep], film.host_ns[keep])
    assert len(edges) == 1


def test_the_line_lies_below_all_points() -> None:
    film = Film(21)
    line = envelope(film.camera_ns, film.host_ns)
    above = film.host_ns - line.host_ns(film.camera_ns)
    assert above.min() >= -1
    assert np.sum(above <= 1) >= 2


def test_a_single_frame_admits_its_ignorance() -> None:
    film = Film(1, n=1, drop=0)
    times = film.times()
    assert times.halfwidth_ns >= FEW_RESIDUAL_NS
    assert times.times_s.tolist() == [0.0]
    assert times.coordinate(int(times.starts_ns[0]) + EXPOSURE_NS) == 1.0


def test_without_frames_there_is_no_coordinate() -> None:
    none = np.empty(0, np.int64)
    times = frame_times(none, none, none, none, exposure_ns=1, latency_ns=(0, 0))
    assert np.isnan(times.place(0, 10).frame)
    assert len(times.times_s) == 0


@pytest.fixture
def regular() -> FrameTimes:
    """Frames 10, 11, 14, 15 ... 24 every 50 ms, taken at the end of exposure, latency 0."""
    numbers = np.array([10, 11, *range(14, 25)], np.int64)
    starts = 10**12 + numbers * EXPOSURE_NS
    return frame_times(
        numbers,
        starts + 7,
        np.full_like(numbers, MISSING_NS),
        starts + EXPOSURE_NS,
        exposure_ns=EXPOSURE_NS,
        latency_ns=(0, 0),
    )


@pytest.mark.parametrize("frame", [10.0, 10.25, 11.5, 12.0, 13.9, 20.75, 24.5, 30.0, 8.5])
def test_coordinates_interpolate_and_go_on_outside(regular: FrameTimes, frame: float) -> None:
    assert regular.coordinate(10**12 + frame * EXPOSURE_NS) == pytest.approx(frame, abs=1e-6)


def test_a_mark_has_the_half_width_of_its_interval(regular: FrameTimes) -> None:
    start = 10**12 + 20 * EXPOSURE_NS
    place = regular.place(start, start + 10 * MS)
    assert place.t_s == pytest.approx(0.505, abs=1e-9)
    assert place.t_halfwidth_s == pytest.approx(0.005 + regular.halfwidth_ns / 1e9)
    assert place.frame == pytest.approx(20.1)
    assert place.frame_halfwidth == pytest.approx(0.1, abs=0.03)


@given(
    st.sampled_from([16, 32]),
    st.integers(1, 2000),
    st.lists(st.integers(1, 40), min_size=1, max_size=300),
)
def test_a_counter_of_16_or_32_bits_goes_on(bits: int, before: int, steps: list[int]) -> None:
    true = (1 << bits) - before + np.cumsum([0, *steps])
    count = CounterWrap()
    assert [count(int(value) % (1 << bits)) for value in true] == true.tolist()


def test_a_camera_that_begins_again_has_not_wrapped() -> None:
    count = CounterWrap()
    assert [count(n) for n in (5000, 5001, 0, 1)] == [5000, 5001, 0, 1]


def test_a_16_bit_counter_wraps_twice() -> None:
    count = CounterWrap()
    assert [count(n) for n in (65535, 0, 65535, 0)][-1] == 2 << 16
