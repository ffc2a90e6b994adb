"""Several emulated pumps on one wire: each hears every byte and answers to its own address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from onset.simulated.faulty_line import Breakable
from onset.simulated.line import Emulator, Reply
from onset.simulated.parameters import Parameters

Item = TypeVar("Item")


class Chain:
    """The pumps of a daisy chain, in the order of the wire."""

    def __init__(self, pumps: Sequence[Emulator]) -> None:
        self._pumps = tuple(pumps)

    @property
    def baud(self) -> int | None:
        """Of the pump that is nearest to the host; all should have the same."""
        return self._pumps[0].baud

    def receive(self, byte: bytes, t_ns: int) -> list[Reply]:
        """A byte arrives at all of them."""
        return self._all(lambda pump: pump.receive(byte, t_ns))

    def advance(self, t_ns: int) -> list[Reply]:
        """What any of them says unasked."""
        return self._all(lambda pump: pump.advance(t_ns))

    def next_ns(self) -> int | None:
        """When the first of them next speaks unasked."""
        times = [t_ns for pump in self._pumps if (t_ns := pump.next_ns()) is not None]
        return min(times, default=None)

    def raise_alarm(self, alarm: str, t_ns: int) -> None:
        """The first pump of the chain fails."""
        for pump in self._pumps[:1]:
            if isinstance(pump, Breakable):
                pump.raise_alarm(alarm, t_ns)

    def power_cycle(self, t_ns: int) -> None:
        """They hang on one mains socket."""
        for pump in self._pumps:
            if isinstance(pump, Breakable):
                pump.power_cycle(t_ns)

    def touch(self, t_ns: int, until_ns: int) -> None:
        """Somebody is at the first pump of the chain."""
        for pump in self._pumps[:1]:
            if isinstance(pump, Breakable):
                pump.touch(t_ns, until_ns)

    def _all(self, ask: Callable[[Emulator], Sequence[Reply]]) -> list[Reply]:
        replies = [reply for pump in self._pumps for reply in ask(pump)]
        return sorted(replies, key=lambda reply: reply.at_ns)


def members(given: Parameters) -> list[Parameters]:
    """`chain=0,1`: what each pump is told; `key.1=value` is for the one at address 1 alone."""
    addresses = [part.strip() for part in given.text("chain", "").split(",")]
    if len(set(addresses)) < len(addresses) or not all(part.isdigit() for part in addresses):
        raise ValueError(
            f"sim://{given.dialect}: chain={given.text('chain', '')!r} is not a list of different "
            "addresses"
        )
    return [_member(given, address) for address in addresses]


def _member(given: Parameters, address: str) -> Parameters:
    common = {key: value for key, value in given.values.items() if "." not in key}
    common.pop("chain")
    own = {
        key.removesuffix(f".{address}"): value
        for key, value in given.values.items()
        if key.endswith(f".{address}")
    }
    return Parameters(
        given.dialect, {"pump": f"pump {address}", **common, "address": address, **own}
    )
