"""New lines of a text file that somebody else appends to; a torn last line waits."""

from __future__ import annotations

from pathlib import Path


class Tail:
    """Remembers how far it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at = 0

    def lines(self) -> list[bytes]:
        """Whole lines since the last call, with their ends; none where there is no file yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data.rfind(b"\n") + 1
        self._at += whole
        return data[:whole].splitlines(keepends=True)
