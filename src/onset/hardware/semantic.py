"""What a pump and a shutter can be asked, whatever their dialect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

OnBytes: TypeAlias = Callable[[Literal["host", "device"], bytes, int], None]
"""Told of every byte string on a wire: who sent it, the bytes, the clock's time in ns."""

Direction: TypeAlias = Literal["infuse", "withdraw"]
PumpState: TypeAlias = Literal[
    "infusing", "withdrawing", "stopped", "paused", "purging", "waiting", "alarm"
]
ShutterState: TypeAlias = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class PumpJob:
    """What to deliver; without a volume, until told to stop."""

    direction: Direction
    rate_ul_min: float
    volume_ul: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The times of one command, ns of the clock; it took effect in [earliest, latest].

    `earliest_ns` is asked plus the wire time of the command; `latest_ns` is the first byte of the
    reply less its wire time, or for a mute device sent plus wire time plus opening time. The lag
    between a pump's electronics and its plunger is not in here.
    """

    asked_ns: int
    sent_ns: int
    replied_ns: int | None
    confirmed_ns: int | None
    earliest_ns: int
    latest_ns: int


@dataclass(frozen=True, slots=True)
class PumpStatus:
    """What the pump says of itself; volume moved in the job's direction since `prepare`."""

    state: PumpState
    delivered_ul: float
    alarm: str | None = None


class Pump(Protocol):
    """A syringe pump, connected. Only one thread may use it."""

    name: str

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer, as measured so far."""
        ...

    def identify(self) -> str:
        """Model and firmware, as the pump says it."""
        ...

    @property
    def watchdog_s(self) -> float | None:
        """After so long without a word from us it stops by itself; None: never."""
        ...

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Set the pump up so that `start` is one short command; sentences on what was corrected."""
        ...

    def start(self) -> Sent:
        """Start the job that was prepared."""
        ...

    def stop(self) -> Sent:
        """Stop for good (not a pause)."""
        ...

    def change_rate(self, rate_ul_min: float) -> Sent:
        """Go on at another rate."""
        ...

    def status(self) -> PumpStatus:
        """Ask what it does and how much it has delivered; feeds a watchdog."""
        ...

    def feed(self) -> None:
        """Show a watchdog that we are alive; as cheap as possible."""
        ...

    def make_safe(self) -> None:
        """Stop by all means; an error only when it cannot be known to have stopped."""
        ...

    def shout(self) -> bool:
        """Write `stop` without listening, from any thread: its own hangs. False: not possible."""
        ...

    def close(self) -> None:
        """Disarm a watchdog and give the port back; never raises for a dead wire."""
        ...


class Shutter(Protocol):
    """A shutter, connected. Only one thread may use it."""

    confirmed: bool
    """Whether the device itself says where it is."""

    @property
    def state(self) -> ShutterState:
        """Where it was sent (or is, when confirmed); unknown until commanded."""
        ...

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer, as measured so far; None for a mute one."""
        ...

    def identify(self) -> str:
        """What it says of itself, or what is known of it; nothing moves."""
        ...

    def open(self) -> Sent:
        """Let light through."""
        ...

    def close(self) -> Sent:
        """Block the light."""
        ...

    def make_safe(self) -> None:
        """Close by all means."""
        ...

    def shout(self) -> bool:
        """Write `close` without listening, from any thread: its own hangs. False: not possible."""
        ...

    def close_port(self) -> None:
        """Give the port back, the shutter as it is."""
        ...
