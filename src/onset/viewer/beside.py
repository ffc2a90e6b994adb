"""napari beside the window: a process of its own, whose death is a sentence and nothing more."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO


def napari_command(folder: Path, *, growing: bool) -> list[str]:
    """Opens this recording in napari."""
    verb = "watch" if growing else "replay"
    return [sys.executable, "-m", "onset", verb, "--napari", str(folder)]


@dataclass(frozen=True, slots=True)
class _Opened:
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Beside:
    """Starts processes and remembers them until they end; closing the window leaves them alone."""

    def __init__(self) -> None:
        self._opened: list[_Opened] = []

    def start(self, command: list[str]) -> None:
        """In a session of its own: what ends the window does not end it."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 - `failures` closes it
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        self._opened.append(_Opened(process, said))

    def failures(self) -> list[str]:
        """What those said last that have ended with an error since the last call."""
        ended = [one for one in self._opened if one.process.poll() is not None]
        self._opened = [one for one in self._opened if one not in ended]
        told = [(one.process.returncode, _last_line(one)) for one in ended]
        return [line for code, line in told if code != 0]

    def leave(self) -> None:
        """Nobody wants to know any more."""
        for one in self._opened:
            one.said.close()
        self._opened = []


def _last_line(one: _Opened) -> str:
    with one.said as said:
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"napari ended with code {one.process.returncode}"
