"""Measuring a film: spots and when they turn on; arrays in, tables out, no device and no clock."""

from onset.analysis.detect import Detector, Spot, warm_up

__all__ = ["Detector", "Spot", "warm_up"]
