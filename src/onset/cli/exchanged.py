"""Commands that take films in and give recordings out: import, export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from onset.cli.console import stdout
from onset.cli.options import optional_quantity
from onset.experiment.quantities import CONCENTRATION_UG_ML, LENGTH_UM, TIME_S
from onset.recording.export import to_csv, to_ome_zarr
from onset.recording.imported import Told, import_film
from onset.recording.read import Recording


class Direction(StrEnum):
    """What spots do."""

    on = "on"
    off = "off"


class Format(StrEnum):
    """What can be written."""

    csv = "csv"
    ome_zarr = "ome-zarr"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("import")(import_command)
    app.command("export")(export_command)


def import_command(
    film: Annotated[
        Path, typer.Argument(help="TIFF, OME-TIFF, OME-Zarr, Micro-Manager folder, SPE, DAX, ND2.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the recording.")],
    interval: Annotated[
        str | None, typer.Option(help='Between frames, e.g. "100 ms"; else as the film says.')
    ] = None,
    injected_at: Annotated[
        str | None, typer.Option(help='Since the first frame: "12.3 s".')
    ] = None,
    pixel_size: Annotated[str | None, typer.Option(help='For example "0.16 um".')] = None,
    reagent: Annotated[str | None, typer.Option(help="What was injected.")] = None,
    concentration: Annotated[str | None, typer.Option(help='For example "1 ug/mL".')] = None,
    direction: Annotated[Direction, typer.Option(help="Do spots turn on or off?")] = Direction.on,
) -> None:
    """Make a recording of a film of another program."""
    told = Told(
        interval_s=optional_quantity("--interval", interval, TIME_S, above_zero=True),
        injected_at_s=optional_quantity("--injected-at", injected_at, TIME_S),
        pixel_size_um=optional_quantity("--pixel-size", pixel_size, LENGTH_UM, above_zero=True),
        reagent=reagent,
        ug_per_ml=optional_quantity("--concentration", concentration, CONCENTRATION_UG_ML),
        direction=direction.value,
    )
    session = import_film(film, out, told)
    written = session.counts.written if session.counts else 0
    stdout.print(f"{out}: {written} frames of {film.name}", soft_wrap=True)


def export_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Recording folder.")],
    to: Annotated[Format, typer.Option(help="Format.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Write a recording in another format: tables (csv), or the film (ome-zarr)."""
    with Recording(folder) as recording:
        write = to_csv if to is Format.csv else to_ome_zarr
        for path in write(recording, out):
            stdout.print(str(path), soft_wrap=True)
