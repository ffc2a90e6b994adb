"""Pictures of the exchange models: the concentration laws as in Fig. 4c, and trajectories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from onset.models.kinetics import Floats, Kinetics
from onset.models.predictions import Predictions, Row
from onset.models.walks import forward_steps

SHOWN = 12
WAITING, SWITCHING, ALONE = "#1f4e9c", "#c8452c", "#9aa3ad"
LETTER = ((40.0, 0.15), (9.8, 0.12))  # Fig. 4c: a, c of waiting and switching, in a unit of its own


def draw_predictions(predictions: Predictions, models: list[Kinetics], file: Path) -> None:
    """One row per model: times against concentration with a/x + c, and trajectories."""
    figure = Figure(figsize=(9.0, 3.0 * len(models)), layout="constrained")
    figure.set_layout_engine("constrained", h_pad=0.1)
    axes = figure.subplots(len(models), 2, squeeze=False)
    for kinetics, (left, right) in zip(models, axes, strict=True):
        _laws(left, predictions, kinetics.model)
        _trajectories(right, kinetics)
    figure.savefig(file, dpi=150)


def _laws(axes: Axes, predictions: Predictions, model: str) -> None:
    rows = [row for row in predictions.rows if row.model == model]
    fits = predictions.fits[model]
    x = np.linspace(rows[0].concentration, rows[-1].concentration, 200)
    if model == "exchange-density":
        unit = fits.waiting.a / LETTER[0][0]
        for number, (a, c) in enumerate(LETTER):
            label = None if number else f"Fig. 4c, its unit {unit:.2g} steps"
            axes.plot(x, unit * (a / x + c), color="0.8", lw=5, label=label, zorder=0)
    for name, mean, fit, colour in (
        ("waiting", _waiting, fits.waiting, WAITING),
        ("switching", _switching, fits.switching, SWITCHING),
    ):
        axes.plot(x, fit.a / x + fit.c, color=colour, lw=1)
        label = f"{name}: {fit.a:.3g}/x {fit.c:+.2g}"
        axes.plot(
            [row.concentration for row in rows],
            [mean(row) for row in rows],
            "os"[name == "switching"],
            color=colour,
            label=label,
        )
    axes.set(title=model, xlabel="concentration / lowest", ylabel="mean, steps per crystal")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _waiting(row: Row) -> float:
    return row.waiting_mean


def _switching(row: Row) -> float:
    return row.switching_mean


def _trajectories(axes: Axes, kinetics: Kinetics) -> None:
    steps = forward_steps(kinetics, 1.0, 1000, np.random.default_rng(7))
    fraction = np.arange(kinetics.sites + 1) / kinetics.sites
    for one in steps[:SHOWN]:
        axes.step(np.concatenate([[0.0], one]), fraction, where="post", color=ALONE, lw=0.8)
    times = np.sort(steps, axis=None)
    everything = np.arange(1, times.size + 1) / times.size
    axes.plot(times, everything, color="black", lw=1.6, label="sum of 1000 crystals")
    axes.plot([], [], color=ALONE, lw=0.8, label=f"{SHOWN} single crystals")
    axes.set(
        xlabel="steps per crystal",
        ylabel="exchanged fraction",
        title=f"{kinetics.model}, lowest concentration",
        xlim=(0, _most(times)),
    )
    axes.legend(framealpha=0.85, edgecolor="none", loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)


def _most(times: Floats) -> float:
    return float(np.quantile(times, 0.995))
