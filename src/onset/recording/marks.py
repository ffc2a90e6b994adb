"""Marks of a recording: read from the ledger, placed in the film's time and frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from onset.experiment.records import Mark, Stamps
from onset.recording.ledger import Entry, parse
from onset.timing import FrameTimes

STARTS = ("inject", "withdraw", "prime")
"""Marks of a pump that begins."""


@dataclass(frozen=True, slots=True)
class Reagent:
    """What a pump held."""

    name: str
    ug_per_ml: float | None


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """Something done, as an interval of the film's time and frames (half-widths are bounds)."""

    what: str
    step: int | None
    asked_s: float
    done_s: float
    t_s: float
    t_halfwidth_s: float
    frame: float
    frame_halfwidth: float
    values: Mapping[str, object] = field(default_factory=dict)
    pump: str | None = None
    reagent: Reagent | None = None
    mark: Mark | None = None
    """The record itself, in host time."""

    def number(self, name: str, unknown: float = math.nan) -> float:
        """A value; `unknown` where there is none."""
        value = self.values.get(name)
        return float(value) if isinstance(value, (int, float)) else unknown

    @property
    def pushed_ul(self) -> float:
        """What went in: less than was asked where a stop cut it short; NaN where nobody knows."""
        return self.number("delivered_ul", self.number("volume_ul"))


def marks_in(lines: Iterable[bytes]) -> list[Mark]:
    """The marks among lines of a ledger, in host time; most lines are bytes of the wires."""
    entries = (parse(line) for line in lines if b'"mark"' in line)
    return list(marks(entry for entry in entries if entry is not None))


def marks(entries: Iterable[Entry]) -> Iterator[Mark]:
    """The marks of a ledger, in host time."""
    return (as_mark(entry.payload) for entry in entries if entry.kind == "mark")


def as_mark(payload: Mapping[str, object]) -> Mark:
    """The mark that was written as this payload."""
    content = dict(payload)
    stamps = content.pop("stamps")
    assert isinstance(stamps, dict)
    return Mark(stamps=Stamps(**stamps), **content)  # type: ignore[arg-type]


def placed(mark: Mark, times: FrameTimes) -> PlacedMark:
    """The mark in the film's time and frames."""
    place = times.place(mark.earliest_ns, mark.latest_ns)
    stamps = mark.stamps
    done_ns = stamps.confirmed_ns or stamps.replied_ns or stamps.sent_ns
    reagent = Reagent(mark.reagent, mark.ug_per_ml) if mark.reagent else None
    return PlacedMark(
        what=mark.what,
        step=mark.step,
        asked_s=times.t_s(stamps.asked_ns),
        done_s=times.t_s(done_ns),
        t_s=place.t_s,
        t_halfwidth_s=place.t_halfwidth_s,
        frame=place.frame,
        frame_halfwidth=place.frame_halfwidth,
        values=mark.values,
        pump=mark.pump,
        reagent=reagent,
        mark=mark,
    )


def cut_short(marks: Sequence[PlacedMark]) -> list[PlacedMark]:
    """The marks; a delivery that a stop ended before its volume was in has `delivered_ul`."""
    return [
        replace(mark, values={**mark.values, "delivered_ul": stop.values.get("delivered_ul")})
        if mark.what in STARTS and (stop := _stop_of(mark, marks[i + 1 :])) is not None
        else mark
        for i, mark in enumerate(marks)
    ]


def _stop_of(mark: PlacedMark, later: Sequence[PlacedMark]) -> PlacedMark | None:
    for other in later:
        if other.pump == mark.pump and other.what in (*STARTS, "pump-stop"):
            return other if other.what == "pump-stop" and other.t_s < _planned_end_s(mark) else None
    return None


def _planned_end_s(mark: PlacedMark) -> float:
    lasts_s = 60 * mark.number("volume_ul", math.inf) / (mark.number("rate_ul_min") or math.nan)
    return mark.t_s + lasts_s if lasts_s > 0 else math.inf
