"""Is the film good? Frame times, drift, noise of the crystals and how sure their onsets are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.recording.read import Recording
from onset.report.analysed import Analysed
from onset.report.distributions import FEWEST, finite
from onset.report.numbers_said import counted
from onset.report.scene import Scene
from onset.report.style import (
    BLUE,
    GREEN,
    PAGE_MM,
    PURPLE,
    VERMILLION,
    Drawn,
    few_ticks,
    letter,
    new_figure,
    nothing,
    say,
)
from onset.report.trajectories import thinned

TITLE = "Quality of film and fits"


def draw_quality(recording: Recording, analysed: Analysed, scene: Scene) -> Drawn:
    """Four panels."""
    if len(recording) < 2 and len(analysed.spots) < FEWEST:
        frames = counted(len(recording), "frame")
        return nothing("quality", TITLE, f"{frames}, {counted(len(analysed.spots), 'spot')}.")
    figure = new_figure(PAGE_MM, 50)
    panels = figure.subplots(1, 4)
    times = _intervals(panels[0], recording, scene)
    drift = _drift(panels[1], analysed, scene)
    _snr(panels[2], analysed)
    _errors(panels[3], analysed)
    for axes, place in zip(panels, "abcd", strict=True):
        letter(axes, place)
    return Drawn(
        "quality",
        TITLE,
        "(a) Time between starts of exposure, by the clock that dates the frames. (b) Drift, from "
        "the crystals themselves. (c) Signal to noise of a crystal in one frame. (d) Standard "
        "deviation of the centre of each rise against that of tau.",
        "Four small plots: frame intervals, drift, signal to noise, errors of the fits.",
        figure,
        pd.concat(
            [
                times,
                drift,
                analysed.spots[["spot", "snr", "t0_sd_s", "tau_sd_s"]].reset_index(drop=True),
            ],
            axis=1,
        ),
    )


def _intervals(axes: Axes, recording: Recording, scene: Scene) -> pd.DataFrame:
    t_s = recording.times_s
    if len(t_s) < 2:
        say(axes, "one frame")
        return pd.DataFrame({"frame_t_s": t_s})
    gaps_ms = 1000 * np.diff(t_s)
    axes.plot(*thinned(t_s[1:] - scene.zero_s, gaps_ms, 4000), color=BLUE, lw=0.6)
    middle = float(np.median(gaps_ms))
    reach = max(float(np.abs(gaps_ms - middle).max()) * 1.15, 0.02 * middle)
    axes.set(xlabel=scene.short_axis, ylabel="frame interval (ms)")
    axes.set_ylim(middle - reach, middle + reach)
    axes.ticklabel_format(axis="y", useOffset=False)
    return pd.DataFrame({"frame_t_s": t_s[1:], "frame_interval_ms": gaps_ms})


def _drift(axes: Axes, analysed: Analysed, scene: Scene) -> pd.DataFrame:
    table = pd.DataFrame(
        {f"drift_{key}": analysed.frames[key] for key in ("t_s", "drift_y_px", "drift_x_px")}
    ).rename(columns={"drift_drift_y_px": "drift_y_px", "drift_drift_x_px": "drift_x_px"})
    if not np.nanmax(np.abs(table[["drift_y_px", "drift_x_px"]].to_numpy()), initial=0.0) > 0:
        seen = (analysed.populations.get("drift") or {}).get("spots")
        say(axes, "no drift seen" if seen else "drift not known:\nnothing shone\nlong enough")
        return table
    for column, colour, name in (("drift_x_px", BLUE, "x"), ("drift_y_px", VERMILLION, "y")):
        axes.plot(
            table["drift_t_s"] - scene.zero_s, table[column], color=colour, lw=0.8, label=name
        )
    reach = max(0.1, 1.2 * float(np.nanmax(np.abs(table[["drift_y_px", "drift_x_px"]].to_numpy()))))
    axes.set(
        xlabel=scene.short_axis,
        ylabel="drift (px)",
        ylim=(-reach, reach),
    )
    axes.legend()
    return table


def _snr(axes: Axes, analysed: Analysed) -> None:
    snr = finite(analysed.spots["snr"])
    snr = snr[snr > 0]
    if len(snr) < FEWEST:
        say(axes, "too few spots")
        return
    edges = np.geomspace(snr.min() / 1.05, snr.max() * 1.05, 25).tolist()
    axes.hist(snr, edges, color=GREEN, alpha=0.5)
    axes.set(xscale="log", xlabel="signal / noise, one frame", ylabel="spots")
    few_ticks(axes.xaxis)


def _errors(axes: Axes, analysed: Analysed) -> None:
    spots = analysed.switched.dropna(subset=["t0_sd_s", "tau_sd_s"])
    spots = spots[(spots["t0_sd_s"] > 0) & (spots["tau_sd_s"] > 0)]
    if len(spots) < FEWEST:
        say(axes, "too few fits")
        return
    axes.plot(spots["tau_sd_s"], spots["t0_sd_s"], "o", ms=2, color=PURPLE, alpha=0.5, mew=0)
    axes.set(xscale="log", yscale="log", xlabel=r"s.d. of $\tau$ (s)", ylabel=r"s.d. of $t_0$ (s)")
    few_ticks(axes.xaxis)
    few_ticks(axes.yaxis)
