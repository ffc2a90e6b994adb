"""Figures of a comparison: distributions per concentration, laws beside the data, models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from onset.analysis.comparison import Comparison, Contrast, Row, Series, said
from onset.analysis.distributions import describe
from onset.analysis.laws import Law
from onset.analysis.outcomes import Floats, Mean, Outcome
from onset.report.numbers_said import with_error
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
    letter,
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
        "paper; recordings of one concentration together, each from its own first crystal.",
        f"{len(rows)} rows of two histograms; both become narrower and earlier with concentration.",
        figure,
        pd.concat(tables, ignore_index=True),
    )


def draw_laws(series: Series) -> Drawn:
    """Fig. 4b: means against concentration, and the two laws."""
    title = "Concentration laws"
    known = [row for row in series.rows if row.condition.ug_per_ml and row.tau is not None]
    if not known:
        return nothing("laws", title, "No concentration with enough crystals.")
    figure = new_figure(PAGE_MM, 68)
    panels = figure.subplots(1, 2)
    for axes, times, law, colour, name in (
        (panels[0], _waiting, series.waiting, WAITING, "mean waiting since the first (s)"),
        (panels[1], _tau, series.switching, SWITCHING, r"mean switching time $\tau$ (s)"),
    ):
        _law(axes, known, times, law, colour)
        axes.set(xlabel="concentration (µg/mL)", ylabel=name)
    letter(panels[0], "a")
    letter(panels[1], "b")
    return Drawn(
        "laws",
        title,
        "Means of all single crystals; bars: standard errors (those since the first contain the "
        "error of the first), thin bars: spread of the crystals. Lines: y = a/(x + b) + c, "
        "weighted by the standard errors, with the band of one standard deviation.",
        "Two plots of mean times that fall with concentration, with fitted hyperbolas.",
        figure,
        _law_table(known, series),
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
    for axes, times, colour in zip(panels, (_centre, _tau), (WAITING, SWITCHING), strict=True):
        _points(axes, known, times, colour)
        for place, one in enumerate(fitted):
            values = one.waiting_s if axes is panels[0] else one.tau_s
            label = f"{one.name} ({100 * one.weight:.2g} %)"
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
    title = "Forward and back, light controls"
    known = [one for one in contrasts if one.waiting or one.switching]
    if not known:
        reason = "No two conditions differ in direction or light alone."
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


def contrast_said(one: Contrast) -> str:
    """What differs between the two, in words."""
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
    edges, counts = np.array(numbers.edges), np.array(numbers.counts)
    axes.bar(
        edges[:-1],
        counts,
        np.diff(edges),
        align="edge",
        color=colour,
        alpha=0.28,
        ec="white",
        lw=0.3,
    )
    if np.isfinite(numbers.gauss_mean):
        x = np.linspace(edges[0], edges[-1], 200)
        height = counts.sum() * (edges[1] - edges[0]) / (numbers.gauss_sd * np.sqrt(2 * np.pi))
        bell = np.exp(-0.5 * ((x - numbers.gauss_mean) / numbers.gauss_sd) ** 2)
        axes.plot(x, height * bell, color=colour, lw=0.9)
    text = f"{numbers.mean:.3g} s, FWHM {numbers.fwhm:.2g} s, n = {numbers.n}"
    axes.set_title(text, loc="right", fontsize=6.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _waiting(row: Row) -> Mean | None:
    return row.waiting_relative


def _tau(row: Row) -> Mean | None:
    return row.tau


def _centre(row: Row) -> Mean | None:
    return row.centre_relative


def _points(
    axes: Axes, rows: Sequence[Row], times: Callable[[Row], Mean | None], colour: str
) -> None:
    known = [
        (row.condition.ug_per_ml or 0.0, mean) for row in rows if (mean := times(row)) is not None
    ]
    x, y = [x for x, _ in known], [mean.mean_s for _, mean in known]
    axes.errorbar(
        x, y, [mean.sd_s for _, mean in known], fmt="none", ecolor=colour, alpha=0.35, lw=0.7
    )
    axes.errorbar(x, y, [mean.error_s for _, mean in known], fmt="o", color=colour, ms=4, lw=1.6)


def _law(
    axes: Axes, rows: Sequence[Row], times: Callable[[Row], Mean | None], law: Law, colour: str
) -> None:
    _points(axes, rows, times, colour)
    concentrations = np.array([row.condition.ug_per_ml or 0.0 for row in rows])
    axes.set_xlim(0, 1.08 * concentrations.max())
    x = np.linspace(concentrations.min(), concentrations.max(), 200)
    y = law.at(x)
    if y is not None:
        axes.plot(x, y, color=colour, lw=1.1)
        band = _band(law, x)
        if band is not None:
            axes.fill_between(x, y - band, y + band, color=colour, alpha=0.15, lw=0)
    axes.set_ylim(bottom=0)
    axes.text(
        0.97, 0.96, law_words(law), transform=axes.transAxes, ha="right", va="top", linespacing=1.5
    )


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


def _logarithmic(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _law_table(rows: Sequence[Row], series: Series) -> pd.DataFrame:
    x = np.array([row.condition.ug_per_ml for row in rows], dtype=float)
    table: dict[str, object] = {"ug_per_ml": x, "n": [row.n for row in rows]}
    for name, times, law in (
        ("waiting_relative", _waiting, series.waiting),
        ("tau", _tau, series.switching),
    ):
        means = [times(row) for row in rows]
        for part in ("mean_s", "sd_s", "error_s"):
            table[f"{name}_{part}"] = [getattr(m, part) if m else np.nan for m in means]
        table[f"{name}_law_s"] = law.at(x) if law.at(x) is not None else np.nan
    return pd.DataFrame(table)


def _long(row: Row, waits: Floats, taus: Floats) -> pd.DataFrame:
    both = pd.DataFrame({"waiting_relative_s": pd.Series(waits), "tau_s": pd.Series(taus)})
    return both.assign(ug_per_ml=row.condition.ug_per_ml, reagent=row.condition.reagent)
