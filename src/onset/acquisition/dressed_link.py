"""The link as a run sees it: snapshots are completed on the way with what the operator knows."""

from __future__ import annotations

from collections.abc import Callable

from onset.acquisition.link import Asked, Link
from onset.acquisition.messages import Status


class DressedLink:
    """Passes everything else on."""

    def __init__(
        self,
        link: Link,
        dress: Callable[[Status], Status],
        note: Callable[[Asked, str | None, float | None], None],
    ) -> None:
        self._link, self._dress, self.note = link, dress, note

    @property
    def who(self) -> str:
        """Who watches."""
        return self._link.who

    def commands(self) -> list[Asked]:
        """What was asked since the last call."""
        return self._link.commands()

    def tell(self, status: Status) -> None:
        """Show how things stand."""
        self._link.tell(self._dress(status))

    @property
    def is_awaited(self) -> bool:
        """Do replies wait for a snapshot?"""
        return self._link.is_awaited

    @property
    def is_orphan(self) -> bool:
        """Is nobody there any more?"""
        return self._link.is_orphan

    @property
    def silent_s(self) -> float:
        """Time since the supervisor's last word."""
        return self._link.silent_s

    @property
    def must_end(self) -> str:
        """Why the process has to end."""
        return self._link.must_end
