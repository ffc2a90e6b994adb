"""Commands on recordings: info, frames, recover, watch, replay."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer

from onset.cli.console import print_json, stdout
from onset.cli.info_view import show_info
from onset.cli.planned import AsJson
from onset.cli.terminal_replay import replay_in_terminal
from onset.cli.window import open_napari, open_window
from onset.errors import Refused
from onset.recording.bug_report import report_bug
from onset.recording.info import FrameRow, frames_table, info
from onset.recording.read import Recording
from onset.recording.recover import recover

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Recording folder.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("info")(info_command)
    app.command("frames")(frames_command)
    app.command("recover")(recover_command)
    app.command("report-bug")(report_bug_command)
    app.command("watch")(watch_command)
    app.command("replay")(replay_command)


def info_command(folder: Folder, *, as_json: AsJson = False) -> None:
    """Status, frames, drops, marks with their bounds, clock, dose, provenance."""
    with Recording(folder) as recording:
        document = info(recording)
    if as_json:
        print_json(document)
    else:
        show_info(folder, document)


def frames_command(
    folder: Folder,
    table: Annotated[Path, typer.Option("--csv", help="File to write, one row per frame.")],
) -> None:
    """Write one row per frame: number and times."""
    with Recording(folder) as recording, table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(FrameRow)])
        writer.writeheader()
        for row in frames_table(recording):
            writer.writerow(asdict(row))


def recover_command(folder: Folder) -> None:
    """Make a killed recording whole: readable TIFF, sealed session."""
    done = recover(folder)
    for sentence in done or ["whole already, nothing was changed"]:
        stdout.print(f"{folder}: {sentence}", soft_wrap=True)
    with Recording(folder) as recording:
        stdout.print(f"{folder}: {recording.status}, {len(recording)} frames", soft_wrap=True)


def report_bug_command(
    folder: Folder,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The zip; must not be there yet.")
    ] = None,
) -> None:
    """Pack ledger, log, session and the last frames (not the film) into one file to send."""
    file = out or Path(f"{folder.resolve().name}-report.zip")
    if file.exists():
        raise Refused(f"{file} is there already: name another with --out")
    names = report_bug(folder, file)
    size_mb = file.stat().st_size / 1e6
    stdout.print(f"{file} ({size_mb:.1f} MB): {', '.join(names)}", soft_wrap=True)


def watch_command(
    folder: Folder,
    *,
    napari: Annotated[bool, typer.Option("--napari", help="In napari, live.")] = False,
) -> None:
    """Look at a recording while it grows: a window, or the terminal without a display."""
    if napari:
        open_napari(folder, "watch")
    elif not open_window(folder, "watch"):
        replay_in_terminal(folder, speed=None)


def replay_command(
    folder: Folder,
    speed: Annotated[float, typer.Option(help="Times faster than it was.", min=0.01)] = 1.0,
    *,
    napari: Annotated[bool, typer.Option("--napari", help="In napari, as layers.")] = False,
) -> None:
    """Play a recording through the live detector: a window, or the terminal without a display."""
    if napari and speed != 1.0:
        raise Refused("napari plays at its own pace: --speed goes without --napari")
    if napari:
        open_napari(folder, "replay")
    elif not open_window(folder, "replay", speed):
        replay_in_terminal(folder, speed=speed)
