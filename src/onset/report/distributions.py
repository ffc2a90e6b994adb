"""Histograms of waiting and switching times with their Gaussian, and the part not yet switched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.report.analysed import Analysed, Floats
from onset.report.histogram import draw_histogram
from onset.report.marks_drawn import draw_marks
from onset.report.numbers_said import counted, with_interval
from onset.report.scene import Scene
from onset.report.style import (
    COLUMN_MM,
    PAGE_MM,
    SWITCHING,
    WAITING,
    Drawn,
    letter,
    new_figure,
    nothing,
    say,
)

FEWEST = 5
"""Times that make a histogram."""


def draw_distributions(analysed: Analysed) -> Drawn:
    """Waiting relative to the first crystal, and switching time tau."""
    waits = finite(analysed.switched["waiting_relative_s"])
    taus = finite(analysed.switched["tau_s"])
    populations = analysed.populations
    keys = ("waiting_relative", "switching")
    if not any((populations.get(key) or {}).get("counts") for key in keys):
        known = f"{counted(len(waits), 'waiting time')}, {counted(len(taus), 'switching time')}"
        reason = f"{known}: too few, or all alike."
        return nothing("distributions", "Waiting and switching times", reason)
    figure = new_figure(PAGE_MM, 62)
    left, right = figure.subplots(1, 2)
    waiting = populations.get("waiting_relative") or {}
    _histogram(left, waits, waiting, WAITING, "waiting time since the first crystal (s)")
    _histogram(
        right, taus, populations.get("switching") or {}, SWITCHING, r"switching time $\tau$ (s)"
    )
    letter(left, "a")
    letter(right, "b")
    return Drawn(
        "distributions",
        "Waiting and switching times",
        f"{counted(len(waits), 'single crystal')} whose switch was seen. Curves: Gaussian fits, as "
        "in the paper; neither time is truly Gaussian, so mean and median are given below too.",
        "Two histograms with Gaussian curves: waiting times since the first crystal, and tau.",
        figure,
        _columns({"waiting_relative_s": waits, "tau_s": taus}),
    )


def draw_survival(analysed: Analysed, scene: Scene) -> Drawn:
    """Kaplan-Meier curve of the onset; crystals dark at the end are censored there."""
    table = _curve(analysed, scene)
    title = f"Part of the crystals not yet {_state(scene)}"
    if table.empty:
        return nothing("survival", title, f"No single crystal {scene.verb_past}.")
    figure = new_figure(COLUMN_MM, 58)
    axes = figure.subplots()
    axes.fill_between(
        table["t_s"], table["low"], table["high"], step="post", color=WAITING, alpha=0.2, lw=0
    )
    axes.step(table["t_s"], table["part"], where="post", color=WAITING)
    axes.set(xlabel=scene.axis, ylabel=f"not yet {_state(scene)}", ylim=(0, 1.02))
    axes.set_xlim(*_falling(table, scene))
    draw_marks(axes, scene)
    steady = int((analysed.spots["kind"] == "steady").sum()) if scene.direction == "off" else 0
    known = len(analysed.singles) + steady
    left = known - len(analysed.switched)
    return Drawn(
        "survival",
        title,
        "Kaplan-Meier estimate with its 95 % band (Greenwood, log-log). "
        + (
            f"{left} of {counted(known, 'crystal')} had not switched when the film ended and "
            "counted as such until then. "
            if left
            else "All of them switched within the film. "
        )
        + "Crystals that never emit are in no number here.",
        "Step curve that falls from 1 as crystals switch.",
        figure,
        table,
    )


def _falling(table: pd.DataFrame, scene: Scene) -> tuple[float, float]:
    """Where the curve falls, and the injection; ends of the axis."""
    first, last = float(table["t_s"].iloc[1]), float(table["t_s"].iloc[-2])
    start = min(scene.start_s, scene.zero_s) - scene.zero_s
    before = -0.1 * last if scene.injection else first - 0.5 * (last - first) - scene.interval_s
    begin, end = max(start, before), last + 0.15 * (last - max(start, before))
    return begin, max(min(end, max(scene.end_s - scene.zero_s, last)), begin + scene.interval_s)


def finite(column: pd.Series) -> Floats:
    """The numbers that are known."""
    values = column.to_numpy(dtype=float)
    known: Floats = values[np.isfinite(values)]
    return known


def _state(scene: Scene) -> str:
    return "lit" if scene.direction == "on" else "dark"


def _curve(analysed: Analysed, scene: Scene) -> pd.DataFrame:
    """The curve from where nothing has switched to the end of the film."""
    curve = pd.DataFrame(analysed.populations.get("kaplan_meier") or {}, dtype=float)
    if curve.empty:
        return curve
    begin = pd.DataFrame(
        {"t_s": [min(0.0, curve["t_s"].min())], "part": 1.0, "low": 1.0, "high": 1.0}
    )
    end = curve.tail(1).assign(t_s=max(scene.end_s - scene.zero_s, curve["t_s"].max()))
    return pd.concat([begin, curve, end], ignore_index=True)


def _histogram(
    axes: Axes, values: Floats, numbers: Mapping[str, Any], colour: str, label: str
) -> None:
    axes.set_xlabel(label)
    if not numbers.get("counts"):
        say(axes, f"{len(values)} known: too few for a histogram")
        return
    gauss = numbers.get("gauss_mean"), numbers.get("gauss_sd")
    draw_histogram(axes, numbers["edges"], numbers["counts"], *gauss, colour)
    axes.set_ylabel("crystals")
    axes.set_title(_numbers(numbers), loc="right", fontsize=7)


def _numbers(numbers: Mapping[str, Any]) -> str:
    intervals = numbers.get("intervals") or {}
    return ",  ".join(
        f"{said} {with_interval(float(numbers[key]), intervals.get(key))} s"
        for key, said in (("mean", "mean"), ("fwhm", "FWHM"))
        if numbers.get(key) is not None
    )


def _columns(columns: Mapping[str, Floats]) -> pd.DataFrame:
    """Columns of unequal length side by side."""
    return pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})
