"""Emergency stop on a path of its own: it needs neither camera nor recorder nor engine."""

from __future__ import annotations

import threading

from onset.acquisition.crew import Crew


class Emergency:
    """Knows whose hands are at work, and stops them from whatever thread calls."""

    def __init__(self) -> None:
        self._crew: Crew | None = None
        self._lock = threading.Lock()

    def take_charge_of(self, crew: Crew | None) -> None:
        """These hands are at work now; None: nothing is open."""
        self._crew = crew

    @property
    def is_busy(self) -> bool:
        """Is somebody being stopped just now?"""
        return self._lock.locked()

    def stop(self, _: str) -> str | None:
        """Shutter closed, pumps stopped; a sentence where that is not known."""
        with self._lock:
            crew = self._crew
            unknown = crew.stop_at_once() if crew is not None else []
        return f"not known to be safe: {', '.join(unknown)}" if unknown else None
