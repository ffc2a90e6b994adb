"""`onset info` for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from onset.cli.console import stdout

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
    stdout.print(f"protocol  {document['protocol']} on rig {document['rig']}")
    _show_frames(document["frames"])
    clock = document["clock"]
    stdout.print(
        f"clock     {clock['source']}: drift {clock['drift_ppm']:.1f} ppm, "
        f"residual {clock['residual_ms']:.2f} ms; speed {document['speed']:.3g} x"
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


def _show_frames(frames: Mapping[str, Any]) -> None:
    dropped = "unknown (no counter)" if frames["dropped"] is None else frames["dropped"]
    height, width = frames["shape"]
    stdout.print(
        f"frames    {frames['written']} written, {dropped} dropped, "
        f"{height} x {width} px {frames['dtype']}"
    )
    for cause, n in frames["lost"].items():
        stdout.print(f"lost      {n} frames: {CAUSES.get(cause, cause)}", style="red")
    for first, last in frames["gaps"]:
        stdout.print(f"gap       frames {first} to {last} are missing", style="red")


def _marks(marks: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("mark", "time", "frame", "what"):
        table.add_column(column, justify="left" if column in ("mark", "what") else "right")
    for mark in marks:
        table.add_row(
            mark["what"],
            f"{mark['t_s']:.3f} +- {mark['t_halfwidth_s']:.3f} s",
            f"{mark['frame']:.2f} +- {mark['frame_halfwidth']:.2f}",
            _words(mark),
        )
    return table


def _words(mark: Mapping[str, Any]) -> str:
    words = []
    if mark["reagent"]:
        strength = mark["reagent"]["ug_per_ml"]
        stated = f" {strength:g} ug/mL" if strength is not None else ""
        words.append(mark["reagent"]["name"] + stated)
    words += [_value(key, value) for key, value in mark["values"].items() if value is not None]
    if mark["arrival"]:
        words.append(f"front at the field: {_times(mark['arrival'])}")
    return ", ".join(word for word in words if word)


def _value(key: str, value: Any) -> str:
    match key:
        case "rate_ul_min":
            return f"{value:g} uL/min"
        case "volume_ul" | "delivered_ul":
            return f"{value:g} uL"
        case "duration_s":
            return f"{value:g} s"
        case "confirmed":
            return "" if value else "not confirmed by the shutter"
        case "text":
            return str(value)
        case _:
            return f"{key} {value}"


def _times(front: Mapping[str, Any]) -> str:
    known = [front[key] for key in ("t10_s", "t50_s", "t90_s") if front[key] is not None]
    if not known:
        return "unknown"
    if max(known) - min(known) < 0.05:
        return f"{known[0]:.1f} s"
    return f"{min(known):.1f} to {max(known):.1f} s (t10 to t90)"
