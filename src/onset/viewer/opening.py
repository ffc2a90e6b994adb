"""A recording is opened off Qt's thread; the newest one that was asked for is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import QObject, Signal

from onset.viewer.controls.later import Later
from onset.viewer.film import Film, open_film
from onset.viewer.top_bar import Mode


@dataclass(frozen=True, slots=True)
class Opened:
    """A film, and how it is to be shown."""

    film: Film
    mode: Mode
    speed: float


class Opening(QObject):
    """Says what was opened, or why it was not; nothing once it is closed."""

    opened = Signal(object)
    failed = Signal(str)

    def __init__(self, later: Later, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._later = later
        self._folder: Path | None = None
        self._closed = False

    def open(self, folder: Path, mode: Mode, speed: float) -> None:
        """Open this folder, unless that goes on already."""
        if self._folder == folder:
            return
        self._folder = folder

        def then(film: Film) -> None:
            self._folder = None
            if self._closed:
                film.recording.close()
                return
            self.opened.emit(Opened(film, mode, speed))

        self._later.do("film", lambda: open_film(folder), then, self._failed)

    def close(self) -> None:
        """What comes later is let go."""
        self._closed = True

    def _failed(self, why: str) -> None:
        self._folder = None
        self.failed.emit(why)
