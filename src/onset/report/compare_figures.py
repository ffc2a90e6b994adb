"""Figures of a comparison: distributions per concentration, laws beside the data, models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.analysis.comparison import Comparison, Contrast, Row, Series, said
from onset.analysis.distributions import describe
from onset.analysis.outcomes import Floats, Mean, Outcome
from onset.report.histogram import draw_histogram
from onset.report.laws_figure import draw_points, tau_of
from onset.report.style import (
    BLUE,
    FAINT,
    GREEN,
    HAIR,
    INK,
    ORANGE,
    PAGE_MM,
    PURPLE,
    SWITCHING,
    WAITING,
    Drawn,
    few_ticks,
    new_figure,
    nothing,
    say,
)

FEWEST = 5


LINES = (BLUE, GREEN, PURPLE, ORANGE, FAINT, INK)
STROKES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))


def draw_ridges(comparison: Comparison, series: Series) -> Drawn:
    """Fig. 4a: histograms with Gaussian fits, one row per concentration."""
    title = "Distributions at each concentration"
    rows = [row for row in series.rows if row.n >= FEWEST]
    if not rows:
        return nothing("distributions_by_concentration", title, "Too few crystals at any.")
    figure = new_figure(PAGE_MM, 14 + 17 * len(rows))
    grid = figure.subplots(len(rows), 2, sharex="col", squeeze=False)
    tables = []
    for line, row in zip(grid, rows, strict=True):
        waits, taus = _times(comparison, row)
        tables.append(_long(row, waits, taus))
        for axes, values, colour in zip(line, (waits, taus), (WAITING, SWITCHING), strict=True):
            _ridge(axes, values, colour)
        line[0].set_title(said(row.condition), loc="left", fontweight="bold", fontsize=7)
    grid[-1, 0].set_xlabel("waiting time since the first crystal (s)")
    grid[-1, 1].set_xlabel(r"switching time $\tau$ (s)")
    figure.supylabel("crystals", fontsize=7.5)
    return Drawn(
        "distributions_by_concentration",
        title,
        "Waiting and switching times of single crystals, with Gaussian fits as in Fig. 4a of the "
        "paper; recordings of one concentration together, each from its own first crystal. Numbers "
        "are of all crystals alike; the table weighs recordings by their errors.",
        f"{len(rows)} rows of two histograms; both become narrower and earlier with concentration.",
        figure,
        pd.concat(tables, ignore_index=True),
    )


def draw_models(series: Series) -> Drawn:
    """The Monte Carlo models at their best, beside the data they were fitted to."""
    title = "Models of the exchange"
    fitted = series.preference.fitted
    if not fitted:
        return nothing("models", title, series.preference.verdict)
    known = [row for row in series.rows if row.condition.ug_per_ml and row.centre_relative]
    figure = new_figure(PAGE_MM, 74)
    panels = figure.subplots(1, 2, sharex=True)
    for axes, times, colour in zip(panels, (_centre, tau_of), (WAITING, SWITCHING), strict=True):
        draw_points(axes, known, times, colour)
        for place, one in enumerate(fitted):
            values = one.waiting_s if axes is panels[0] else one.tau_s
            label = f"{one.name} ({weight_said(one.weight)})"
            axes.plot(one.ug_per_ml, values, color=LINES[place % 6], ls=STROKES[place % 6],
                      lw=1.4 if place == 0 else 0.8, label=label, zorder=1)  # fmt: skip
        _logarithmic(axes)
        axes.set_xlabel("concentration (µg/mL)")
    panels[0].set_ylabel("mean waiting, centres (s)")
    panels[1].set_ylabel(r"mean switching time $\tau$ (s)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Drawn(
        "models",
        title,
        f"{series.preference.verdict} In brackets: Akaike weights. Each model has its own time per "
        "step, initial rate and scatter; waiting and switching are fitted together. Here a waiting "
        "time ends at the centre of the rise, as in the models.",
        "Two plots on logarithmic axes: data and lines of the barrier models.",
        figure,
        pd.DataFrame(
            [
                {"model": one.name, "ug_per_ml": x, "waiting_s": w, "tau_s": t, "aicc": one.aicc,
                 "weight": one.weight, "k0": one.k0, "fall_kt": one.fall_kt}
                for one in fitted
                for x, w, t in zip(one.ug_per_ml, one.waiting_s, one.tau_s, strict=True)
            ]
        ),
    )  # fmt: skip


def draw_contrasts(contrasts: Sequence[Contrast]) -> Drawn:
    """Ratios of times between two conditions that differ in one thing."""
    title = "Reagents, forward and back, light controls"
    known = [one for one in contrasts if one.waiting or one.switching]
    if not known:
        reason = "No two conditions differ in reagent, direction or light alone."
        return nothing("contrasts", title, reason)
    figure = new_figure(PAGE_MM, 16 + 7 * len(known))
    axes = figure.subplots()
    for place, one in enumerate(reversed(known)):
        for ratio, colour, away in (
            (one.waiting, WAITING, 0.12),
            (one.switching, SWITCHING, -0.12),
        ):
            if ratio is not None:
                axes.errorbar(
                    ratio[0], place + away, xerr=1.96 * ratio[1], fmt="o", color=colour, lw=1
                )
    axes.axvline(1.0, color=HAIR, zorder=0)
    axes.set_yticks(range(len(known)), [contrast_said(one) for one in reversed(known)])
    axes.set(xlabel="ratio of mean times (second over first)", ylim=(-0.6, len(known) - 0.4))
    axes.set_title("waiting", loc="left", color=WAITING)
    axes.set_title(r"switching", loc="right", color=SWITCHING)
    return Drawn(
        "contrasts",
        title,
        "Mean times of the second condition over those of the first; bars: 95 %. 1: no difference.",
        "Points with error bars around 1, one line per pair of conditions.",
        figure,
        pd.DataFrame(
            [
                {"what": contrast_said(one), "waiting_ratio": (one.waiting or (np.nan,) * 2)[0],
                 "waiting_sd": (one.waiting or (np.nan,) * 2)[1],
                 "switching_ratio": (one.switching or (np.nan,) * 2)[0],
                 "switching_sd": (one.switching or (np.nan,) * 2)[1]}
                for one in known
            ]
        ),
    )  # fmt: skip


def weight_said(weight: float) -> str:
    """An Akaike weight in per cent."""
    return f"{100 * weight:.2g} %" if weight >= 0.001 else "below 0.1 %"


def contrast_said(one: Contrast) -> str:
    """What differs between the two, in words."""
    if one.what == "reagent":
        return f"{said(one.first)}, {said(one.second)}"
    if one.what == "irradiance":
        light = f"{one.first.irradiance_uw_cm2:g}, {one.second.irradiance_uw_cm2:g} µW/cm²"
        return f"{said(one.first)}: {light}"
    if one.what == "wavelength":
        light = f"{one.first.wavelength_nm:g}, {one.second.wavelength_nm:g} nm"
        return f"{said(one.first)}: {light}"
    first = f"{said(one.first)} turns {one.first.direction}"
    return f"{first}, {said(one.second)} turns {one.second.direction}"


def _times(comparison: Comparison, row: Row) -> tuple[Floats, Floats]:
    """Waiting and switching times of all recordings of a condition."""
    some = [one for one in comparison.outcomes if one.condition == row.condition]

    def joined(times: Callable[[Outcome], Floats]) -> Floats:
        return np.concatenate([times(one) for one in some])

    return joined(lambda one: one.since_first_s), joined(lambda one: one.tau_s)


def _ridge(axes: Axes, values: Floats, colour: str) -> None:
    numbers = describe(values)
    if not numbers.counts:
        say(axes, "too few")
        return
    gauss = numbers.gauss_mean, numbers.gauss_sd
    draw_histogram(axes, numbers.edges, numbers.counts, *gauss, colour)
    width = f", FWHM {numbers.fwhm:#.3g} s" if np.isfinite(numbers.fwhm) else ""
    text = f"{numbers.mean:#.3g} s{width}, n = {numbers.n}"
    axes.set_title(text, loc="right", fontsize=6.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _centre(row: Row) -> Mean | None:
    return row.centre_relative


def _logarithmic(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        few_ticks(axis)


def _long(row: Row, waits: Floats, taus: Floats) -> pd.DataFrame:
    both = pd.DataFrame({"waiting_relative_s": pd.Series(waits), "tau_s": pd.Series(taus)})
    return both.assign(ug_per_ml=row.condition.ug_per_ml, reagent=row.condition.reagent)
