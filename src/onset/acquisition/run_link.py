"""What a run needs of its connection to whoever watches it."""

from __future__ import annotations

from typing import Protocol

from onset.acquisition.link import Asked
from onset.acquisition.messages import Status


class Link(Protocol):
    """The run's connection to whoever watches it."""

    def commands(self) -> list[Asked]:
        """Commands that have come since the last call."""
        ...

    def tell(self, status: Status) -> None:
        """Show how the run stands."""
        ...

    @property
    def who(self) -> str:
        """Who watches."""
        ...

    def note(self, asked: Asked, refused: str | None, t_s: float | None) -> None:
        """Keep who did what."""
        ...

    @property
    def is_awaited(self) -> bool:
        """Do replies wait for the snapshot that shows what they have changed?"""
        ...

    @property
    def is_orphan(self) -> bool:
        """Is nobody there any more?"""
        ...

    @property
    def silent_s(self) -> float:
        """Time since the last word of whoever is there."""
        ...

    @property
    def must_end(self) -> str:
        """Why the process has to end; empty while it has not."""
        ...
