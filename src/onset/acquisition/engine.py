"""Protocol steps become due, once each; no device, no clock and no thread in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onset.errors import Refused
from onset.experiment.protocol import End, Inject, LastingStep, Step


@dataclass(frozen=True, slots=True)
class Due:
    """A step whose time has come."""

    number: int
    step: Step
    due_s: float


@dataclass(slots=True)
class _Progress:
    begun_s: float | None = None
    done_s: float | None = None


class Engine:
    """Decides which steps are due from the time since the first frame and the frames so far.

    A step without a time of its own follows the one before: it is due when that one's planned
    duration is over and whoever carries it out has said that it is done.
    """

    def __init__(self, steps: Sequence[Step], end: End) -> None:
        self._steps = tuple(steps)
        self._end = end
        self._progress = [_Progress() for _ in self._steps]

    def due(self, t_s: float, frame: int) -> list[Due]:
        """Steps that have become due at time `t_s` and with `frame` frames since the first one."""
        ready: list[Due] = []
        for number, step in enumerate(self._steps):
            progress = self._progress[number]
            if progress.begun_s is None:
                when = self._when(number, step, t_s, frame)
                if when is None or when > t_s:
                    continue
                progress.begun_s = when
                ready.append(Due(number, step, when))
            self._let_pass(step, progress, t_s)
        return ready

    def hasten(self, t_s: float) -> Due:
        """The next injection, now; raises `Refused` where a step before it has not begun."""
        for number, step in enumerate(self._steps):
            if self._progress[number].begun_s is not None:
                continue
            if not isinstance(step, Inject):
                raise Refused(f"step {number + 1} ({step.do}) comes before the next injection")
            self._cut_short(number, t_s)
            self._progress[number].begun_s = t_s
            return Due(number, step, t_s)
        raise Refused("no injection is left in this protocol")

    def state(self, number: int) -> tuple[Literal["done", "doing", "to come"], float | None]:
        """How far a step is, and when it began."""
        progress = self._progress[number]
        if progress.begun_s is None:
            return "to come", None
        return ("doing" if progress.done_s is None else "done"), progress.begun_s

    def finished(self, number: int, t_s: float) -> None:
        """Whoever carries out step `number` says that it is done."""
        self._progress[number].done_s = t_s

    def is_over(self, t_s: float) -> bool:
        """Is the run at its planned end?"""
        if self._end.when == "camera-stops":
            return False
        if self._end.at_s is not None:
            return t_s >= self._end.at_s
        ends = [self._ended_s(number) for number in range(len(self._steps))]
        known = [end for end in ends if end is not None]
        return len(known) == len(ends) and t_s >= max(known) + self._end.after_s

    def begun(self) -> list[int]:
        """Numbers of the steps that are under way."""
        progress = enumerate(self._progress)
        return [n for n, p in progress if p.begun_s is not None and p.done_s is None]

    def _cut_short(self, before: int, t_s: float) -> None:
        """What only lasts ends now."""
        for step, progress in zip(self._steps[:before], self._progress, strict=False):
            if isinstance(step, LastingStep) and progress.done_s is None:
                progress.done_s = t_s

    def _when(self, number: int, step: Step, t_s: float, frame: int) -> float | None:
        if step.at_s is not None:
            return step.at_s
        if step.at_frame is not None:
            return t_s if frame >= step.at_frame else None
        previous = 0.0 if number == 0 else self._ended_s(number - 1)
        return None if previous is None else previous + (step.after_s or 0.0)

    def _let_pass(self, step: Step, progress: _Progress, t_s: float) -> None:
        if isinstance(step, LastingStep) and progress.begun_s is not None:
            over = progress.begun_s + step.duration_s
            if progress.done_s is None and t_s >= over:
                progress.done_s = over

    def _ended_s(self, number: int) -> float | None:
        """When a step counts as ended: as planned, so that small delays do not add up."""
        progress = self._progress[number]
        if progress.begun_s is None or progress.done_s is None:
            return None
        step = self._steps[number]
        if step.do == "ask" or (step.duration_s == 0 and step.do in ("inject", "withdraw")):
            return progress.done_s
        if isinstance(step, LastingStep):
            return min(progress.done_s, progress.begun_s + step.duration_s)
        return progress.begun_s + step.duration_s
