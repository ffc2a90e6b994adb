"""What the window remembers from one start to the next."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QByteArray, QSettings

from onset.experiment.places import own_name, state_folder

MOST_RECENT = 8


class Memory:
    """A small file in the user's state folder."""

    def __init__(self) -> None:
        self._settings = QSettings(
            str(state_folder() / f"{own_name('window')}.ini"), QSettings.Format.IniFormat
        )

    def recent(self, kind: str) -> list[Path]:
        """Files or folders used last, newest first; those that are gone are left out."""
        found = self._settings.value(f"recent/{kind}", [], list) or []
        return [Path(one) for one in found if one and Path(one).exists()]

    def used(self, kind: str, path: Path) -> None:
        """It was used now."""
        before = [str(one) for one in self.recent(kind) if one != path]
        self._settings.setValue(f"recent/{kind}", [str(path), *before][:MOST_RECENT])

    def layout(self, name: str) -> QByteArray | None:
        """How a widget was laid out."""
        found = self._settings.value(f"layout/{name}")
        return found if isinstance(found, QByteArray) else None

    def keep_layout(self, name: str, layout: QByteArray) -> None:
        """Remember how a widget is laid out."""
        self._settings.setValue(f"layout/{name}", layout)

    @property
    def theme(self) -> str:
        """Dark or light."""
        return str(self._settings.value("theme", "dark"))

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("theme", name)

    def write(self) -> None:
        """To the disk, now."""
        self._settings.sync()
