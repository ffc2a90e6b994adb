"""`onset info` for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from onset.cli.console import stdout
from onset.report.mark_words import mark_words
from onset.timing import MAX_DRIFT

MOST_GAPS = 20
"""So many are printed."""
CAUSES = {
    "camera": "counted by the camera and not delivered",
    "core": "no room in Micro-Manager's buffer (the first of them; how many is not known)",
    "disk": "taken from the camera and not written",
}


def show_info(folder: Path, document: Mapping[str, Any]) -> None:
    """Print the document of `onset info --json` as a page."""
    colour = "green" if document["status"] == "complete" else "red"
    stdout.print(f"{folder}: [{colour}]{document['status']}[/]", soft_wrap=True)
    if document["reason"]:
        stdout.print(f"reason    {document['reason']}", soft_wrap=True)
    on_rig = f" on rig {document['rig']}" if document["rig"] else ""
    stdout.print(f"protocol  {document['protocol']}{on_rig}", soft_wrap=True)
    _show_frames(document["frames"])
    stdout.print(
        f"clock     {_clock(document['clock'])}; speed {document['speed']:.3g} x", soft_wrap=True
    )
    for seen_by, where in (("light", "images show"), ("ttl", "turns of the run output show")):
        seen = document[seen_by]
        if seen:
            stdout.print(
                f"{seen_by:10}commands are {1000 * seen['bias_s']:+.1f} +- "
                f"{1000 * seen['sd_s']:.1f} ms beside what {len(seen['marks'])} {where}"
            )
    if len(document["exposures"]) > 1:
        for part in document["exposures"]:
            stdout.print(
                f"exposure  {part['exposure_ms']:g} ms, frames {part['first']} to {part['last']}"
            )
    dose = document["dose"]
    if dose["mj_per_cm2"] is not None:
        stdout.print(f"UV        open {dose['open_s']:.1f} s, {dose['mj_per_cm2']:.3g} mJ/cm^2")
    if document["marks"]:
        stdout.print()
        stdout.print(_marks(document["marks"]))


def _clock(clock: Mapping[str, Any]) -> str:
    if clock["halfwidth_ms"] is None:
        return str(clock["source"])
    again = f", began again {clock['pieces'] - 1} times" if clock["pieces"] > 1 else ""
    known = abs(clock["drift_ppm"]) < 0.99e6 * MAX_DRIFT
    drift = f"drift {clock['drift_ppm']:.1f} ppm" if known else "too short to tell its drift"
    return (
        f"{clock['source']}: {drift}, residual "
        f"{clock['residual_ms']:.2f} ms{again}; frames dated to +- {clock['halfwidth_ms']:.1f} ms"
    )


def _show_frames(frames: Mapping[str, Any]) -> None:
    known = frames["dropped"] is not None
    dropped = f"{frames['dropped']} dropped" if known else "drops unknown (no counter)"
    expected = "" if frames["expected"] is None else f" of {frames['expected']} expected"
    height, width = frames["shape"]
    stdout.print(
        f"frames    {frames['written']} written{expected}, {dropped}, "
        f"{height} x {width} px {frames['dtype']}"
    )
    if frames["cut"]:
        stdout.print(f"cut       {frames['cut']} frames that were planned, when the run ended")
    for cause, n in frames["lost"].items():
        what = "frame" if n == 1 else "frames"
        stdout.print(f"lost      {n} {what}: {CAUSES.get(cause, cause)}", style="red")
    _show_gaps(frames["gaps"])


def _show_gaps(gaps: Sequence[tuple[int, int]]) -> None:
    for first, last in gaps[:MOST_GAPS]:
        what = f"frame {first} is" if first == last else f"frames {first} to {last} are"
        stdout.print(f"gap       {what} missing", style="red")
    if len(gaps) > MOST_GAPS:
        stdout.print(f"gap       and {len(gaps) - MOST_GAPS} more: --json lists all", style="red")


def _marks(marks: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("mark", "time", "frame", "what"):
        table.add_column(column, justify="left" if column in ("mark", "what") else "right")
    for mark in marks:
        table.add_row(
            mark["what"],
            f"{mark['t_s']:.3f} +- {mark['t_halfwidth_s']:.3f} s",
            _frame(mark),
            mark_words(mark),
        )
    return table


def _frame(mark: Mapping[str, Any]) -> str:
    if mark["frame"] is None:
        return "none"
    return f"{mark['frame']:.2f} +- {mark['frame_halfwidth']:.2f}"
