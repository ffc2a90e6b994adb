"""Camera clock against host clock, and marks in frame coordinates, each with a bound; numbers only.

The derivation is in docs/explanation/time.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING_NS = -(2**63)
"""Stands for a stamp that is not known."""
MAX_DRIFT = 500e-6
"""No camera's clock is wrong by more (crystals: 100 ppm); a short film cannot tilt the line."""
JUMP_NS = 200e6
"""A camera clock that runs ahead of the host's by more within one frame has jumped."""
FEW = 8
"""With fewer frames the smallest delay has hardly been seen ..."""
FEW_RESIDUAL_NS = 50e6
"""... and the line may lie this much too high."""
WRAPS_NS = tuple(2.0**bits * unit for bits, unit in [(16, 1e6), (32, 1.0), (32, 1e3), (32, 1e6)])
"""Spans after which 16- and 32-bit stamps in ns, us or ms begin again (those above a second)."""
_BURST_FRAMES = 40


@dataclass(frozen=True, slots=True)
class Line:
    """host = camera + offset_ns + slope * (camera - origin_ns), on the lower envelope."""

    origin_ns: int
    offset_ns: float
    slope: float
    residual_ns: float
    """The line is at most this far from that of the smallest delay."""

    def host_ns(self, camera_ns: Ints) -> Ints:
        """Earliest host time at which frames with these stamps could be taken, ns."""
        since = (camera_ns - self.origin_ns).astype(np.float64)
        return camera_ns + np.rint(self.offset_ns + self.slope * since).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ClockFit:
    """Which clock dates the frames, and how well it is known."""

    source: str
    offset_s: float
    """Host minus camera at the first frame, s."""
    drift_ppm: float
    residual_ms: float
    pieces: int = 1
    """More than one where the camera's clock jumped or began again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark lies in a film; the half-widths are bounds."""

    t_s: float
    t_halfwidth_s: float
    frame: float
    frame_halfwidth: float


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """Starts of exposure in host time; `starts_ns` are true within `halfwidth_ns`."""

    numbers: Ints
    starts_ns: Ints
    halfwidth_ns: float
    interval_ns: float
    """Mean time per number of the camera's count."""
    fit: ClockFit

    @property
    def times_s(self) -> Floats:
        """Starts of exposure, s; 0 is that of the first frame."""
        return (self.starts_ns - self.starts_ns[:1]).astype(np.float64) / 1e9

    def t_s(self, host_ns: float) -> float:
        """Host time as seconds since the first start of exposure; since 0 without frames."""
        start = int(self.starts_ns[0]) if len(self.starts_ns) else 0
        return (host_ns - start) / 1e9

    def coordinate(self, host_ns: float) -> float:
        """Frame coordinate of a host time: n + phi lies phi of the way from start n to start n + 1.

        Before the first and after the last frame the mean interval continues; NaN without frames.
        """
        if len(self.starts_ns) == 0:
            return float("nan")
        first, last = int(self.starts_ns[0]), int(self.starts_ns[-1])
        if host_ns < first:
            return float(self.numbers[0] + (host_ns - first) / self.interval_ns)
        if host_ns >= last:
            return float(self.numbers[-1] + (host_ns - last) / self.interval_ns)
        since = (self.starts_ns - first).astype(np.float64)
        return float(np.interp(host_ns - first, since, self.numbers.astype(np.float64)))

    def place(self, earliest_ns: int, latest_ns: int) -> Place:
        """A mark that happened between two host times, ns, in the film's time and frames."""
        half_ns = (latest_ns - earliest_ns) / 2
        middle_ns = earliest_ns + half_ns
        bound_ns = half_ns + self.halfwidth_ns
        frame = self.coordinate(middle_ns)
        reach = (self.coordinate(middle_ns - bound_ns), self.coordinate(middle_ns + bound_ns))
        width = max(frame - reach[0], reach[1] - frame)
        return Place(self.t_s(middle_ns), bound_ns / 1e9, frame, width)


def frame_times(
    numbers: Ints,
    camera_ns: Ints,
    core_ns: Ints,
    host_ns: Ints,
    *,
    exposure_ns: float,
    latency_ns: tuple[float, float],
) -> FrameTimes:
    """Starts of exposure of n frames from their stamps, each of shape (n,), ns.

    `host_ns` is when the frame was taken; `camera_ns` or `core_ns` may hold MISSING_NS.
    `latency_ns` bounds the shortest time from the end of an exposure until the host has the
    frame, which no fit can see. What the camera's clock stamps (start or end of exposure, end of
    readout) is a constant that the fit takes up.
    """
    if _mostly_known(camera_ns):
        arrivals, residual_ns, fit = _by_camera(_filled(camera_ns, host_ns), host_ns)
    elif _mostly_known(core_ns):
        arrivals, residual_ns, fit = _by_core(numbers, _filled(core_ns, host_ns), host_ns)
    else:
        arrivals, residual_ns = _dated_by_arrival(numbers, host_ns)
        fit = ClockFit("host clock at arrival", 0.0, 0.0, residual_ns / 1e6)
    middle_ns = exposure_ns + (latency_ns[0] + latency_ns[1]) / 2
    starts_ns = np.maximum.accumulate(arrivals - round(middle_ns)) if len(arrivals) else arrivals
    return FrameTimes(
        numbers,
        starts_ns,
        halfwidth_ns=residual_ns + (latency_ns[1] - latency_ns[0]) / 2,
        interval_ns=_interval(numbers, starts_ns, exposure_ns),
        fit=fit,
    )


