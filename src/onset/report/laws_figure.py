"""Means against concentration, and the laws through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.analysis.comparison import Row, Series
from onset.analysis.laws import Law
from onset.analysis.outcomes import Floats, Mean
from onset.report.numbers_said import with_error
from onset.report.style import INK, PAGE_MM, SWITCHING, WAITING, Drawn, letter, new_figure, nothing


@dataclass(frozen=True, slots=True)
class Look:
    """How a series is drawn beside others."""

    marker: str
    stroke: str
    is_filled: bool


LOOKS = (
    Look("o", "-", is_filled=True),
    Look("o", "--", is_filled=False),
    Look("s", ":", is_filled=True),
)


def draw_laws(every: Sequence[Series]) -> Drawn:
    """Fig. 4b: means against concentration, and the two laws, of up to three series."""
    title = "Concentration laws"
    shown = [series for series in every if _known(series)][: len(LOOKS)]
    if not shown:
        return nothing("laws", title, "No concentration with enough crystals.")
    figure = new_figure(PAGE_MM, 68)
    panels = figure.subplots(1, 2)
    for series, look in zip(shown, LOOKS, strict=False):
        _law(panels[0], series, _waiting, series.waiting, WAITING, look)
        _law(panels[1], series, tau_of, series.switching, SWITCHING, look)
    _law_axes(panels[0], shown, shown[0].waiting, "mean waiting since the first (s)")
    _law_axes(panels[1], shown, shown[0].switching, r"mean switching time $\tau$ (s)")
    letter(panels[0], "a")
    letter(panels[1], "b")
    return Drawn(
        "laws",
        title,
        "Means of all single crystals; bars: standard errors (those since the first contain the "
        "error of the first), thin bars: spread of the crystals. Lines: y = a/(x + b) + c, "
        "weighted by the standard errors, with the band of one standard deviation."
        + (" The numbers are those of the first series." if len(shown) > 1 else ""),
        "Two plots of mean times that fall with concentration, with fitted hyperbolas.",
        figure,
        pd.concat([_law_table(_known(series), series) for series in shown], ignore_index=True),
    )


def _waiting(row: Row) -> Mean | None:
    return row.waiting_relative


def tau_of(row: Row) -> Mean | None:
    """Its mean switching time."""
    return row.tau


def draw_points(
    axes: Axes,
    rows: Sequence[Row],
    times: Callable[[Row], Mean | None],
    colour: str,
    look: Look | None = None,
) -> None:
    """Means with standard errors; thin bars: spread of the crystals."""
    look = look or LOOKS[0]
    known = [
        (row.condition.ug_per_ml or 0.0, mean) for row in rows if (mean := times(row)) is not None
    ]
    x, y = [x for x, _ in known], [mean.mean_s for _, mean in known]
    axes.errorbar(
        x, y, [mean.sd_s for _, mean in known], fmt="none", ecolor=colour, alpha=0.35, lw=0.7
    )
    axes.errorbar(
        x,
        y,
        [mean.error_s for _, mean in known],
        fmt=look.marker,
        color=colour,
        mfc=colour if look.is_filled else "white",
        ms=4,
        lw=1.6,
    )


def _law(
    axes: Axes,
    series: Series,
    times: Callable[[Row], Mean | None],
    law: Law,
    colour: str,
    look: Look,
) -> None:
    rows = _known(series)
    draw_points(axes, rows, times, colour, look)
    concentrations = np.array([row.condition.ug_per_ml or 0.0 for row in rows])
    x = np.linspace(concentrations.min(), concentrations.max(), 200)
    y = law.at(x)
    if y is not None:
        axes.plot(x, y, color=colour, lw=1.1, ls=look.stroke)
        band = _band(law, x)
        if band is not None:
            axes.fill_between(x, y - band, y + band, color=colour, alpha=0.15, lw=0)


def _law_axes(axes: Axes, shown: Sequence[Series], law: Law, name: str) -> None:
    """Axes from zero; the law's numbers, and which series is which where there are several."""
    most = max(row.condition.ug_per_ml or 0.0 for series in shown for row in _known(series))
    axes.set(xlabel="concentration (µg/mL)", ylabel=name, xlim=(0, 1.08 * most))
    axes.set_ylim(bottom=0)
    axes.text(
        0.97, 0.96, law_words(law), transform=axes.transAxes, ha="right", va="top", linespacing=1.5
    )
    if len(shown) < 2:
        return
    handles = [
        axes.plot([], [], look.marker, color=INK, ls=look.stroke, lw=1.0, ms=4,
                  mfc=INK if look.is_filled else "white")[0]
        for _, look in zip(shown, LOOKS, strict=False)
    ]  # fmt: skip
    axes.legend(handles, [_series_said(one) for one in shown], loc="center right", fontsize=6.5)


def _series_said(series: Series) -> str:
    light = series.irradiance_uw_cm2
    shone = "" if light is None else f", {light:g} µW/cm²"
    return f"{series.reagent}, turns {series.direction}{shone}"


def _known(series: Series) -> list[Row]:
    return [row for row in series.rows if row.condition.ug_per_ml and row.tau is not None]


def _band(law: Law, x: Floats) -> Floats | None:
    """One standard deviation of the law at x, by its covariance."""
    a, b, sds, rho = law.a.value, law.b.value, (law.a.sd, law.b.sd, law.c.sd), law.correlations
    if a is None or b is None or rho is None or any(sd is None for sd in sds):
        return None
    sd = np.array(sds, dtype=float)
    matrix = np.array([[1, rho[0], rho[1]], [rho[0], 1, rho[2]], [rho[1], rho[2], 1]])
    slopes = np.stack([1 / (x + b), -a / (x + b) ** 2, np.ones_like(x)]) * sd[:, None]
    band: Floats = np.sqrt(np.einsum("in,ij,jn->n", slopes, matrix, slopes))
    return band


def law_words(law: Law) -> str:
    """The law with its errors, on three lines."""
    if law.a.value is None:
        return "no law: too few concentrations"
    lines = ["y = a/(x + b) + c"]
    for name, unit in (("a", "s µg/mL"), ("b", "µg/mL"), ("c", "s")):
        one = getattr(law, name)
        held = " (held)" if one.sd is None and one.value == 0 else ""
        lines.append(f"{name} = {with_error(one.value, one.sd)} {unit}{held}")
    return "\n".join(lines)


def _law_table(rows: Sequence[Row], series: Series) -> pd.DataFrame:
    x = np.array([row.condition.ug_per_ml for row in rows], dtype=float)
    told = {"reagent": series.reagent, "direction": series.direction}
    table: dict[str, object] = {**told, "ug_per_ml": x, "n": [row.n for row in rows]}
    for name, times, law in (
        ("waiting_relative", _waiting, series.waiting),
        ("tau", tau_of, series.switching),
    ):
        means = [times(row) for row in rows]
        for part in ("mean_s", "sd_s", "error_s"):
            table[f"{name}_{part}"] = [getattr(m, part) if m else np.nan for m in means]
        table[f"{name}_law_s"] = law.at(x) if law.at(x) is not None else np.nan
    return pd.DataFrame(table)
