"""Commands that take films in and give recordings out: import, export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from onset.cli.console import stdout
from onset.errors import FileMistake
from onset.experiment.quantities import CONCENTRATION_UG_ML, LENGTH_UM, TIME_S, Kind, parse
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
    film: Annotated[Path, typer.Argument(help="TIFF, OME-TIFF, Micro-Manager folder, SPE, DAX.")],
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
        interval_s=_quantity("--interval", interval, TIME_S, above_zero=True),
        injected_at_s=_quantity("--injected-at", injected_at, TIME_S),
        pixel_size_um=_quantity("--pixel-size", pixel_size, LENGTH_UM, above_zero=True),
        reagent=reagent,
        ug_per_ml=_quantity("--concentration", concentration, CONCENTRATION_UG_ML),
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


def _quantity(
    option: str, text: str | None, kind: Kind, *, above_zero: bool = False
) -> float | None:
    if text is None:
        return None
    try:
        value = parse(text, kind)
    except ValueError as mistake:
        raise FileMistake(option, "", str(mistake)) from None
    if value < 0 or (above_zero and value == 0):
        raise FileMistake(option, "", f"'{text}' must be above 0")
    return value
