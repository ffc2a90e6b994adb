"""`onset simulate`: a film of the simulated sample as a recording, as fast as it goes."""

from __future__ import annotations

import secrets
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from onset.cli.console import print_json, stderr, stdout
from onset.cli.options import quantity
from onset.cli.planned import AsJson
from onset.errors import FileMistake, Refused
from onset.experiment.files import did_you_mean
from onset.experiment.quantities import CONCENTRATION_UG_ML, TIME_MS, TIME_S
from onset.shipped import shipped
from onset.simulated.preset import Preset, read_preset


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("simulate")(simulate_command)


def simulate_command(
    sample: Annotated[str, typer.Argument(help="Preset: a file, or a name such as paper.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the recording; new.")
    ],
    *,
    frames: Annotated[int, typer.Option(help="How many.", min=1)] = 3000,
    seed: Annotated[
        int | None, typer.Option(help="Of the sample; drawn and told without it.", min=0)
    ] = None,
    concentration: Annotated[str, typer.Option(help="Of what is injected.")] = "1 ug/mL",
    injected_at: Annotated[str, typer.Option(help="Since the first frame.")] = "30 s",
    exposure: Annotated[str, typer.Option(help="One after the other.")] = "50 ms",
    size: Annotated[
        tuple[int, int], typer.Option(help="Height and width, px.", metavar="HEIGHT WIDTH")
    ] = (512, 512),
    bright: Annotated[
        bool, typer.Option("--bright", help="Begin with bright crystals and turn them off.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Of the preset; may be given again."),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="The noise-free film too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Film the simulated sample without devices or pacing: a recording with marks and truth."""
    from onset.simulated.film import take_film  # scipy and its like take a second
    from onset.simulated.taking import Taking

    try:
        preset = _changed(read_preset(_file(sample)), change or [])
        taking = Taking(
            frames=frames,
            shape=size,
            exposure_ms=quantity("--exposure", exposure, TIME_MS, above_zero=True),
            injected_at_s=quantity("--injected-at", injected_at, TIME_S),
            ug_per_ml=quantity("--concentration", concentration, CONCENTRATION_UG_ML),
            bright=bright,
            clean=clean,
            seed=secrets.randbelow(2**31) if seed is None else seed,
        )
        with Progress(console=stderr, transient=True) as progress:
            bar = progress.add_task("frames", total=frames)
            take_film(out, preset, taking, lambda done: progress.update(bar, completed=done))
    except ValueError as why:
        raise Refused(str(why)) from why
    if as_json:
        print_json({"recording": str(out), "frames": frames, "seed": taking.seed})
    else:
        stdout.print(f"{out}: {frames} frames of {sample}, seed {taking.seed}", soft_wrap=True)


def _file(sample: str) -> Path:
    path = Path(sample)
    return path if path.is_file() or path.suffix else shipped("devices", f"samples/{sample}.toml")


def _changed(preset: Preset, changes: list[str]) -> Preset:
    """All at once: some numbers are possible only together."""
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(Preset)}
    made: dict[str, object] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key not in kinds:
            raise FileMistake("--set", key, f"not known {did_you_mean(key, kinds)}")
        try:
            made[key] = kinds[key](value)
        except ValueError as why:
            raise FileMistake("--set", key, str(why)) from None
    try:
        return replace(preset, **made)  # type: ignore[arg-type]
    except ValueError as why:
        raise FileMistake("--set", "", str(why)) from None
