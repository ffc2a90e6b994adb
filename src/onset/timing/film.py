"""Starts of exposure of a film's frames in host time, and marks in frame coordinates, with bounds.

The derivation is in docs/explanation/time.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onset.timing.arrivals import Arrivals, ClockFit, by_camera, by_core, by_host
from onset.timing.envelope import FEW_RESIDUAL_NS
from onset.timing.exposures import ExposureChange, Exposures, closely, constant, roughly
from onset.timing.stamps import Floats, Ints, filled, mostly_known

AT_START = "exposure-start"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark lies in a film; the half-widths are bounds."""

    t_s: float
    t_halfwidth_s: float
    frame: float
    frame_halfwidth: float


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """Starts of exposure in host time; `starts_ns` are true within `halfwidths_ns`."""

    numbers: Ints
    starts_ns: Ints
    halfwidths_ns: Floats
    """(n,): alike but around a change of the exposure."""
    fit: ClockFit
    exposures: Exposures
    interval_before_ns: float
    """Mean time per number of the camera's count at the film's beginning ..."""
    interval_after_ns: float
    """... and at its end: elsewhere only where the exposure was changed."""

    @property
    def halfwidth_ns(self) -> float:
        """Bound of all starts."""
        return float(self.halfwidths_ns.max()) if len(self.halfwidths_ns) else FEW_RESIDUAL_NS

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

        Before the first and after the last frame the interval there continues; NaN without frames.
        """
        if len(self.starts_ns) == 0:
            return float("nan")
        first, last = int(self.starts_ns[0]), int(self.starts_ns[-1])
        if host_ns < first:
            return float(self.numbers[0] + (host_ns - first) / self.interval_before_ns)
        if host_ns >= last:
            return float(self.numbers[-1] + (host_ns - last) / self.interval_after_ns)
        since = (self.starts_ns - first).astype(np.float64)
        return float(np.interp(host_ns - first, since, self.numbers.astype(np.float64)))

    def place(self, earliest_ns: int, latest_ns: int) -> Place:
        """A mark that happened between two host times, ns, in the film's time and frames."""
        half_ns = (latest_ns - earliest_ns) / 2
        middle_ns = earliest_ns + half_ns
        bound_ns = half_ns + self._bound_near(middle_ns, half_ns)
        frame = self.coordinate(middle_ns)
        reach = (self.coordinate(middle_ns - bound_ns), self.coordinate(middle_ns + bound_ns))
        width = max(frame - reach[0], reach[1] - frame)
        return Place(self.t_s(middle_ns), bound_ns / 1e9, frame, width)

    def _bound_near(self, middle_ns: float, half_ns: float) -> float:
        """Of the frames among which a mark lies."""
        reach_ns = half_ns + self.halfwidth_ns
        first, last = np.searchsorted(self.starts_ns, (middle_ns - reach_ns, middle_ns + reach_ns))
        near = self.halfwidths_ns[max(int(first) - 1, 0) : int(last) + 1]
        return float(near.max()) if len(near) else self.halfwidth_ns


def frame_times(
    numbers: Ints,
    camera_ns: Ints,
    core_ns: Ints,
    host_ns: Ints,
    *,
    exposure_ns: float,
    latency_ns: tuple[float, float],
    changes: Sequence[ExposureChange] = (),
    stamps: str | None = None,
) -> FrameTimes:
    """Starts of exposure of n frames from their stamps, each of shape (n,), ns.

    `host_ns` is when the frame was taken; `camera_ns` or `core_ns` may hold MISSING_NS.
    `latency_ns` bounds the shortest time from the end of an exposure until the host has the
    frame, which no fit can see. What the camera's clock `stamps` (exposure-start, exposure-end,
    readout-end) is a constant that the fit takes up, but where the exposure changes.
    """
    film = _Film(numbers, camera_ns, core_ns, host_ns, (latency_ns[0] + latency_ns[1]) / 2, stamps)
    reach_ns = (latency_ns[1] - latency_ns[0]) / 2
    exposures = constant(len(numbers), exposure_ns)
    if changes:
        exposures = roughly(host_ns, exposure_ns, changes)
        found = film.arrivals(exposures)
        bounds_ns = found.residuals_ns + reach_ns
        ends_ns = found.host_ns - round(film.delay_ns)
        exposures = closely(ends_ns, bounds_ns, exposure_ns, changes)
    found = film.arrivals(exposures)
    starts_ns = film.starts_ns(found, exposures)
    alike = exposures.alike()
    intervals_ns = [
        _interval(numbers[part], starts_ns[part], exposures.middle_ns[part])
        for part in (alike[:1] + alike[-1:] or [slice(None)] * 2)
    ]
    return FrameTimes(
        numbers,
        starts_ns,
        found.residuals_ns + reach_ns + film.doubts_ns(exposures),
        found.fit,
        exposures,
        intervals_ns[0],
        intervals_ns[-1],
    )


@dataclass(frozen=True, slots=True)
class _Film:
    """Stamps of frames, and what they stamp."""

    numbers: Ints
    camera_ns: Ints
    core_ns: Ints
    host_ns: Ints
    delay_ns: float
    stamps: str | None

    @property
    def _has_starts(self) -> bool:
        """Does a clock of the camera stamp the starts themselves?"""
        return self.stamps == AT_START and mostly_known(self.camera_ns)

    def arrivals(self, exposures: Exposures) -> Arrivals:
        """Ends of exposure and the smallest delay, by the best clock there is."""
        if mostly_known(self.camera_ns):
            camera_ns = filled(self.camera_ns, self.host_ns)
            return by_camera(camera_ns, self.host_ns, self._later_ns(exposures))
        if mostly_known(self.core_ns):
            core_ns = filled(self.core_ns, self.host_ns)
            return by_core(self.numbers, core_ns, self.host_ns, exposures)
        return by_host(self.numbers, self.host_ns, exposures)

    def starts_ns(self, arrivals: Arrivals, exposures: Exposures) -> Ints:
        """Each the frame's exposure and the delay before its arrival."""
        exposed_ns = exposures.least_ns if self._has_starts else exposures.middle_ns
        starts = arrivals.host_ns - np.rint(exposed_ns + self.delay_ns).astype(np.int64)
        return np.maximum.accumulate(starts) if len(starts) else starts

    def doubts_ns(self, exposures: Exposures) -> Floats:
        """What starts of exposure do not tell where only ends are stamped."""
        if self._has_starts:
            return np.zeros(len(self.numbers))
        return (exposures.most_ns - exposures.least_ns) / 2

    def _later_ns(self, exposures: Exposures) -> Ints | None:
        """Of ends of exposure; assumed too early in doubt: a frame that looks late does no harm."""
        least_ns = exposures.least_ns
        if not self._has_starts or least_ns.min() == least_ns.max():
            return None
        later_ns: Ints = np.rint(least_ns - least_ns[0]).astype(np.int64)
        return later_ns


def _interval(numbers: Ints, starts_ns: Ints, exposures_ns: Floats) -> float:
    """Mean over the steps in which the camera counted on: one that begins again counts back."""
    counts, steps_ns = np.diff(numbers), np.diff(starts_ns)
    on = counts > 0
    if on.any() and steps_ns[on].sum() > 0:
        return float(steps_ns[on].sum()) / float(counts[on].sum())
    return float(exposures_ns[0]) if len(exposures_ns) and exposures_ns[0] > 0 else 1e9
