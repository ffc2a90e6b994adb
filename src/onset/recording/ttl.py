"""A pump's run output on the camera's TTL input: between which frames the pump began or stopped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from onset.experiment.records import FrameFlag
from onset.experiment.rig import CameraTtlSpec
from onset.recording.marks import STARTS, PlacedMark
from onset.recording.seen import Bias, SeenMark, bias_of
from onset.timing import FrameTimes

BESIDE_S = 0.5
"""The line may turn this much beside what the command's interval says."""


class TtlLine:
    """The line as the frames of a film saw it."""

    def __init__(
        self, spec: CameraTtlSpec, flags: npt.NDArray[np.uint32], times: FrameTimes
    ) -> None:
        self._spec, self._times = spec, times
        active = (flags & int(FrameFlag.TTL)) != 0
        before = np.flatnonzero(active[1:] != active[:-1])
        seen_s = times.times_s
        if spec.sampled == "exposure-end":
            seen_s = seen_s + times.exposures.middle_ns / 1e9
        self._runs = active[before + 1]
        self._earliest_s, self._latest_s = seen_s[before], seen_s[before + 1]

    def turn(self, mark: PlacedMark) -> tuple[float, float] | None:
        """When the line turned as this mark wants it, s; None where it did not."""
        if mark.pump != self._spec.pump or mark.what not in (*STARTS, "pump-stop"):
            return None
        reach_s = mark.t_halfwidth_s + BESIDE_S
        near = (self._latest_s > mark.t_s - reach_s) & (self._earliest_s < mark.t_s + reach_s)
        found = np.flatnonzero(near & (self._runs == (mark.what in STARTS)))
        if len(found) == 0:
            return None
        middles_s = (self._earliest_s[found] + self._latest_s[found]) / 2
        best = found[np.argmin(np.abs(middles_s - mark.t_s))]
        return float(self._earliest_s[best]), float(self._latest_s[best])

    def dated(self, mark: PlacedMark) -> PlacedMark:
        """The mark where the line turned, within what the command allows too."""
        turn_s = self.turn(mark)
        if turn_s is None:
            return mark
        low_s = max(turn_s[0], mark.t_s - mark.t_halfwidth_s)
        high_s = min(turn_s[1], mark.t_s + mark.t_halfwidth_s)
        if low_s > high_s:  # the command's bound was wrong: the wire is believed
            low_s, high_s = turn_s
        first_ns = int(self._times.starts_ns[0])
        low, high = (self._times.coordinate(first_ns + s * 1e9) for s in (low_s, high_s))
        return replace(
            mark,
            t_s=(low_s + high_s) / 2,
            t_halfwidth_s=(high_s - low_s) / 2,
            frame=(low + high) / 2,
            frame_halfwidth=(high - low) / 2,
            values={**mark.values, "dated_by": f"TTL of the camera ({self._spec.tag})"},
        )

    def bias(self, commanded: Sequence[PlacedMark]) -> Bias | None:
        """What the commands alone would say, against the line; None where it never turned."""
        seen = []
        for mark in commanded:
            turn_s = self.turn(mark)
            if turn_s is not None:
                at_s, width_s = sum(turn_s) / 2, turn_s[1] - turn_s[0]
                seen.append(SeenMark.of(mark, at_s, width_s / math.sqrt(12)))
        return bias_of(seen)
