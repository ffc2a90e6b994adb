"""`onset model`: what the Monte Carlo models of the exchange predict."""

from __future__ import annotations

import csv
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson
from onset.errors import Refused
from onset.models.kinetics import MODELS, Kinetics
from onset.models.predictions import Predictions, model_table
from onset.models.walks import CROWD


class Model(StrEnum):
    """Barrier models."""

    exchange_density = "exchange-density"
    equal_probability = "equal-probability"
    positive_cooperativity = "positive-cooperativity"
    threshold = "threshold"
    nucleation = "nucleation"


class RuleName(StrEnum):
    """How k becomes a chance: min(1, k); k/(1+k); k/(1+k), but 1 where the barrier is gone."""

    min = "min"
    saturating = "saturating"
    saturating_spontaneous = "saturating-spontaneous"


TIMES = ("waiting", "switching", "waiting_attempts", "switching_attempts")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("model")(model_command)


def model_command(
    *,
    model: Annotated[Model | None, typer.Option(help="One model; without it, all five.")] = None,
    rule: Annotated[RuleName, typer.Option(help="Acceptance rule.")] = RuleName.min,
    concentration: Annotated[
        list[float] | None, typer.Option(help="Concentration, any unit; give it several times.")
    ] = None,
    sites: Annotated[int, typer.Option(help="Exchangeable sites of a crystal.")] = 20,
    fall: Annotated[float, typer.Option(help="Fall of the barrier, kT (exchange-density).")] = 4.0,
    k0: Annotated[float, typer.Option(help="k of the first swap at the lowest.")] = 0.03,
    spread: Annotated[float, typer.Option(help="Log-normal spread of the rates.", min=0.0)] = 0.0,
    particles: Annotated[int, typer.Option(help="Crystals per concentration.", min=10)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the random numbers.", min=0)] = 1,
    as_json: AsJson = False,
    singles: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write each crystal's times.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw Fig. 4c and trajectories.")] = None,
) -> None:
    """Predict waiting and switching times against concentration, in steps per crystal."""
    names = MODELS if model is None else (MODELS[list(Model).index(model)],)
    try:
        kinetics = [Kinetics(name, rule.value, sites, fall, k0, spread) for name in names]
        made = model_table(kinetics, concentration or (1, 2, 4, 8), crystals=particles, seed=seed)
    except ValueError as why:
        raise Refused(f"model: {why}") from why
    if as_json:
        print_json(made.document())
    else:
        _show(made)
    if singles is not None:
        _write(made, singles)
    if figure is not None:
        from onset.report.exchange_figures import draw_predictions  # matplotlib takes a second

        draw_predictions(made, kinetics, figure)


def _write(made: Predictions, file: Path) -> None:
    """Per crystal: steps per crystal, and the same in attempts among `CROWD` crystals."""
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("model", "concentration", "crystal", *TIMES))
        for one in made.singles:
            attempts = (f"{CROWD * times:.1f}" for times in (one.waiting, one.switching))
            steps = (f"{times:.4f}" for times in (one.waiting, one.switching))
            table.writerow((one.model, one.concentration, one.crystal, *steps, *attempts))


def _show(made: Predictions) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("model", "x", "waiting", "mean", "switching", "mean", "ensemble/one")
    for column in columns:
        table.add_column(column, justify="left" if column == "model" else "right", no_wrap=True)
    for row in made.rows:
        table.add_row(
            row.model,
            f"{row.concentration:g}",
            f"{row.waiting_median:.2f}",
            f"{row.waiting_mean:.2f}",
            f"{row.switching_median:.2f}",
            f"{row.switching_mean:.2f}",
            f"{row.ensemble_switching / row.switching_median:.2f}",
        )
    stdout.print(table)
    stdout.print("\nmedians, means in steps per crystal; means fitted with a/x + c:")
    for name, fits in made.fits.items():
        wait, switch = fits.waiting, fits.switching
        stdout.print(
            f"{name:<24} waiting {wait.a:.2f}({wait.sd_a:.2f})/x {wait.c:+.2f}   "
            f"switching {switch.a:.2f}({switch.sd_a:.2f})/x {switch.c:+.2f}   "
            f"ratio {fits.ratio:.2f}   powers {fits.power_waiting:.2f}, {fits.power_switching:.2f}",
            soft_wrap=True,
        )
