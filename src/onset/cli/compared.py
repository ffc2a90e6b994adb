"""`onset compare`: concentration dependence over analysed recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table

from onset.analysis.comparison import Comparison, compare, said
from onset.analysis.outcomes import Mean
from onset.cli.console import print_json, stderr, stdout
from onset.cli.planned import AsJson
from onset.report.compare_page import comparison_summary, outcome_in, write_comparison
from onset.report.numbers_said import with_error


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("compare")(compare_command)


def compare_command(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Analysed recording folders.")
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of page, tables, figures.")
    ] = Path("comparison"),
    as_json: AsJson = False,
) -> None:
    """Compare recordings by concentration: table, laws, models, controls; compare.html."""
    outcomes = [
        outcome_in(folder) for folder in track(folders, "reading", console=stderr, transient=True)
    ]
    with stderr.status("fitting laws and models"):
        comparison = compare(outcomes)
    with stderr.status("drawing figures"):
        page = write_comparison(comparison, out)
    if as_json:
        print_json(comparison.document())
    else:
        _show(comparison, page)


def _show(comparison: Comparison, page: Path) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("condition", "turns", "n", "waiting, s", "tau, s"):
        table.add_column(column, justify="right" if column == "n" else "left", no_wrap=True)
    for row in comparison.rows:
        table.add_row(
            said(row.condition),
            row.condition.direction,
            str(row.n),
            _mean(row.waiting_relative),
            _mean(row.tau),
        )
    stdout.print(table)
    for sentence in (*comparison_summary(comparison)[1:], *comparison.warnings):
        stdout.print(sentence, soft_wrap=True)
    stdout.print(f"report: {page}", soft_wrap=True)


def _mean(mean: Mean | None) -> str:
    return "-" if mean is None else with_error(mean.mean_s, mean.error_s)
