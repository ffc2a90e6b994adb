"""When a simulated camera exposes and delivers its frames, and what its own clock says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

NS_PER_MS = 1_000_000
ARM_NS = 10 * NS_PER_MS  # from the command to the first exposure
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Exposure:
    """One frame's times on the clock of the process, ns."""

    number: int
    start_ns: int
    end_ns: int
    delivered_ns: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Frames follow each other at `interval_ms`; delivery is after readout and a varying delay."""

    exposure_ms: float
    interval_ms: float
    readout_ms: float = 5.0
    delay_ms: tuple[float, float] = (1.0, 4.0)
    seed: int = 0

    def exposures(
        self, first_ns: int, numbers: Iterable[int], current: Callable[[], Timing] | None = None
    ) -> Iterator[Exposure]:
        """Exposures with these numbers, number 0 at `first_ns`; deliveries keep their order.

        Each is asked for when the one before was delivered; then `current` may say another timing.
        """
        delivered_ns = since_ns = first_ns
        timing, since = self, 0
        for number in numbers:
            start_ns = since_ns + round((number - since) * timing.interval_ms * NS_PER_MS)
            if current is not None and current() != timing:
                timing, since_ns, since = current(), start_ns, number
            end_ns = start_ns + round(timing.exposure_ms * NS_PER_MS)
            delay_ms = self.readout_ms + self._delay_ms(number)
            delivered_ns = max(delivered_ns, end_ns + round(delay_ms * NS_PER_MS))
            yield Exposure(number, start_ns, end_ns, delivered_ns)

    def _delay_ms(self, number: int) -> float:
        low, high = self.delay_ms
        mixed = ((number + 1) * 0x9E3779B97F4A7C15 ^ (self.seed + 1) * 0xD1B54A32D192ED03) & _MASK
        mixed = ((mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9) & _MASK
        return low + (high - low) * (mixed >> 11) / 2**53


@dataclass(frozen=True, slots=True)
class CameraClock:
    """The camera's own clock: `offset_s` at `origin_ns`, and too fast by `drift_ppm`."""

    origin_ns: int
    offset_s: float
    drift_ppm: float

    def stamp_us(self, t_ns: int) -> int:
        """What it shows at `t_ns`, whole microseconds."""
        passed_us = (t_ns - self.origin_ns) / 1000 * (1 + self.drift_ppm * 1e-6)
        return round(self.offset_s * 1e6 + passed_us)


def tags(exposure: Exposure, clock: CameraClock) -> dict[str, str]:
    """Metadata of one frame: the camera's count, and its own time at the start of exposure."""
    return {
        "FrameCounter": str(exposure.number),
        "CameraClock-us": str(clock.stamp_us(exposure.start_ns)),
    }
