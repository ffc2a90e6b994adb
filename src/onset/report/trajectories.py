"""Intensity against time: the sum over all spots, and representative single crystals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.report.analysed import Analysed, Floats
from onset.report.marks_drawn import draw_marks, sentence
from onset.report.numbers_said import counted, with_error
from onset.report.scene import Scene
from onset.report.style import (
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    SWITCHING,
    Drawn,
    new_figure,
    nothing,
)

SHOWN = 6
MOST_POINTS = 1600
"""Points of one line on paper; more are averaged in bins."""


def draw_ensemble(analysed: Analysed, scene: Scene) -> Drawn:
    """Sum over all spots with its sigmoid, and the single crystal of median tau beside it."""
    if analysed.spots.empty:
        return nothing("ensemble", "The ensemble", "No spot was found: there is nothing to add up.")
    figure = new_figure(PAGE_MM, 58)
    axes = figure.subplots()
    t_s = analysed.t_s - scene.zero_s
    total = analysed.lit("spots_sum")
    ten = _thousands(total)
    axes.plot(*thinned(t_s, total / 10**ten), color=INK, lw=0.8, label="sum over all spots")
    fit = (analysed.populations.get("ensemble") or {}).get("spots") or {}
    _ensemble_fit(axes, fit, scene, t_s, total / 10**ten)
    _lit_only(axes, scene)
    # in the label: above the axes it would lie on the name of a mark
    unit = rf"$10^{{{ten}}}$ {analysed.unit}" if ten else analysed.unit
    axes.set(xlabel=scene.axis, ylabel=f"intensity, all spots ({unit})")
    axes.legend(
        loc="lower right" if scene.direction == "on" else "upper right",
        frameon=True,
        edgecolor="none",
        framealpha=0.85,
    )
    draw_marks(axes, scene)
    return Drawn(
        "ensemble",
        "The ensemble",
        f"Sum of the trajectories of {counted(len(analysed.spots), 'spot')}. "
        f"{_ensemble_words(analysed)}{sentence(scene)}",
        f"Line plot: summed intensity {'rises' if scene.direction == 'on' else 'falls'} after "
        "the injection; injection and arrival are marked.",
        figure,
        pd.DataFrame({"t_since_zero_s": t_s, f"sum_{analysed.unit}": total}),
    )


def draw_trajectories(analysed: Analysed, scene: Scene) -> Drawn:
    """Single crystals from the first to the last to switch, each with its fitted sigmoid."""
    chosen = representatives(analysed)
    if chosen.empty:
        return nothing("trajectories", "Single crystals", f"None {scene.verb_past}.")
    t_s = analysed.t_s - scene.zero_s
    traces = analysed.traces([int(spot) for spot in chosen["spot"]])
    rows = max((len(chosen) + 1) // 2, 1)
    figure = new_figure(PAGE_MM, 17 + 21 * rows)
    grid = figure.subplots(rows, 2 if len(chosen) > 1 else 1, sharex=True, squeeze=False)
    panels = grid.T.ravel()
    for axes, (_, spot) in zip(panels, chosen.iterrows(), strict=False):
        above = axes in grid[0]
        _trajectory(axes, _trace(traces, spot), scene, t_s, spot, pad=9 if above else 2)
    for axes in panels[len(chosen) :]:
        axes.set_visible(False)
    for axes in grid[0]:
        axes.set_xlim(*_rises(analysed, scene))
    for axes in panels[: len(chosen)]:
        draw_marks(axes, scene, labels=axes in grid[0])
    figure.supxlabel(scene.axis, fontsize=7.5)
    figure.supylabel(f"intensity ({analysed.unit})", fontsize=7.5)
    return Drawn(
        "trajectories",
        "Single crystals",
        f"{len(chosen)} of {len(analysed.switched)}, chosen evenly from the first to the last "
        f"that {scene.verb_past}. Red: sigmoid averaged over each exposure, from the fit; dotted: "
        "3 standard deviations of the dark noise; triangle: onset, where it is crossed. "
        "Dips after the switch are blinking.",
        f"{len(chosen)} small plots of intensity against time, each with one sharp step.",
        figure,
        _table(analysed, traces, t_s),
    )


def representatives(analysed: Analysed, count: int = SHOWN) -> pd.DataFrame:
    """Singles spread evenly over the order of onset, the brighter half preferred."""
    switched = analysed.switched.dropna(subset=["onset_s"]).sort_values("onset_s")
    if len(switched) <= count:
        return switched
    bright = switched[switched["snr"] >= switched["snr"].median()]
    pool = bright if len(bright) >= count else switched
    places = np.linspace(0, len(pool) - 1, count).round().astype(int)
    return pool.iloc[places]


def sigmoid(t_s: Floats, t0_s: float, tau_s: float, exposure_s: float, direction: str) -> Floats:
    """Logistic rise (or fall) averaged over [t, t + exposure]; 0 to 1, shape of `t_s`."""
    tau = max(tau_s, 1e-9)
    if exposure_s <= 0:
        rise = 1.0 / (1.0 + np.exp(-np.clip((t_s - t0_s) / tau, -500, 500)))
    else:
        late, early = (t_s + exposure_s - t0_s) / tau, (t_s - t0_s) / tau
        rise = tau / exposure_s * (np.logaddexp(0.0, late) - np.logaddexp(0.0, early))
    return np.asarray(rise if direction == "on" else 1.0 - rise, dtype=float)


def thinned(t_s: Floats, y: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """At most `most` points: means of equal numbers of neighbours."""
    group = int(np.ceil(len(y) / most)) if len(y) else 1
    if group <= 1:
        return t_s, y
    whole = len(y) // group * group
    t_mean: Floats = t_s[:whole].reshape(-1, group).mean(axis=1)
    y_mean: Floats = y[:whole].reshape(-1, group).mean(axis=1)
    return t_mean, y_mean


def _thousands(values: Floats) -> int:
    """The power of ten, a multiple of three, that leaves up to four digits."""
    largest = float(np.nanmax(np.abs(values), initial=1.0))
    return 3 * int(np.log10(max(largest, 1.0)) / 3.0)


def _ensemble_words(analysed: Analysed) -> str:
    """The tau of all pixels beside that of the spots, as far as they are known."""
    whole = analysed.populations.get("ensemble") or {}
    says = [
        f"τ = {with_error(fit['tau_s'], fit.get('tau_sd_s'))} s of {what}"
        for fit, what in ((whole.get("spots") or {}, "this sum"), (whole, "the sum of all pixels"))
        if fit.get("tau_s")
    ]
    return f"{', '.join(says)}. " if says else "No sigmoid fits it. "


def _ensemble_fit(
    axes: Axes, fit: Mapping[str, Any], scene: Scene, t_s: Floats, total: Floats
) -> None:
    if not fit.get("tau_s") or fit.get("t0_s") is None:
        return
    shape = sigmoid(
        t_s, fit["t0_s"] - scene.zero_s, fit["tau_s"], scene.interval_s, scene.direction
    )
    last_s = (scene.end_s if fit.get("until_s") is None else fit["until_s"]) - scene.zero_s
    good = np.isfinite(total) & (t_s <= last_s)
    design = np.stack([shape[good], np.ones(int(good.sum()))], axis=1)
    scale, floor = np.linalg.lstsq(design, total[good], rcond=None)[0]
    axes.plot(
        *thinned(t_s[t_s <= last_s], (scale * shape + floor)[t_s <= last_s]),
        color=SWITCHING,
        lw=1.1,
        label=rf"its sigmoid, $\tau$ = {fit['tau_s']:.3g} s",
    )


def _trajectory(
    axes: Axes, trace: Floats, scene: Scene, t_s: Floats, spot: pd.Series, *, pad: float
) -> None:
    """`pad` leaves room for the names of marks, in points."""
    dark = float(np.nan_to_num(spot.get("dark_level", 0.0)))
    axes.axhline(0.0, color=HAIR, lw=0.5)
    axes.plot(*thinned(t_s, trace), color=FAINT, lw=0.5)
    said = f"no. {int(spot['spot'])}"
    if np.isfinite(spot["tau_s"]):
        model = spot["amplitude"] * sigmoid(
            t_s, spot["t0_s"] - scene.zero_s, spot["tau_s"], scene.interval_s, scene.direction
        )
        axes.plot(*thinned(t_s, dark + model), color=SWITCHING, lw=1.0)
        said += rf",  $\tau$ = {with_error(spot['tau_s'], spot['tau_sd_s'])} s"
    elif np.isfinite(spot["tau_upper_s"]):
        said += rf",  $\tau$ < {spot['tau_upper_s']:.2g} s"
    if scene.direction == "on":
        axes.axhline(dark + 3 * spot["noise_sd"], color=INK, lw=0.5, ls=":")
    axes.plot(spot["onset_s"] - scene.zero_s, dark, marker="^", color=INK, ms=3.5, zorder=5)
    axes.set_title(said, loc="right", fontsize=6.5, pad=pad)
    low, high = float(np.nanquantile(trace, 0.001)), float(np.nanquantile(trace, 0.999))
    axes.set_ylim(min(low, 0) - 0.06 * (high - low), high + 0.1 * (high - low))
    axes.locator_params(axis="y", nbins=3)


def _rises(analysed: Analysed, scene: Scene) -> tuple[float, float]:
    """From before the first onset until the slowest has long switched."""
    switched = analysed.switched
    first = float(switched["onset_s"].min())
    first = min(scene.zero_s, first) if scene.injection else first
    last = float(switched[["onset_s", "t0_s"]].max().max())
    last += 12 * np.nan_to_num(switched["tau_s"].median(), nan=scene.interval_s)
    before = 0.2 * (last - first)
    begin, end = max(scene.start_s, first - before), min(scene.end_s, last)
    return begin - scene.zero_s, max(end, begin + scene.interval_s) - scene.zero_s


def _lit_only(axes: Axes, scene: Scene) -> None:
    axes.set_xlim(
        scene.start_s - scene.zero_s, max(scene.end_s, scene.start_s + 1e-3) - scene.zero_s
    )


def _trace(traces: pd.DataFrame, spot: pd.Series) -> Floats:
    return np.asarray(traces[str(int(spot["spot"]))], dtype=float)


def _table(analysed: Analysed, traces: pd.DataFrame, t_s: Floats) -> pd.DataFrame:
    named = {name: f"spot_{name}_{analysed.unit}" for name in traces.columns[2:]}
    table = traces.drop(columns=["frame", "t_s"]).rename(columns=named)
    table.insert(0, "t_since_zero_s", t_s)
    return table
