"""Does the time of the switch depend on the place? Waiting time against x and y."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from onset.report.analysed import Analysed
from onset.report.distributions import FEWEST
from onset.report.scene import Scene
from onset.report.style import COLUMN_MM, WAITING, Drawn, letter, new_figure, nothing


def draw_position(analysed: Analysed, scene: Scene) -> Drawn:
    """Two scatter plots with the rank correlations, and the verdict in the caption."""
    spots = analysed.switched.dropna(subset=["onset_s"])
    check = analysed.populations.get("position") or {}
    if len(spots) < FEWEST:
        return nothing("position", "Time and place", verdict(check, len(spots)))
    figure = new_figure(COLUMN_MM, 52)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, place in zip(panels, ("x", "y"), "ab", strict=True):
        _against(axes, spots, name, check.get(f"rho_{name}"), scene)
        letter(axes, place)
    panels[0].set_ylabel(f"onset, {scene.axis}")
    table = spots[["spot", "x_px", "y_px", "onset_s"]].copy()
    table["onset_since_zero_s"] = table["onset_s"] - scene.zero_s
    return Drawn(
        "position",
        "Time and place",
        verdict(check, len(spots)),
        "Two scatter plots of onset time against x and against y.",
        figure,
        table,
    )


def verdict(check: dict[str, float | None], count: int) -> str:
    """What the position check says, in words."""
    p, moran = check.get("p"), check.get("moran_i")
    if p is None or count < FEWEST:
        return "Too few crystals for a position check."
    says = (
        f"The time of the switch depends on the place (permutation p = {p:.3g}): flow, "
        "illumination or drift may be behind it."
        if p < 0.05
        else f"No dependence of the switch on the place was found (permutation p = {p:.2g})."
    )
    near = f" Moran's I of nearest neighbours {moran:+.3f}." if moran is not None else ""
    return f"{says}{near} Rank correlations (Spearman) in the panels."


def _against(axes: Axes, spots: pd.DataFrame, name: str, rho: float | None, scene: Scene) -> None:
    axes.plot(
        spots[f"{name}_px"],
        spots["onset_s"] - scene.zero_s,
        "o",
        ms=2.2,
        color=WAITING,
        alpha=0.55,
        mew=0,
    )
    axes.set_xlabel(f"{name} (px)")
    if rho is not None:
        axes.set_title(rf"$\rho$ = {rho:+.3f}", loc="right")
