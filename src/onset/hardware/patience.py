"""How long a call to a device may wait in vain, whatever it tries; prompt answers cost nothing."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

BOUND_S = 1.7
"""With the answers that do come, a call ends within two seconds."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Patience:
    """Seconds of waiting that are left; without end unless a call has set its bound."""

    def __init__(self, speed: float) -> None:
        # a bound means real seconds, also where the clock of a rehearsal runs faster
        self._per_s = max(1.0, speed)
        self.left_s = math.inf

    def spend(self, seconds: float) -> None:
        """So long was waited for nothing."""
        self.left_s -= seconds

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """A bound for what is done in here; the nearer one of nested bounds holds."""
        before_s = self.left_s
        given_s = self.left_s = min(before_s, seconds * self._per_s)
        try:
            yield
        finally:
            self.left_s = before_s - (given_s - self.left_s)


class _OnAPort(Protocol):
    @property
    def patience(self) -> Patience: ...


Device = TypeVar("Device", bound=_OnAPort)


def bounded(
    act: Callable[Concatenate[Device, Given], Result],
) -> Callable[Concatenate[Device, Given], Result]:
    """A method of a driver that gives up once it has waited for `BOUND_S` in vain."""

    @functools.wraps(act)
    def within(device: Device, /, *given: Given.args, **named: Given.kwargs) -> Result:
        with device.patience.at_most(BOUND_S):
            return act(device, *given, **named)

    return within
