"""`onset measure dead-volume`: what a film says of the plumbing, offered for the rig file."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson
from onset.recording.front import Plumbing, curve_of, plumbing
from onset.recording.read import Recording


class What(StrEnum):
    """What can be measured."""

    dead_volume = "dead-volume"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("measure")(measure_command)


def measure_command(
    what: Annotated[What, typer.Argument(help="What to measure.")],  # noqa: ARG001 - one so far
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Films of a dye or bright front.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Dead volume and dispersion from films of protocols/dead_volume.toml; two rates give lag."""
    curves, flow = [], None
    for folder in folders:
        with Recording(folder) as recording:
            curves.append(curve_of(recording))
            flow = flow or (recording.rig.flow if recording.rig else None)
    found = plumbing(curves, flow)
    if as_json:
        print_json({**asdict(found), "toml": found.toml})
    else:
        _show(folders, found)


def _show(folders: list[Path], found: Plumbing) -> None:
    for folder, front in zip(folders, found.fronts, strict=True):
        fit = front.fit
        stdout.print(
            f"{folder}: {fit.front} front, {fit.dead_volume_ul:.2f} +- "
            f"{fit.dead_volume_sd_ul:.2f} uL at {front.rate_ul_min:.4g} uL/min, "
            f"10-90 % within {fit.spread_ul:.2g} uL",
            soft_wrap=True,
        )
    stdout.print("\nfor the rig file:\n")
    stdout.print(found.toml, markup=False)
