"""One look at a recording: counts, marks, spots, times; reads only what was added since."""

from __future__ import annotations

import numpy as np

from onset.errors import FileMistake
from onset.experiment.records import FrameFlag
from onset.experiment.timeline import timeline
from onset.recording.arrive import arrived
from onset.recording.info import gaps
from onset.recording.layout import LIVE_SPOTS
from onset.recording.marks import PlacedMark
from onset.recording.read import Recording
from onset.recording.tail import Tail
from onset.viewer.seen import Band, Counts, Seen, Tick
from onset.viewer.spots import NO_SPOTS, Floats, Spots, as_columns, parse_spot


class Looker:
    """Follows ledger and spots of one recording; belongs to one thread."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._found = Tail(recording.path / LIVE_SPOTS)
        self._spots = NO_SPOTS
        self._planned_end_s = planned_end_s(recording)

    def look(self, means: Floats) -> Seen:
        """The recording as it is now; `means` of its frames come from whoever reads them."""
        recording = self._recording
        n = len(means)
        return Seen(
            status=recording.status,
            reason=recording.reason,
            counts=_counts(recording),
            numbers=recording.numbers[:n],
            times_s=recording.times_s[:n],
            means=_lit_only(means, recording),
            ticks=self._ticks(),
            spots=self.spots(),
            planned_end_s=self._planned_end_s,
        )

    def spots(self) -> Spots:
        """All that were found until now; the same object while there is no new one."""
        lines = self._found.lines()
        if lines:
            self._spots = self._spots.followed_by(as_columns(parse_spot(line) for line in lines))
        return self._spots

    def _ticks(self) -> tuple[Tick, ...]:
        if len(self._recording) == 0:
            return ()
        return tuple(_tick(mark, self._recording) for mark in self._recording.marks)


def planned_end_s(recording: Recording) -> float | None:
    """When the protocol means the run to end; None where there is none, or it does not say."""
    try:
        protocol = recording.protocol
    except FileMistake:  # written by another version: the film is no worse for it
        return None
    exposure_ms = recording.session.camera.exposure_ms
    if protocol is None or exposure_ms is None:
        return None
    return timeline(protocol, exposure_ms / 1000).end_s


def _counts(recording: Recording) -> Counts:
    stretches = gaps(recording)
    counted = len(recording) > 0 and bool(np.all(recording.flags & int(FrameFlag.COUNTED)))
    newest = recording.times_s[-50:]
    spread_s = float(newest[-1] - newest[0]) if len(newest) > 1 else 0.0
    return Counts(
        written=len(recording),
        dropped=sum(last - first + 1 for first, last in stretches) if counted else None,
        gaps=tuple(stretches),
        rate_hz=(len(newest) - 1) / spread_s if spread_s > 0 else 0.0,
    )


def _lit_only(means: Floats, recording: Recording) -> Floats:
    """Without the frames in the dark, unless all are: they would press the curve flat."""
    lit = (recording.flags[: len(means)] & int(FrameFlag.LIT)) != 0
    return np.where(lit, means, np.nan) if lit.any() else means


def _tick(mark: PlacedMark, recording: Recording) -> Tick:
    bound = Band(mark.t_s - mark.t_halfwidth_s, mark.t_s + mark.t_halfwidth_s)
    arrival = _arrival(mark, recording)
    return Tick(mark.what, mark.t_s, bound, arrival, _label(mark), mark.step, _told(mark))


def _told(mark: PlacedMark) -> str:
    """The stamps of the command, from when it was due."""
    if mark.mark is None:
        return ""
    stamps = mark.mark.stamps
    moments = (
        ("asked", stamps.asked_ns), ("sent", stamps.sent_ns),
        ("answered", stamps.replied_ns), ("confirmed", stamps.confirmed_ns),
    )  # fmt: skip
    parts = [f"{name} {(at_ns - stamps.due_ns) / 1e6:+.1f} ms" for name, at_ns in moments if at_ns]
    return f"After it was due: {', '.join(parts)}."


def _arrival(mark: PlacedMark, recording: Recording) -> Band | None:
    try:
        front = arrived(mark, recording.rig.flow if recording.rig else None)
    except FileMistake:
        return None
    return Band(front.t10_s, front.t90_s) if front else None


def _label(mark: PlacedMark) -> str:
    words = [mark.what]
    if mark.reagent:
        words.append(mark.reagent.name)
    if mark.reagent and mark.reagent.ug_per_ml is not None:
        words.append(f"{mark.reagent.ug_per_ml:g} \N{MICRO SIGN}g/mL")
    words += [str(mark.values["text"])] if "text" in mark.values else []
    return " ".join(words)