class RunningTimes:
    """The same times while frames arrive: keeps stamps, fits when asked."""

    def __init__(self, *, exposure_ns: float, latency_ns: tuple[float, float]) -> None:
        self._exposure_ns, self._latency_ns = exposure_ns, latency_ns
        self._stamps = np.empty((4, 1024), np.int64)
        self._n = 0

    def update(self, number: int, camera_ns: int | None, core_ns: int | None, host_ns: int) -> None:
        """Take the stamps of one more frame."""
        if self._n == self._stamps.shape[1]:
            self._stamps = np.concatenate((self._stamps, np.empty_like(self._stamps)), axis=1)
        known = [MISSING_NS if stamp is None else stamp for stamp in (camera_ns, core_ns)]
        self._stamps[:, self._n] = (number, *known, host_ns)
        self._n += 1

    def times(self) -> FrameTimes:
        """Times of all frames so far: the same as `frame_times` of their stamps."""
        numbers, camera, core, host = self._stamps[:, : self._n].copy()
        return frame_times(
            numbers,
            camera,
            core,
            host,
            exposure_ns=self._exposure_ns,
            latency_ns=self._latency_ns,
        )


class CounterWrap:
    """Frame counts of a camera whose counter begins again after 16 or 32 bits, one by one.

    A count that falls from the end of such a span to its beginning has wrapped; any other fall is
    a camera that began again, and is passed on.
    """

    NEAR = 4096
    """Frames that may be missing around the wrap."""

    def __init__(self) -> None:
        self._last = 0
        self._wrapped = 0

    def __call__(self, count: int) -> int:
        """The count as if the counter had no end."""
        for span in (1 << 16, 1 << 32):
            if count < self.NEAR and span - self.NEAR <= self._last < span:
                self._wrapped += span
        self._last = count
        return count + self._wrapped


def envelope(camera_ns: Ints, host_ns: Ints, *, max_slope: float = MAX_DRIFT) -> Line:
    """The line below all points that is closest to them in the mean: delays only ever add.

    Shapes (n,), n > 0, `camera_ns` growing. It is the edge of the lower convex hull above the mean
    of `camera_ns` (Moon, Skelly, Towsley: Estimation and removal of clock skew, INFOCOM 1999),
    with a slope of at most `max_slope`.
    """
    x = (camera_ns - camera_ns[0]).astype(np.float64)
    offsets = host_ns - camera_ns
    y = (offsets - offsets[0]).astype(np.float64)
    slope = float(np.clip(_slope_below(x, y), -max_slope, max_slope))
    above = y - slope * x
    lowest = float(above.min())
    residual = _residual(above - lowest) + _resolution(camera_ns)
    return Line(int(camera_ns[0]), float(offsets[0]) + lowest, slope, residual)


def _slope_below(x: Floats, y: Floats) -> float:
    """Slope of the hull's edge over the mean of x, by moving both its ends down."""
    if x[-1] <= x[0]:
        return 0.0
    middle = x.mean()
    left, right = 0, len(x) - 1
    while True:
        slope = float((y[right] - y[left]) / (x[right] - x[left]))
        below = y - (y[left] + slope * (x - x[left]))
        lowest = int(below.argmin())
        if below[lowest] > -1e-2 or lowest in (left, right):
            return slope
        if x[lowest] <= middle:
            left = lowest
        else:
            right = lowest


def _residual(above: Floats) -> float:
    """How far the line can be from the smallest delay: what one frame in twenty stays below.

    Taken in four quarters of the film and the largest counted: a line may fit only a part.
    """
    if len(above) < FEW:
        return FEW_RESIDUAL_NS
    return max(
        float(np.quantile(quarter, 0.05, method="higher")) for quarter in np.array_split(above, 4)
    )


def _resolution(stamps_ns: Ints) -> float:
    """The step in which a clock counts, ns, at most 1 ms."""
    return min(float(np.gcd.reduce(stamps_ns)), 1e6)


def _by_camera(camera_ns: Ints, host_ns: Ints) -> tuple[Ints, float, ClockFit]:
    camera_ns, edges = pieces(camera_ns, host_ns)
    lines = [envelope(camera_ns[a:b], host_ns[a:b]) for a, b in edges]
    arrivals = np.concatenate(
        [line.host_ns(camera_ns[a:b]) for line, (a, b) in zip(lines, edges, strict=True)]
    )
    residual_ns = max(line.residual_ns for line in lines)
    longest = lines[int(np.argmax([b - a for a, b in edges]))]
    fit = ClockFit(
        "camera clock",
        lines[0].offset_ns / 1e9,
        longest.slope * 1e6,
        residual_ns / 1e6,
        len(lines),
    )
    return arrivals, residual_ns, fit


