"""What the window shows, as frozen records: they cross from the reading thread to Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.viewer.contrast import Limits
from onset.viewer.focus import Focus
from onset.viewer.levels import Levels
from onset.viewer.spots import NO_SPOTS, Floats, Ints, Spots
from onset.viewer.traces import Trace


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the film's time, s."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis: what was done, its bound, and the front that followed it."""

    what: str
    t_s: float
    bound: Band
    arrival: Band | None
    label: str
    step: int | None = None
    """Of the protocol, from 0; None for what a person did."""
    told: str = ""
    """What was sent and answered, and after what time."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames of the film."""

    written: int
    dropped: int | None
    """None where the camera does not count."""
    gaps: tuple[tuple[int, int], ...]
    """First and last number of each."""
    rate_hz: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The recording as of one look at it."""

    status: str
    reason: str | None
    counts: Counts
    numbers: Ints
    times_s: Floats
    means: Floats
    """Mean intensity of each frame, NaN where it was not read or not lit."""
    ticks: tuple[Tick, ...] = ()
    spots: Spots = NO_SPOTS
    planned_end_s: float | None = None
    trouble: str | None = None
    """What could not be read."""
    unit: str = "ADU"
    """Of means and traces."""
    traces: tuple[Trace, ...] = ()
    """Of the spots that were chosen."""

    @property
    def injected_s(self) -> float | None:
        """Time of the first injection; None before it."""
        return next((tick.t_s for tick in self.ticks if tick.what == "inject"), None)

    @property
    def zero_s(self) -> float:
        """The film's time that the axes call 0."""
        return self.injected_s or 0.0

    @property
    def end_s(self) -> float:
        """Time of the newest frame."""
        return float(self.times_s[-1]) if len(self.times_s) else 0.0

    @property
    def half_frame_s(self) -> float:
        """Half the mean interval of the frames; 0 where there are not two."""
        n = len(self.times_s)
        return float(self.times_s[-1] - self.times_s[0]) / (n - 1) / 2 if n > 1 else 0.0

    def detected_s(self) -> Floats:
        """Times of the frames in which the spots were found."""
        if len(self.times_s) == 0:
            return np.zeros(len(self.spots))
        found = np.searchsorted(self.numbers, self.spots.detected_frame)
        times: Floats = self.times_s[np.minimum(found, len(self.times_s) - 1)]
        return times


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame, ready to be shown."""

    position: int
    number: int
    t_s: float
    image: npt.NDArray[np.generic]
    """As the camera gave it."""
    limits: Limits
    painted: npt.NDArray[np.uint32]
    """0xffRRGGBB, `coarse` camera pixels wide and high."""
    coarse: int
    levels: Levels
    focus: Focus | None


NOTHING_SEEN = Seen(
    status="running",
    reason=None,
    counts=Counts(written=0, dropped=None, gaps=(), rate_hz=0.0),
    numbers=np.empty(0, np.int64),
    times_s=np.empty(0),
    means=np.empty(0),
)
