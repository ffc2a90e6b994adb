"""`onset analyze`: tables, figures and report of recordings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, track

from onset.analysis.analysis import FOLDER, Analysis, read_analysis
from onset.analysis.batch import analyse_on_cluster
from onset.analysis.populations import as_json
from onset.analysis.tables import analyse
from onset.cli.console import print_json, stderr, stdout
from onset.cli.planned import AsJson
from onset.recording.read import Recording
from onset.report.html import FIGURE_COUNT, write_report
from onset.report.numbers_said import counted

STAGES = {"find": "finding spots", "measure": "measuring every frame", "fit": "fitting every spot"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("analyze")(analyze_command)


def analyze_command(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Recording folders.")],
    *,
    as_json_: AsJson = False,
    workers: Annotated[int, typer.Option(help="Threads on this machine.", min=1)] = 1,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster.")
    ] = None,
) -> None:
    """Tables, figures and report of each recording, into DIR/analysis/."""
    documents = []
    if dask is not None:
        done = analyse_on_cluster(dask, folders)
        for folder in track(done, "on the cluster", len(folders), console=stderr, transient=True):
            stderr.print(f"{folder}: analysed", soft_wrap=True)
    for folder in folders:
        if dask is not None:
            analysis = read_analysis(folder)
            with Recording(folder) as recording:
                report = write_report(recording, analysis)
        else:
            analysis, report = analyse_and_report(folder, workers)
        documents.append({"folder": str(folder), **analysis.populations})
        if not as_json_:
            _show(analysis, report)
    if as_json_:
        print_json(as_json(documents[0] if len(documents) == 1 else {"recordings": documents}))


def analyse_and_report(folder: Path, workers: int = 1) -> tuple[Analysis, Path]:
    """Tables, figures and report.html, with a bar per stage on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True) as bar:
        tasks = {stage: bar.add_task(words, total=1.0) for stage, words in STAGES.items()}
        analysis = analyse(
            folder, workers=workers, progress=lambda s, done: bar.update(tasks[s], completed=done)
        )
        drawing = bar.add_task("drawing figures", total=FIGURE_COUNT)
        with Recording(folder) as recording:
            report = write_report(recording, analysis, lambda _: bar.advance(drawing))
    return analysis, report


def _show(analysis: Analysis, report: Path) -> None:
    found = analysis.populations
    stdout.print(
        f"{analysis.folder}: {counted(found['n_spots'], 'spot')}: {found['n_single']} single, "
        f"{found['n_cluster']} cluster, {found['n_steady']} steady, "
        f"{found['n_censored']} not switched by the end",
        soft_wrap=True,
    )
    for key, words in (("waiting_relative", "waiting since the first"), ("switching", "tau")):
        values = found[key]
        if values["n"] > (key == "waiting_relative"):
            stdout.print(f"  {words}: {_mean(values)}", soft_wrap=True)
    if found["n_saturated"]:
        said = f"{counted(found['n_saturated'], 'spot')} reached the camera's largest value"
        stdout.print(f"  {said}: amplitudes and times there are biased", soft_wrap=True)
    for message in (found["recording"]["message"], found["drift"]["message"]):
        if message:
            stdout.print(f"  {message}", soft_wrap=True)
    stdout.print(f"  tables: {analysis.folder / FOLDER}", soft_wrap=True)
    stdout.print(f"  report: {report}", soft_wrap=True)


def _mean(values: Mapping[str, Any]) -> str:
    if values["n"] == 1:
        return f"{values['mean']:.3g} s (of one crystal: no error is known)"
    spread = f"sd {values['sd']:.3g} s, n {values['n']}"
    return f"{values['mean']:.3g} +- {values['sem']:.2g} s ({spread})"