def _by_core(numbers: Ints, core_ns: Ints, host_ns: Ints) -> tuple[Ints, float, ClockFit]:
    """The core's clock is the host's at arrival: its own line, plus the jitter of arrivals."""
    arrivals, residual_ns, fit = _by_camera(core_ns, host_ns)
    arrivals, jitter_ns = _dated_by_arrival(numbers, arrivals)
    total_ns = residual_ns + jitter_ns
    name = "core clock at arrival (ElapsedTime)"
    return (
        arrivals,
        total_ns,
        ClockFit(name, fit.offset_s, fit.drift_ppm, total_ns / 1e6, fit.pieces),
    )


def pieces(camera_ns: Ints, host_ns: Ints) -> tuple[Ints, list[tuple[int, int]]]:
    """Stamps with wraps undone, and the stretches [a, b) in which the camera's clock ran on.

    A clock that steps back has wrapped (where that explains the host's time) or begun again; one
    that gains more than JUMP_NS on the host within a frame, to below all delays so far, has jumped.
    """
    camera_ns = camera_ns.copy()
    d_host = np.diff(host_ns)
    start, edges = 0, []
    gain = np.diff(camera_ns) - d_host
    for i in np.flatnonzero((gain + d_host < 0) | (gain > JUMP_NS)).tolist():
        step = int(camera_ns[i + 1] - camera_ns[i])
        if step < 0:
            wrap = _wrap(step, int(d_host[i]))
            camera_ns[i + 1 :] += wrap
            begins = wrap == 0
        else:
            lowest = (host_ns[start : i + 1] - camera_ns[start : i + 1]).min()
            begins = host_ns[i + 1] - camera_ns[i + 1] < lowest - JUMP_NS
        if begins:
            edges.append((start, i + 1))
            start = i + 1
    return camera_ns, [*edges, (start, len(camera_ns))]


def _wrap(step_ns: int, host_step_ns: int) -> int:
    for span in WRAPS_NS:
        if abs(step_ns + span - host_step_ns) < 500e6:
            return int(span)
    return 0


def _dated_by_arrival(numbers: Ints, stamps_ns: Ints) -> tuple[Ints, float]:
    """Arrivals without their delays, and how far they may be off.

    Where one line fits all counts, the camera ran evenly and the line dates the frames; where the
    count missed frames or the camera paused, only bursts are undone. What scatters may be delay or
    uneven exposures, so it counts in the bound.
    """
    n = len(stamps_ns)
    if n < FEW:
        return stamps_ns, FEW_RESIDUAL_NS
    count = numbers if (np.diff(numbers) > 0).all() else np.arange(n, dtype=np.int64)
    interval_ns = float(np.median(np.diff(stamps_ns) / np.diff(count)))
    grid = np.rint((count - count[0]) * interval_ns).astype(np.int64)
    line = envelope(grid, stamps_ns, max_slope=0.1)
    even = line.host_ns(grid)
    if line.residual_ns < interval_ns / 2:
        return even, line.residual_ns + float(np.quantile(stamps_ns - even, 0.75))
    unbunched = grid + _least_of_next(stamps_ns - grid)
    return unbunched, float((stamps_ns - unbunched).max()) + interval_ns


def _least_of_next(late: Ints) -> Ints:
    """A frame came no later than those after it allow."""
    padded = np.concatenate((late, np.full(_BURST_FRAMES - 1, late[-1])))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _BURST_FRAMES)
    least: Ints = windows.min(axis=1)
    return least


def _mostly_known(stamps_ns: Ints) -> bool:
    return len(stamps_ns) > 0 and bool(np.mean(stamps_ns != MISSING_NS) > 0.5)


def _filled(stamps_ns: Ints, host_ns: Ints) -> Ints:
    """Single missing stamps put where the host's times say."""
    known = stamps_ns != MISSING_NS
    if known.all():
        return stamps_ns
    first = int(np.flatnonzero(known)[0])
    since = (host_ns - host_ns[first]).astype(np.float64)
    values = (stamps_ns[known] - stamps_ns[first]).astype(np.float64)
    filled = np.interp(since, since[known], values)
    return np.where(known, stamps_ns, np.rint(filled).astype(np.int64) + stamps_ns[first])


def _interval(numbers: Ints, starts_ns: Ints, exposure_ns: float) -> float:
    if len(numbers) > 1 and numbers[-1] > numbers[0] and starts_ns[-1] > starts_ns[0]:
        return float(starts_ns[-1] - starts_ns[0]) / float(numbers[-1] - numbers[0])
    return exposure_ns or 1e9
