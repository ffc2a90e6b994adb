"""One thread per wire carries out steps, so that no device ever waits for another."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from onset.errors import DeviceFault, OnsetError, Refused
from onset.experiment.clock import Clock
from onset.experiment.records import Mark, Stamps
from onset.hardware.semantic import Sent

HALTED = "not done: emergency stop"
WATCH_S = 0.5
"""Experiment time between two looks at a device."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step was begun (its mark) or is over."""

    step: int | None
    mark: Mark | None = None
    over: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence for the ledger."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A wire or device cannot go on."""

    who: str
    fault: Exception


Report: TypeAlias = Done | Told | Fault
Tell: TypeAlias = Callable[[Report], None]
Act: TypeAlias = Callable[[], None]
Answer: TypeAlias = Callable[[str | None], None]
"""Told once how a command went: None, or why it was refused."""


class Hand(threading.Thread):
    """Does one thing after the other on one wire; looks after the device in between."""

    def __init__(self, name: str, clock: Clock, tell: Tell) -> None:
        super().__init__(name=f"hand-{name}", daemon=True)
        self.who, self._clock, self._tell = name, clock, tell
        self._line: deque[_Job | None] = deque()
        self._longer = threading.Condition()
        self._ended = ""
        self.is_halted = False
        """Since an emergency it only makes safe what can be; new hands must be engaged."""

    def do(
        self, job: Act, answer: Answer | None = None, *, first: bool = False, safe: bool = False
    ) -> None:
        """Put a job at the end of the line, or at its head; `answer` is told how it went.

        Only what is `safe` is done by a hand that was halted.
        """
        with self._longer:
            refused = self._ended or (HALTED if self.is_halted and not safe else "")
            if not refused:
                put = self._line.appendleft if first else self._line.append
                put(_Job(job, answer))
                self._longer.notify()
        if refused and answer is not None:
            answer(refused)

    def halt(self) -> None:
        """Emergency: nothing of what waits is done any more."""
        with self._longer:
            self.is_halted = True
            left, self._line = self._line, deque(job for job in self._line if job is None)
        for job in left:
            if job is not None and job.answer is not None:
                job.answer(HALTED)

    def wait(self, timeout_s: float) -> bool:
        """Wait in real time until what is in line is done; false where it is not in time."""
        done = threading.Event()
        self.do(done.set, safe=True)
        return done.wait(timeout_s)

    def finish(self, timeout_s: float) -> None:
        """Do what is in line, then end; gives up waiting after `timeout_s` of real time."""
        with self._longer:
            self._line.append(None)
            self._longer.notify()
        if self.ident is not None:
            self.join(timeout_s)

    def run(self) -> None:
        """The thread: faults are told, never lost."""
        try:
            while True:
                with self._longer:
                    there = self._longer.wait_for(lambda: bool(self._line), self._patience_s)
                    job = self._line.popleft() if there else _LOOK
                if job is _LOOK:
                    self.look_after()
                elif job is None:
                    return
                else:
                    _carry_out(job)
        except Exception as fault:  # noqa: BLE001 - the end of a thread: told to who decides
            self._tell(Fault(self.who, fault))
        finally:
            self._leave_unanswered()

    def look_after(self) -> None:
        """Between jobs."""

    @property
    def _patience_s(self) -> float:
        return max(0.005, WATCH_S / self._clock.speed / 4)

    def _leave_unanswered(self) -> None:
        with self._longer:
            self._ended = f"{self.who}: not done, its thread has ended"
            left, self._line = self._line, deque()
        for job in left:
            if job is not None and job.answer is not None:
                job.answer(self._ended)


@dataclass(frozen=True, slots=True)
class _Job:
    act: Act
    answer: Answer | None = None


_LOOK = _Job(lambda: None)


def _carry_out(job: _Job) -> None:
    """Do it; one that was asked for is answered, and a device's refusal ends there."""
    if job.answer is None:
        job.act()
        return
    try:
        job.act()
    except (DeviceFault, Refused) as refusal:
        job.answer(str(refusal))
    except Exception as fault:
        job.answer(f"{type(fault).__name__}: {fault}")
        raise
    else:
        job.answer(None)


def mark_of(
    what: str,
    step: int | None,
    due_ns: int,
    sent: Sent,
    *,
    values: Mapping[str, object],
    lag_ns: int = 0,
    pump: str | None = None,
    reagent: str | None = None,
    ug_per_ml: float | None = None,
) -> Mark:
    """A mark from the times of a device's command."""
    stamps = Stamps(due_ns, sent.asked_ns, sent.sent_ns, sent.replied_ns, sent.confirmed_ns)
    return Mark(
        what,
        step,
        stamps,
        sent.earliest_ns,
        sent.latest_ns + lag_ns,
        values,
        pump,
        reagent,
        ug_per_ml,
    )


def as_fault(who: str, fault: Exception) -> str:
    """A fault in one sentence; a bug of ours is named as such."""
    if isinstance(fault, OnsetError):
        return str(fault)
    return f"onset itself failed in {who}: {type(fault).__name__}: {fault}"
