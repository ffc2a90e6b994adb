"""`onset syringe`: what is left in each syringe of a rig, by account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.cli.console import confirmed, print_json, stdout
from onset.cli.planned import AsJson
from onset.errors import Refused
from onset.experiment.quantities import VOLUME_UL, parse
from onset.experiment.rig import Rig, read_rig
from onset.experiment.syringes import Content, SyringeAccount
from onset.hardware.alone import pump_named

RigArgument = Annotated[Path, typer.Argument(metavar="RIG", help="Rig file.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("syringe")(syringe_command)


def syringe_command(
    rig: RigArgument,
    pump: Annotated[str | None, typer.Argument(help="One pump; all where none is named.")] = None,
    *,
    refill: Annotated[
        bool,
        typer.Option("--refill", "--reset", help="It was filled anew, as the rig file says."),
    ] = False,
    left: Annotated[
        str | None, typer.Option(metavar="VOLUME", help="So much is left in it: '6.2 mL'.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show what is left in the syringes of a rig by account, or say that it is otherwise."""
    bench = read_rig(rig)
    account = SyringeAccount(bench)
    if refill and left is not None:
        raise Refused("syringe: say either --refill or --left")
    if refill or left is not None:
        _set(bench, account, pump, left, yes=yes)
    names = list(bench.pumps) if pump is None else [pump_named(bench, pump)]
    contents = account.contents()
    if as_json:
        print_json({"syringes": [_document(bench, name, contents[name]) for name in names]})
    else:
        _show(bench, {name: contents[name] for name in names})


def _set(
    rig: Rig, account: SyringeAccount, pump: str | None, left: str | None, *, yes: bool
) -> None:
    names = [pump_named(rig, pump)] if left is not None or pump is not None else list(rig.pumps)
    for name in names:
        spec, before_ul = rig.pumps[name], account.content(name).left_ul
        now_ul = spec.content_ul if left is None else _volume_ul(left, spec.syringe_ul)
        question = f"pump {name}: {before_ul:g} uL by account; is it {now_ul:g} uL now?"
        if confirmed(question, yes=yes):
            account.fill(name, now_ul)


def _volume_ul(text: str, most_ul: float) -> float:
    try:
        volume_ul = parse(text, VOLUME_UL)
    except ValueError as mistake:
        raise Refused(f"--left: {mistake}") from None
    if not 0 <= volume_ul <= most_ul:
        raise Refused(f"--left: a syringe of {most_ul:g} uL does not hold {volume_ul:g} uL")
    return volume_ul


def _document(rig: Rig, name: str, content: Content) -> dict[str, object]:
    spec = rig.pumps[name]
    return {
        "pump": name,
        "reagent": spec.reagent,
        "left_ul": content.left_ul,
        "unsure_ul": content.unsure_ul,
        "filled_ul": spec.content_ul,
        "syringe_ul": spec.syringe_ul,
        "since": content.since,
    }


def _show(rig: Rig, contents: dict[str, Content]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("pump", "holds", "left", "of", "last entry (UTC)"):
        table.add_column(column)
    for name, content in contents.items():
        spec = rig.pumps[name]
        table.add_row(
            name,
            spec.reagent,
            f"{content.left_ul:.5g} uL",
            f"{spec.syringe_ul:g} uL",
            content.since or "as the rig file says",
        )
    stdout.print(table)
    for name, content in contents.items():
        if content.unsure_ul:
            stdout.print(
                f"{name}: its last delivery was not seen to end; it may hold up to "
                f"{content.unsure_ul:.4g} uL less. Look, and say what is left (--left)."
            )
