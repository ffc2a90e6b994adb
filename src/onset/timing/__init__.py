"""Camera clock against host clock, marks in frame coordinates, all with bounds; numbers only."""

from onset.timing.arrivals import ClockFit
from onset.timing.counter import CounterWrap
from onset.timing.envelope import FEW_RESIDUAL_NS, MAX_DRIFT, Line, envelope
from onset.timing.exposures import ExposureChange, Exposures
from onset.timing.film import FrameTimes, Place, frame_times
from onset.timing.pieces import pieces
from onset.timing.stamps import MISSING_NS, Floats, Ints

__all__ = [
    "FEW_RESIDUAL_NS",
    "MAX_DRIFT",
    "MISSING_NS",
    "ClockFit",
    "CounterWrap",
    "ExposureChange",
    "Exposures",
    "Floats",
    "FrameTimes",
    "Ints",
    "Line",
    "Place",
    "envelope",
    "frame_times",
    "pieces",
]
