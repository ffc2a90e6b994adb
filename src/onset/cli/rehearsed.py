"""`onset rehearse`: a protocol on the simulated twin of a real rig, before a sample is spent."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import typer

from onset.acquisition.messages import RunOrder
from onset.cli.console import CODES, print_json, say_error, stderr, stdout
from onset.cli.planned import AsJson, ProtocolFile, RigFile, plan_document, plan_of, show_plan
from onset.cli.terminal_run import Windows, run_in_terminal
from onset.errors import Refused
from onset.experiment.protocol import Protocol, read_protocol
from onset.experiment.rig import Rig, read_rig
from onset.planning.check import Plan
from onset.recording.info import dose
from onset.recording.read import Recording
from onset.shipped import shipped

Floats = npt.NDArray[np.float64]
PICTURE = "rehearsal.png"
COUNTS = 10


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("rehearse")(rehearse_command)


def rehearse_command(
    protocol: ProtocolFile,
    rig: RigFile,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the rehearsal; new.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Times faster.", min=0.01)] = 20.0,
    sample: Annotated[
        Path | None, typer.Option(help="Preset of the sample, for example devices/samples/*.toml.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample.", min=0)] = 1,
    as_json: AsJson = False,
) -> None:
    """Run a protocol on emulators in place of a rig's devices, fast, and show what will happen."""
    from onset.simulated.twin import twin

    planned, real = read_protocol(protocol), read_rig(rig)
    folder = _folder(out, planned)
    plan = plan_of(planned, real, folder)
    if plan.refusals:
        raise Refused("; ".join(plan.refusals))
    config = str(shipped("devices", "demo.cfg").resolve())
    made = twin(
        real,
        config,
        start="bright" if planned.direction == "off" else "dark",
        sample_file=str(sample.resolve()) if sample else "",
        seed=seed,
    )
    _say_replaced(real, made.replaced)
    if not as_json:
        show_plan(plan)
    order = RunOrder(
        real.file.resolve(), made.rig_text, planned.file, planned.text, folder.resolve(), speed
    )
    ended = run_in_terminal(order, Windows(), assume_yes=True)
    if ended.refused:
        raise Refused(f"the rehearsal was refused: {ended.reason}")
    if ended.status != "complete":
        say_error(f"the rehearsal {ended.status}: {ended.reason}")
        raise typer.Exit(CODES[ended.status])
    _show(folder, plan, made.replaced, as_json=as_json)


def _folder(out: Path | None, protocol: Protocol) -> Path:
    if out is None:
        when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
        name = "".join(c if c.isalnum() else "_" for c in protocol.name)
        return Path("rehearsals") / f"{when}_{name}"
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out} is not empty: a rehearsal needs a new folder (--out)")
    return out


def _say_replaced(rig: Rig, replaced: tuple[str, ...]) -> None:
    stderr.print(
        f"REHEARSAL: nothing of '{rig.name}' is touched; emulators stand in:", style="bold"
    )
    for line in replaced:
        stderr.print(f"  {line}", soft_wrap=True)


def _show(folder: Path, plan: Plan, replaced: tuple[str, ...], *, as_json: bool) -> None:
    from onset.report.rehearsal_figure import draw_rehearsal

    switched_s = _switched_s(folder)
    with Recording(folder) as recording:
        draw_rehearsal(recording, moments_s(recording, switched_s), switched_s, folder / PICTURE)
        end_s = float(recording.times_s[-1])
        light = dose(recording, recording.marks)
    times_s = [end_s * (k + 1) / COUNTS for k in range(COUNTS)]
    counts = [int(np.searchsorted(switched_s, t_s)) for t_s in times_s]
    if as_json:
        document = plan_document(plan)
        document |= {
            "recording": str(folder),
            "replaced": list(replaced),
            "counts": [{"t_s": t, "switched": n} for t, n in zip(times_s, counts, strict=True)],
            "dose": asdict(light),
            "picture": str(folder / PICTURE),
        }
        print_json(document)
        return
    stdout.print(f"expected    {_counts(switched_s)}", soft_wrap=True)
    if not switched_s.size:
        stdout.print(f"field       {_strongest(folder)}", soft_wrap=True)
    stdout.print(f"light       {light.open_s:.1f} s, {light.mj_per_cm2 or 0.0:.3g} mJ/cm^2")
    stdout.print(f"picture     {folder / PICTURE}", soft_wrap=True)
    stdout.print(f"look at it  onset replay {folder}   (a rehearsal, not data)", soft_wrap=True)


def _switched_s(folder: Path) -> Floats:
    """When particles switch for the first time, in order."""
    t0_s = pq.read_table(folder / "truth.parquet").column("t0_s").to_numpy()
    times: Floats = np.sort(t0_s[np.isfinite(t0_s)])
    return times


def _counts(switched_s: Floats) -> str:
    if not switched_s.size:
        return "nothing switches"
    parts = (f"{part:.0%} by {np.quantile(switched_s, part):.1f} s" for part in (0.1, 0.5, 0.9))
    return (
        f"{switched_s.size} crystals switch: the first at {switched_s[0]:.1f} s, "
        f"{', '.join(parts)}, the last at {switched_s[-1]:.1f} s"
    )


def _strongest(folder: Path) -> str:
    """The most that came to the field during the run: why nothing may have switched."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    came = [
        (strength, reagent, content["t_s"])
        for content in told["field"]
        if content["t_ns"] < told["last_exposure_end_ns"]
        for reagent, strength in content["ug_per_ml"].items()
    ]
    if not came:
        return "no reagent reaches it before the end"
    strength, reagent, t_s = max(came)
    most = f"at most {strength:.3g} ug/mL of {reagent}, at {t_s:.0f} s"
    lowest = told["lowest_ug_per_ml"]
    return f"{most}; below {lowest:g} ug/mL nothing switches" if strength < lowest else most


def moments_s(recording: Recording, switched_s: Floats) -> list[float]:
    """Five lit moments: before anything happens, and as a tenth to all have switched."""
    marks = recording.marks
    opened = [mark.t_s for mark in marks if mark.what == "shutter-open"]
    closed = [mark.t_s for mark in marks if mark.what == "shutter-close"]
    first = (opened or [0.0])[0] + 1.0
    last = (closed or [float(recording.times_s[-1])])[-1] - 1.0
    if switched_s.size:
        chosen = np.quantile(switched_s, (0.1, 0.4, 0.8))
    else:
        chosen = np.linspace(first, last, 5)[1:4]
    return [first, *(float(min(max(t_s, first), last)) for t_s in chosen), last]
