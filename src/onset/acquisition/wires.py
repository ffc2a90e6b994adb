"""Every byte on every wire goes to the ledger, also those from before the recording began."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from onset.hardware.semantic import OnBytes
from onset.recording.ledger import Ledger

BEFORE = 10_000
"""Byte strings that are kept until there is a ledger."""


@dataclass(frozen=True, slots=True)
class WireBytes:
    """One byte string on one wire."""

    wire: str
    sent_by: Literal["host", "device"]
    data: bytes


class WireLog:
    """Collects byte strings, then passes them on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._early: list[tuple[WireBytes, int]] = []
        self._ledger: Ledger | None = None

    def of(self, wire: str) -> OnBytes:
        """Who is told of the bytes of one wire."""

        def on_bytes(sent_by: Literal["host", "device"], data: bytes, t_ns: int) -> None:
            self._take(WireBytes(wire, sent_by, data), t_ns)

        return on_bytes

    def attach(self, ledger: Ledger) -> None:
        """Write what was kept, and from now on at once."""
        with self._lock:
            self._ledger = ledger
            for entry, t_ns in self._early:
                ledger.write("bytes", entry, t_ns)
            self._early.clear()

    def detach(self) -> None:
        """The recording is sealed."""
        with self._lock:
            self._ledger = None

    def _take(self, entry: WireBytes, t_ns: int) -> None:
        with self._lock:
            if self._ledger is not None:
                self._ledger.write("bytes", entry, t_ns)
            elif len(self._early) < BEFORE:
                self._early.append((entry, t_ns))
