"""`onset calibrate camera`: dark and flat films become the maps that a rig names."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from onset.analysis.calibrate import Moments, calibrate, moments
from onset.analysis.camera_maps import CameraMaps, write_maps
from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson
from onset.recording.films import Film, open_film


class Device(StrEnum):
    """What can be calibrated."""

    camera = "camera"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("calibrate")(calibrate_command)


def calibrate_command(
    device: Annotated[Device, typer.Argument(help="What to calibrate.")],  # noqa: ARG001 - one so far
    dark: Annotated[Path, typer.Argument(help="A film with the light off: at least 50 frames.")],
    flats: Annotated[
        list[Path],
        typer.Argument(metavar="FLAT...", help="Evenly lit films of different brightness."),
    ],
    *,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("camera.tif"),
    em: Annotated[bool, typer.Option("--em", help="The camera multiplies electrons.")] = False,
    as_json: AsJson = False,
) -> None:
    """Offset, gain, read noise and bad pixels of a camera, for `calibration` in its rig file."""
    in_dark = _moments(dark, flat=False)
    maps = calibrate(in_dark, [_moments(f, flat=True) for f in flats], excess=2.0 if em else 1.0)
    write_maps(maps, out)
    if as_json:
        print_json(_document(maps, out))
    else:
        _show(maps, out)


def _moments(path: Path, *, flat: bool) -> Moments:
    with open_film(path) as film:
        return moments(_frames(film), flat=flat)


def _frames(film: Film) -> Iterator[np.ndarray]:
    return (film[position] for position in range(len(film)))


def _document(maps: CameraMaps, out: Path) -> dict[str, object]:
    good = ~maps.bad
    return {
        "file": str(out),
        "shape": list(maps.shape),
        "offset_adu": _median(maps.offset_adu[good]),
        "adu_per_electron": _median(maps.adu_per_electron[good]),
        "read_noise_e": _median(maps.read_noise_e[good]),
        "excess": maps.excess,
        "bad_pixels": int(maps.bad.sum()),
    }


def _median(values: np.ndarray) -> float:
    return round(float(np.median(values)), 4)


def _show(maps: CameraMaps, out: Path) -> None:
    found = _document(maps, out)
    stdout.print(
        f"offset {found['offset_adu']} ADU, {found['adu_per_electron']} ADU per electron, read "
        f"noise {found['read_noise_e']} e- (medians); {found['bad_pixels']} bad pixels",
        soft_wrap=True,
    )
    stdout.print(
        f'\nfor the rig file, with {out} beside it:\n\n[camera]\ncalibration = "{out.name}"',
        markup=False,
    )
