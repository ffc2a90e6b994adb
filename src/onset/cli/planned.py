"""`onset check` and `onset schema`: before anything moves."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.cli.console import REFUSED, print_json, say_error, stderr, stdout
from onset.cli.openable import hindrances
from onset.experiment.doses import DoseAccount
from onset.experiment.protocol import Protocol, read_protocol
from onset.experiment.rig import Rig, read_rig
from onset.experiment.syringes import SyringeAccount
from onset.planning.check import Plan, check

ProtocolFile = Annotated[Path, typer.Argument(help="Protocol file, for example protocols/*.toml.")]
RigFile = Annotated[Path, typer.Option("--rig", help="Rig file, for example devices/*.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class Kind(StrEnum):
    """Files that have a schema."""

    rig = "rig"
    protocol = "protocol"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("check")(check_command)
    app.command("schema")(schema_command)


def check_command(protocol: ProtocolFile, rig: RigFile, *, as_json: AsJson = False) -> None:
    """Print timeline and totals of a protocol on a rig; refuse what cannot work."""
    asked, on = read_protocol(protocol), read_rig(rig)
    plan = plan_of(asked, on, Path.cwd())
    plan = replace(plan, refusals=(*plan.refusals, *hindrances(on)))
    if as_json:
        print_json(plan_document(plan))
    elif not plan.refusals:
        show_plan(plan)
    for refusal in plan.refusals:
        say_error(refusal)
    if plan.refusals:
        raise typer.Exit(REFUSED)


def schema_command(kind: Kind) -> None:
    """Print the JSON Schema of rig or protocol files."""
    model = Rig if kind is Kind.rig else Protocol
    print_json(model.model_json_schema(by_alias=True))


def plan_of(protocol: Protocol, rig: Rig, folder: Path) -> Plan:
    """Plan with the free space where `folder` is or will be, and what the syringes hold."""
    there = next(path for path in [folder, *folder.resolve().parents] if path.is_dir())
    free_bytes = shutil.disk_usage(there).free
    return check(
        protocol,
        rig,
        free_bytes=free_bytes,
        contents=SyringeAccount(rig).contents(),
        lit_before_s=DoseAccount(rig).open_s(protocol.field),
    )


def plan_document(plan: Plan) -> dict[str, object]:
    """The plan as `check --json` prints it."""
    return {
        "timeline": [asdict(row) for row in plan.timeline.rows],
        "duration_s": plan.duration_s,
        "frames": plan.frames,
        "interval_s": plan.interval_s,
        "fronts": [asdict(front) for front in plan.fronts],
        "syringes": [asdict(use) for use in plan.syringes],
        "uv_open_s": plan.uv_open_s,
        "dose_mj_per_cm2": plan.dose_mj_cm2,
        "lit_frames_before_injection": plan.lit_frames_before_injection,
        "disk_bytes": plan.disk_bytes,
        "refusals": list(plan.refusals),
        "warnings": list(plan.warnings),
    }


def show_plan(plan: Plan) -> None:
    """The plan for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "from", "to", "what"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in plan.timeline.rows:
        mark = "" if row.exact else ">= "
        lasts = f"{row.end_s:.1f} s" if row.end_s > row.start_s else ""
        table.add_row(str(row.step + 1), f"{mark}{row.start_s:.1f} s", lasts, row.text)
    stdout.print(table)
    stdout.print()
    for line in _totals(plan):
        stdout.print(line, soft_wrap=True)
    for warning in plan.warnings:
        stderr.print(f"note: {warning}", style="yellow", soft_wrap=True)


def _totals(plan: Plan) -> list[str]:
    lines = []
    if plan.duration_s is not None:
        lines.append(
            f"duration    {plan.duration_s:.1f} s, {plan.frames} frames "
            f"of {1000 * plan.interval_s:g} ms"
        )
    for use in plan.syringes:
        strength = f" {use.holds.ug_per_ml:g} ug/mL" if use.holds.ug_per_ml is not None else ""
        lines.append(
            f"syringe     {use.pump} ({use.holds.reagent}{strength}): "
            f"{use.used_ul:g} uL used, {use.left_ul:g} of {use.before_ul:g} uL left"
        )
    lines += [f"at field    {front.describe()}" for front in plan.fronts]
    lines.append(f"UV open     {plan.uv_open_s:.1f} s, {plan.dose_mj_cm2:.3g} mJ/cm^2")
    if plan.lit_frames_before_injection:
        lines.append(f"baseline    {plan.lit_frames_before_injection} lit frames before injection")
    if plan.disk_bytes is not None:
        lines.append(f"disk        {plan.disk_bytes / 1e9:.2f} GB")
    return lines
