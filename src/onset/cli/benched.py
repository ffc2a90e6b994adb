"""`onset bench`: measures this machine, against the peers that are installed."""

from __future__ import annotations

import os
import platform
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from onset.cli.bench_analyze import LITTLE, Amount, bench_analyze
from onset.cli.bench_clock import bench_clock
from onset.cli.bench_detect import QUICK_SIZES, ROUNDS, SIZES, bench_detect
from onset.cli.bench_record import QUICK, Effort, bench_record
from onset.cli.bench_view import bench_view
from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson


class Kind(StrEnum):
    """What is measured."""

    record = "record"
    clock = "clock"
    sample = "sample"
    detect = "detect"
    analyze = "analyze"
    view = "view"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("bench")(bench_command)


def bench_command(
    kind: Annotated[Kind, typer.Argument(help="What to measure.")] = Kind.record,
    *,
    as_json: AsJson = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer frames: a rough idea.")] = False,
    scratch: Annotated[
        Path, typer.Option(help="Folder on the disk that is measured (10 GB are written).")
    ] = Path(),
) -> None:
    """Measure this machine against the peers that are installed, as ratios within one run."""
    found: dict[str, object]
    if kind is Kind.record:
        found = bench_record(scratch, QUICK if quick else Effort())
    elif kind is Kind.sample:
        from onset.cli.bench_sample import CASES, FEWER, bench_sample  # scipy and its like

        found = bench_sample(scratch, FEWER if quick else CASES, demo=not quick)
    elif kind is Kind.detect:
        found = bench_detect(QUICK_SIZES if quick else SIZES, rounds=3 if quick else ROUNDS)
    elif kind is Kind.analyze:
        found = bench_analyze(scratch, LITTLE if quick else Amount())
    elif kind is Kind.view:
        found = bench_view(quick=quick)
    else:
        found = bench_clock(injections=10 if quick else 100)
    document = {"bench": kind.value, "machine": _machine(), **found}
    if as_json:
        print_json(document)
    else:
        _show(document)


def _machine() -> str:
    return f"{os.cpu_count()} processors, {platform.platform()}, Python {platform.python_version()}"


def _show(value: Any, name: str = "", depth: int = 0) -> None:
    """A document as indented lines."""
    indent = "  " * depth
    if isinstance(value, dict):
        if name:
            stdout.print(f"{indent}{name}")
        for key, inner in value.items():
            _show(inner, key, depth + bool(name))
    elif isinstance(value, list):
        for inner in value:
            _show(inner, name, depth)
    else:
        stdout.print(f"{indent}{name:36} {value}", soft_wrap=True)
