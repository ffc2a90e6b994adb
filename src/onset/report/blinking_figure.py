"""Bright and dark times of crystals that blink after their switch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.report.analysed import Analysed, Floats
from onset.report.distributions import FEWEST, finite
from onset.report.numbers_said import counted
from onset.report.scene import Scene
from onset.report.style import COLUMN_MM, FAINT, ORANGE, SKY, Drawn, few_ticks, new_figure, nothing


def draw_blinking(analysed: Analysed, scene: Scene) -> Drawn:
    """Histograms of the mean bright and the mean dark time of each crystal, log scale."""
    lasting = analysed.switched[analysed.switched["degraded_s"].isna()]
    bright, dark = finite(lasting["on_s"]), finite(lasting["off_s"])
    bright, dark = bright[bright > 0], dark[dark > 0]
    if len(dark) < FEWEST or len(bright) < FEWEST:
        seen = "was" if len(dark) == 1 else "were"
        reason = f"{counted(len(dark), 'crystal')} {seen} seen to blink: too few to draw."
        return nothing("blinking", "Blinking", reason)
    figure = new_figure(COLUMN_MM, 52)
    _draw(figure.subplots(), bright, dark, scene)
    said = f"Medians {np.median(bright):.3g} s bright, {np.median(dark):.3g} s dark. "
    return Drawn(
        "blinking",
        "Blinking",
        f"Mean bright and dark time of each of {len(dark)} crystals that blink after the switch. "
        f"{said}Times shorter than a frame are not seen, bright times are cut by the film's end. "
        "Crystals that went dark for good are left out.",
        "Two histograms on a logarithmic time axis: bright times and dark times.",
        figure,
        pd.DataFrame({"on_s": pd.Series(bright), "off_s": pd.Series(dark)}),
    )


def _draw(axes: Axes, bright: Floats, dark: Floats, scene: Scene) -> None:
    both = np.concatenate([bright, dark])
    edges = np.geomspace(both.min() / 1.1, both.max() * 1.1, 28).tolist()
    axes.hist(bright, edges, color=ORANGE, alpha=0.55, label="bright")
    axes.hist(dark, edges, color=SKY, alpha=0.55, label="dark")
    if scene.interval_s > 0:
        axes.axvline(scene.interval_s, color=FAINT, ls=":", lw=0.8)
        axes.text(
            scene.interval_s,
            0.99,
            " one frame",
            va="top",
            fontsize=6.5,
            color=FAINT,
            transform=axes.get_xaxis_transform(),
        )
    axes.set(xscale="log", xlabel="mean time of one crystal (s)", ylabel="crystals")
    few_ticks(axes.xaxis)
    axes.margins(y=0.12)
    axes.legend(loc="upper right", ncols=2)
