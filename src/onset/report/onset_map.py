"""Where spots are and when each switched: colour is onset time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from onset.report.analysed import Analysed
from onset.report.film_strip import Window
from onset.report.scene import Scene
from onset.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    ONSET_COLOURS,
    Drawn,
    new_figure,
    nothing,
)


def draw_onset_map(
    analysed: Analysed, scene: Scene, shape: tuple[int, int], window: Window
) -> Drawn:
    """The whole field; open symbols are what populations leave out."""
    if analysed.spots.empty:
        return nothing("onset_map", "Where and when", "No spot was found.")
    figure = new_figure(COLUMN_MM * 1.12, COLUMN_MM)
    axes = figure.subplots()
    switched = analysed.switched
    others = analysed.spots.drop(switched.index)
    _field(axes, shape, window, scene.pixel_size_um)
    _others(axes, others)
    _switched(axes, switched, scene)
    return Drawn(
        "onset_map",
        "Where and when",
        f"One dot per single crystal that {scene.verb_past} ({len(switched)}), coloured by onset."
        + (
            f" Open symbols and crosses ({len(others)}) are not in the populations."
            if len(others)
            else ""
        )
        + (" Dashed: the part shown above." if (window.height, window.width) != shape else ""),
        f"Map of the field with {len(switched)} dots coloured by onset time"
        + (f" and {len(others)} open symbols for other spots." if len(others) else "."),
        figure,
        _table(analysed.spots, scene),
    )


def _field(axes: Axes, shape: tuple[int, int], window: Window, pixel_size_um: float | None) -> None:
    axes.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5), aspect="equal")
    axes.set(xlabel="x (px)", ylabel="y (px)")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(HAIR)
    if (window.height, window.width) != shape:
        corner = (window.left - 0.5, window.top - 0.5)
        axes.add_patch(
            Rectangle(
                corner, window.width, window.height, fill=False, ec=FAINT, lw=0.6, ls=(0, (4, 2))
            )
        )
    if pixel_size_um is not None:
        axes.set_title(
            f"{shape[1] * pixel_size_um:.0f} x {shape[0] * pixel_size_um:.0f} µm", color=FAINT
        )


def _others(axes: Axes, others: pd.DataFrame) -> None:
    looks = (
        ("cluster", "s", "cluster"),
        ("steady", "^", "lit from the start"),
        ("uncertain", "D", "uncertain"),
    )
    for kind, marker, label in looks:
        some = others[others["kind"] == kind]
        if len(some):
            axes.plot(
                some["x_px"],
                some["y_px"],
                marker,
                mfc="none",
                mec=FAINT,
                ms=3.6,
                mew=0.6,
                label=label,
            )
    dark = others[(others["kind"] == "single") & others["censored"].astype(bool)]
    if len(dark):
        axes.plot(
            dark["x_px"],
            dark["y_px"],
            "x",
            mec=FAINT,
            ms=3.2,
            mew=0.6,
            label="not switched by the end",
        )
    if len(others):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, handletextpad=0.2)


def _switched(axes: Axes, switched: pd.DataFrame, scene: Scene) -> None:
    if switched.empty:
        return
    since_s = switched["onset_s"] - scene.zero_s
    low, high = np.quantile(since_s, [0.0, 1.0])
    dots = axes.scatter(
        switched["x_px"],
        switched["y_px"],
        c=since_s,
        s=11,
        cmap=ONSET_COLOURS,
        vmin=low,
        vmax=high if high > low else low + 1,
        lw=0.25,
        ec=INK,
    )
    bar = axes.figure.colorbar(dots, ax=axes, shrink=0.85, aspect=28, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(f"onset, {scene.axis}")


def _table(spots: pd.DataFrame, scene: Scene) -> pd.DataFrame:
    table = spots[["spot", "y_px", "x_px", "kind", "censored", "onset_s"]].copy()
    table["onset_since_zero_s"] = table["onset_s"] - scene.zero_s
    return table
