"""Programs beside the window, in processes of their own: napari, an analysis."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from onset.acquisition.priority import NICENESS

NAPARI, ANALYSIS = "napari", "analysis"


@dataclass(frozen=True, slots=True)
class Program:
    """What it is called, what it works on, and what is typed to start it."""

    name: str
    folder: Path
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that has ended; `trouble` is what it said last, empty where all was well."""

    program: Program
    trouble: str


def napari_on(folder: Path, *, growing: bool) -> Program:
    """A recording in napari."""
    verb = "watch" if growing else "replay"
    return Program(NAPARI, folder, _onset(verb, "--napari", str(folder)))


def analysis_of(folder: Path) -> Program:
    """Tables, figures and report of a recording."""
    return Program(ANALYSIS, folder, _onset("analyze", str(folder)))


def report_of(folder: Path) -> Path:
    """Where an analysis leaves its report."""
    return folder / "analysis" / "report.html"


def _onset(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "onset", *words)


@dataclass(frozen=True, slots=True)
class _Started:
    program: Program
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Beside:
    """Remembers the programs until they end; closing the window leaves them alone."""

    def __init__(self) -> None:
        self._started: list[_Started] = []

    def start(self, program: Program) -> None:
        """In a session of its own, behind the instrument: it can neither end nor slow a run."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has ended
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        if sys.platform != "win32":
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        self._started.append(_Started(program, process, said))

    def is_busy(self, name: str, folder: Path) -> bool:
        """Does such a program work on this recording?"""
        programs = [one.program for one in self._started]
        return any((one.name, one.folder) == (name, folder) for one in programs)

    def ended(self) -> list[Ended]:
        """Those that have ended since the last call."""
        over = [one for one in self._started if one.process.poll() is not None]
        self._started = [one for one in self._started if one not in over]
        return [Ended(one.program, _trouble(one)) for one in over]

    def leave(self) -> None:
        """Nobody wants to know any more."""
        for one in self._started:
            one.said.close()
        self._started = []


def _trouble(one: _Started) -> str:
    with one.said as said:
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
    if one.process.returncode == 0:
        return ""
    return lines[-1] if lines else f"ended with code {one.process.returncode}"
