"""`onset run` and `onset demo`: the supervisor in a terminal."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from onset.acquisition.messages import Ended, RunOrder
from onset.cli.console import CODES, REFUSED, print_json, say_error, stdout
from onset.cli.openable import hindrances
from onset.cli.planned import AsJson, ProtocolFile, RigFile, plan_of, show_plan
from onset.cli.terminal_run import Windows, run_in_terminal
from onset.cli.window import can_show, need_napari
from onset.errors import Refused
from onset.experiment.protocol import Protocol, read_protocol
from onset.experiment.rig import Rig, read_rig
from onset.recording.info import info
from onset.recording.read import Recording
from onset.shipped import shipped

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of the recording; new, or empty."),
]
Speed = Annotated[float, typer.Option(help="Times faster (simulated rigs only).", min=0.01)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("demo")(demo_command)
    app.command("run")(run_command)


def demo_command(
    *,
    out: Out = None,
    speed: Speed = 1.0,
    view: Annotated[
        bool | None, typer.Option("--view/--no-view", help="A window; where there is a display.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the shipped TBAB protocol on the simulated rig: nothing needs to be connected."""
    protocol = read_protocol(shipped("protocols", "tbab_forward.toml"))
    rig = read_rig(shipped("devices", "demo.toml"))
    show = can_show() if view is None else view
    _run(protocol, rig, out, speed, view=show, as_json=as_json, assume_yes=False, analyses=True)


def run_command(
    protocol: ProtocolFile,
    rig: RigFile,
    *,
    out: Out = None,
    speed: Speed = 1.0,
    view: Annotated[bool, typer.Option("--view", help="Open a window on the recording.")] = False,
    napari: Annotated[bool, typer.Option("--napari", help="Open napari on the recording.")] = False,
    as_json: AsJson = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer every `ask` step with yes.")] = False,
) -> None:
    """Run a protocol on a rig; `check` comes first. Ctrl-C ends in order, twice at once."""
    if napari:
        need_napari()
    _run(
        read_protocol(protocol),
        read_rig(rig),
        out,
        speed,
        view=view,
        napari=napari,
        as_json=as_json,
        assume_yes=yes,
    )


def _run(
    protocol: Protocol,
    rig: Rig,
    out: Path | None,
    speed: float,
    *,
    view: bool,
    napari: bool = False,
    as_json: bool,
    assume_yes: bool,
    analyses: bool = False,
) -> None:
    folder = _folder(out, protocol)
    _refuse(protocol, rig, folder, speed, assume_yes=assume_yes, quiet=as_json)
    order = RunOrder(rig.file, rig.text, protocol.file, protocol.text, folder.resolve(), speed)
    ended = run_in_terminal(order, Windows(view, napari), assume_yes=assume_yes)
    report = None
    if analyses and ended.status == "complete":
        from onset.cli.analysed import analyse_and_report  # pandas and matplotlib take a second

        _, report = analyse_and_report(folder, workers=os.cpu_count() or 1)
    _tell(ended, folder, report, as_json=as_json)
    raise typer.Exit(REFUSED if ended.refused else CODES[ended.status])


def _folder(out: Path | None, protocol: Protocol) -> Path:
    if out is None:
        when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
        name = "".join(c if c.isalnum() else "_" for c in protocol.name)
        return Path("recordings") / f"{when}_{name}"
    if out.exists() and not out.is_dir():
        raise Refused(f"{out} is a file: a recording needs a new folder (--out)")
    if out.exists() and any(out.iterdir()):
        raise Refused(f"{out} is not empty: a recording needs a new folder (--out)")
    return out


def _refuse(
    protocol: Protocol, rig: Rig, folder: Path, speed: float, *, assume_yes: bool, quiet: bool
) -> None:
    """What `check` says, and what only a run can know."""
    plan = plan_of(protocol, rig, folder)
    reasons = [*plan.refusals, *hindrances(rig)]
    if speed != 1.0 and not rig.is_simulated:
        reasons.append(f"--speed needs a fully simulated rig; '{rig.name}' has real devices")
    asks = any(step.do == "ask" for step in protocol.steps)
    if asks and not assume_yes and not sys.stdin.isatty():
        reasons.append("the protocol asks a person and there is no terminal: add --yes")
    if reasons:
        raise Refused("; ".join(reasons))
    if not quiet:
        show_plan(plan)


def _tell(ended: Ended, folder: Path, report: Path | None, *, as_json: bool) -> None:
    recorded = (folder / "session.json").exists()
    if as_json:
        document: dict[str, object] = {"status": ended.status, "reason": ended.reason}
        document["recording"] = str(folder)
        document["report"] = str(report) if report else None
        if recorded:
            with Recording(folder) as recording:
                document |= info(recording)
        print_json(document)
    elif ended.status == "complete":
        stdout.print(f"complete. recording: {folder}", soft_wrap=True)
        if report is not None:
            stdout.print(f"report: {report}", soft_wrap=True)
        stdout.print(f"look at it:  onset info {folder}   onset replay {folder}", soft_wrap=True)
    elif recorded:
        stdout.print(f"{ended.status}. recording until then: {folder}", soft_wrap=True)
    if ended.status != "complete" and ended.reason:
        say_error(ended.reason)
