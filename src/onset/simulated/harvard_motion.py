"""What the plunger of a Harvard pump will do from a run command on: stretches, and why they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from onset.experiment.clock import NS

Ending: TypeAlias = Literal["T*", "*"]

RAMP_PIECES = 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """Constant speed, never below 0; `end_ns` None is until told otherwise."""

    start_ns: int
    end_ns: int | None
    ul_per_s: float

    def moved_ul(self, t_ns: int) -> float:
        """Volume moved in this stretch by `t_ns`."""
        end_ns = t_ns if self.end_ns is None else min(t_ns, self.end_ns)
        return self.ul_per_s * max(0, end_ns - self.start_ns) / NS


@dataclass(frozen=True, slots=True)
class Limit:
    """A volume after which the motion ends."""

    volume_ul: float
    ending: Ending


@dataclass(frozen=True, slots=True)
class Motion:
    """Stretches in order; `ending` None is without end."""

    start_ns: int
    stretches: tuple[Stretch, ...]
    ending: Ending | None = None

    @property
    def end_ns(self) -> int | None:
        """When it will be over by itself."""
        return self.stretches[-1].end_ns if self.stretches else self.start_ns

    def moved_ul(self, t_ns: int) -> float:
        """Volume moved by `t_ns`."""
        return sum(stretch.moved_ul(t_ns) for stretch in self.stretches)

    def lasted_s(self, t_ns: int) -> float:
        """Time run by `t_ns`."""
        end_ns = self.end_ns
        return max(0, (t_ns if end_ns is None else min(t_ns, end_ns)) - self.start_ns) / NS

    def ul_per_s(self, t_ns: int) -> float:
        """Speed at `t_ns`."""
        now = (s for s in self.stretches if s.end_ns is None or t_ns < s.end_ns)
        stretch = next(now, None)
        return 0.0 if stretch is None or t_ns < stretch.start_ns else stretch.ul_per_s


def steady(t_ns: int, ul_per_s: float) -> tuple[Stretch, ...]:
    """One speed from `t_ns` on."""
    return (Stretch(t_ns, None, ul_per_s),)


def ramp(t_ns: int, first: float, last: float, seconds: float) -> tuple[Stretch, ...]:
    """A linear change of speed (uL/s) in small steps of the right volume."""
    edges = [t_ns + round(seconds * NS * n / RAMP_PIECES) for n in range(RAMP_PIECES + 1)]
    step = (last - first) / RAMP_PIECES
    return tuple(
        Stretch(edges[n], edges[n + 1], first + step * (n + 0.5)) for n in range(RAMP_PIECES)
    )


def limited(
    t_ns: int, stretches: Sequence[Stretch], limits: Sequence[Limit], end_ns: int | None
) -> Motion:
    """The motion up to the first limit of volume, or up to `end_ns`, whichever is first."""
    ending: Ending | None = None if end_ns is None else "T*"
    kept = _until(stretches, end_ns)
    for limit in limits:
        reached_ns = _reaches_ns(kept, limit.volume_ul, t_ns)
        if reached_ns is not None:
            kept, ending = _until(kept, reached_ns), limit.ending
    if ending is None and kept and kept[-1].end_ns is not None:
        ending = "T*"
    return Motion(t_ns, kept, ending)


def _until(stretches: Sequence[Stretch], end_ns: int | None) -> tuple[Stretch, ...]:
    if end_ns is None:
        return tuple(stretches)
    return tuple(
        stretch
        if stretch.end_ns is not None and stretch.end_ns <= end_ns
        else replace(stretch, end_ns=end_ns)
        for stretch in stretches
        if stretch.start_ns < end_ns
    )


def _reaches_ns(stretches: Sequence[Stretch], volume_ul: float, t_ns: int) -> int | None:
    left_ul = volume_ul
    if left_ul <= 0:
        return t_ns
    for stretch in stretches:
        moved_ul = float("inf") if stretch.end_ns is None else stretch.moved_ul(stretch.end_ns)
        if stretch.ul_per_s and moved_ul > left_ul + 1e-9 and left_ul != float("inf"):
            return stretch.start_ns + round(left_ul / stretch.ul_per_s * NS)
        left_ul -= moved_ul if stretch.ul_per_s else 0.0
    return None
