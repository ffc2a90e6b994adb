"""One look for all figures: widths of a journal's columns, colours that everyone can tell apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

COLUMN_MM, PAGE_MM = 86.0, 178.0
MOST_TICKS = 5
INK, FAINT, HAIR = "#1d2530", "#6b7480", "#c9ced6"
BLUE, VERMILLION, GREEN, PURPLE, SKY, ORANGE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#aa4499",
    "#56b4e9",
    "#e69f00",
)
"""After Okabe and Ito: told apart by readers with any kind of colour vision."""
WAITING, SWITCHING, DONE, FRONT = BLUE, VERMILLION, INK, GREEN
ONSET_COLOURS = LinearSegmentedColormap.from_list(
    "onset", mpl.colormaps["viridis"](list(range(216)))
)
"""Viridis without its pale end, which is lost on white; it means onset time and nothing else."""

for _talkative in ("fontTools", "matplotlib"):
    # pymmcore-plus opens the root logger for everything; both would tell of every glyph
    logging.getLogger(_talkative).setLevel(logging.WARNING)

_LOOK: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "axes.titleweight": "regular",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.6,
    "ytick.major.size": 2.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.6,
    "legend.borderaxespad": 0.2,
    "savefig.dpi": 300,
    "figure.dpi": 100,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "onset",
    "image.interpolation": "nearest",
    "path.simplify_threshold": 0.3,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, what it shows in words, and the numbers in it."""

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure
    data: pd.DataFrame
    is_picture: bool = False
    """Pixels rather than lines: a page embeds it as PNG."""
    nothing: str = ""
    """Why there is nothing to see, where that is so; no figure is written then."""


@contextmanager
def house_look() -> Iterator[None]:
    """Draw and save within this."""
    with style.context(_LOOK):
        yield


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of this size on paper."""
    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04)  # type: ignore[union-attr, call-arg]
    return figure


def letter(axes: Axes, text: str) -> None:
    """The panel's letter, bold, above its upper left corner."""
    axes.annotate(
        text,
        (0.0, 1.0),
        (-14.0, 5.0),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8.5,
        fontweight="bold",
        va="bottom",
        annotation_clip=False,
    )


def few_ticks(axis: Axis) -> None:
    """Plain numbers on a logarithmic axis, as few as tell the scale."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(FixedLocator(_few_between(low, high)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axis.set_minor_formatter(NullFormatter())


def _few_between(low: float, high: float) -> list[float]:
    """Two to five round numbers; a locator of matplotlib crowds an axis of less than a decade."""
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [float(s * d) for d in decades for s in steps if low <= s * d <= high]
        if len(ticks) <= MOST_TICKS:
            break
    if len(ticks) < 2:
        between = MaxNLocator(3).tick_values(low, high)
        ticks = [float(tick) for tick in between if low <= tick <= high]
    return ticks


def nothing(name: str, title: str, reason: str) -> Drawn:
    """Stands for a figure where there is nothing to see."""
    return Drawn(name, title, "", "", Figure(), pd.DataFrame(), nothing=reason)


def say(axes: Axes, sentence: str) -> None:
    """Where there is nothing to draw, the reason stands in its place."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.text(
        0.5,
        0.5,
        sentence,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=FAINT,
        wrap=True,
    )


def save(drawn: Drawn, folder: Path) -> dict[str, Path]:
    """Write NAME.pdf, .svg, .png and the numbers as NAME.csv; the paths by suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{drawn.name}.{kind}" for kind in ("pdf", "svg", "png", "csv")}
    drawn.figure.draw_without_rendering()
    drawn.figure.set_layout_engine("none")  # once is enough for three formats
    drawn.figure.savefig(paths["pdf"], metadata={"CreationDate": None})
    drawn.figure.savefig(paths["svg"], metadata={"Date": None})
    drawn.figure.savefig(paths["png"])
    drawn.data.to_csv(paths["csv"], index=False, float_format="%.6g", lineterminator="\n")
    return paths
