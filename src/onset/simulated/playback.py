"""A Micro-Manager camera that plays a recorded film through the whole acquisition, then stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.experiment.clock import installed
from onset.recording.films import Film, open_film
from onset.simulated.exposures import ARM_NS, CameraClock, Timing, tags
from onset.simulated.settings import Property, SettingsCamera, at_least

GetBuffer = Callable[[Sequence[int], npt.DTypeLike], npt.NDArray[np.uint16]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set besides the film and the exposure."""

    interval_ms: float = 0.0
    """0: as the film says, else the exposure."""
    clock_offset_s: float = 100.0
    clock_drift_ppm: float = 0.0


PROPERTIES = (
    Property("Interval_ms", "interval_ms", at_least(0.0)),
    Property("ClockOffset_s", "clock_offset_s", float),
    Property("ClockDrift_ppm", "clock_drift_ppm", float),
)


class PlaybackCamera(SettingsCamera[Settings]):
    """Delivers the frames of its property Film bit by bit; missing frame numbers stay missing."""

    def __init__(self) -> None:
        super().__init__(Settings(), PROPERTIES)
        self.register_property(
            "Film",
            getter=lambda _: "" if self._film is None else str(self._film.path),
            setter=lambda _, path: self._load(str(path)),
            property_type=str,
        )
        self._film: Film | None = None
        self._exposure_ms = 50.0
        self._switched_on_ns = installed().now_ns()

    def shutdown(self) -> None:
        """Let go of the film."""
        self._load("")

    def get_exposure(self) -> float:
        """As set; the film does not say."""
        return self._exposure_ms

    def set_exposure(self, exposure: float) -> None:
        """Only told on, and the interval of a film that says none."""
        self._exposure_ms = at_least(0.01)(exposure)

    def get_actual_interval_ms(self) -> float:
        """As set, else as the film says, else the exposure."""
        if self.settings.interval_ms > 0:
            return self.settings.interval_ms
        if self._film is not None and self._film.interval_s is not None:
            return self._film.interval_s * 1000.0
        return self._exposure_ms

    def shape(self) -> tuple[int, int]:
        """Height and width of the film."""
        return (1, 1) if self._film is None else self._film.shape[1:]

    def dtype(self) -> npt.DTypeLike:
        """16 bit."""
        return np.uint16

    def start_sequence(self, n: int | None, get_buffer: GetBuffer) -> Iterator[Mapping[str, str]]:
        """Play the film from its start, `n` frames of it at most."""
        if self._film is None:
            raise ValueError("no film is loaded: set the property Film to its path")
        length = len(self._film) if n is None else min(n, len(self._film))
        return self._deliver(self._film, length, get_buffer)

    def _load(self, path: str) -> None:
        film = open_film(path) if path else None
        if self._film is not None:
            self._film.close()
        self._film = film

    def _deliver(self, film: Film, n: int, get_buffer: GetBuffer) -> Iterator[Mapping[str, str]]:
        clock, name, own = installed(), f"camera {self.get_label()}", self.settings
        ticking = CameraClock(self._switched_on_ns, own.clock_offset_s, own.clock_drift_ppm)
        interval_ms = self.get_actual_interval_ms()
        timing = Timing(min(self._exposure_ms, interval_ms), interval_ms, readout_ms=0.0)
        numbers = [int(number) for number in film.numbers[:n] - film.numbers[0]]
        try:
            for position, exposure in enumerate(timing.exposures(clock.now_ns() + ARM_NS, numbers)):
                clock.hold(name, exposure.delivered_ns)
                image = film[position]
                clock.wait_until(exposure.delivered_ns)
                get_buffer(image.shape, image.dtype)[:] = image
                if position + 1 == n:  # the core does not come back after the last frame
                    clock.release(name)
                yield tags(exposure, ticking)
        finally:
            clock.release(name)
