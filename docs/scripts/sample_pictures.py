"""Draws the pictures of docs/explanation/sample.md from the simulated sample itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import curve_fit

from onset.models.flow import Content, Front
from onset.simulated.exposures import Exposure
from onset.simulated.field import Surroundings
from onset.simulated.optics import View
from onset.simulated.preset import Preset, read_preset
from onset.simulated.sample import Sample
from onset.simulated.sensors import MODELS, Chip
from onset.simulated.shot import Shot
from onset.simulated.world import World

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
SIDE = 512
EXPOSURE_NS = 50_000_000
CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
FIELDS = 20
WAITING, SWITCHING = "#1f4e9c", "#c8452c"


class Film:
    """Frames at any time after the front of `ug_per_ml` TBAB has reached the field."""

    def __init__(self, preset, ug_per_ml, seed=1):
        there = World("docs")
        there.plunger("TBAB", "TBAB", ug_per_ml).start(0, 2.0)
        self.sample = Sample(preset, (SIDE, SIDE), seed)
        view = View(0, 0, SIDE, SIDE)
        chip = Chip(MODELS[preset.camera], view, SIDE)
        around = Surroundings(Front())
        self.shot = Shot(self.sample, there, around, view, chip, seed, sensor_px=SIDE)
        self.shot.anticipate(Exposure(0, 0, EXPOSURE_NS, EXPOSURE_NS))

    def frame(self, t_s):
        number = round(t_s / 0.05)
        start_ns = number * EXPOSURE_NS
        exposure = Exposure(number, start_ns, start_ns + EXPOSURE_NS, start_ns + EXPOSURE_NS)
        self.shot.anticipate(exposure)
        return self.shot.finish(exposure).astype(float)


def preset(name):
    return read_preset(ROOT / "devices" / "samples" / f"{name}.toml")


def contact_sheet():
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    axes = figure.subplots(2, 4)
    for row, (ug_per_ml, times_s) in zip(
        axes, ((1.0, (0.0, 34.0, 44.0, 80.0)), (10.0, (0.0, 7.0, 8.5, 25.0))), strict=True
    ):
        film = Film(Preset(), ug_per_ml)
        for one, t_s in zip(row, times_s, strict=True):
            one.imshow(film.frame(t_s)[128:384, 128:384], cmap="gray_r", vmin=100, vmax=165)
            one.set(xticks=[], yticks=[], title=f"{ug_per_ml:g} ug/mL, {t_s:g} s")
    figure.savefig(IMAGES / "sample-contact-sheet.png", dpi=100)


def trajectories():
    names = ("paper", "letter", "smooth", "equal", "nucleation")
    figure = Figure(figsize=(10, 11), layout="constrained")
    grid = figure.subplots(len(names), 2, sharex="row")
    for row, name in zip(grid, names, strict=True):
        film = Film(preset(name), 1.0)
        end_s = 90.0
        times = np.arange(0.0, end_s, 0.1)
        drawn = film.sample.particles
        alone = np.flatnonzero(~drawn.is_cluster)[[3, 40, 77]]
        boxes = [(round(drawn.y_px[i]), round(drawn.x_px[i])) for i in alone]
        traces, total = [], []
        for t_s in times:
            image = film.frame(t_s) - 100.0
            total.append(image.mean())
            traces.append([image[y - 3 : y + 4, x - 3 : x + 4].sum() for y, x in boxes])
        traces, total = np.array(traces), np.array(total)
        traces -= np.median(traces[:30], axis=0)
        for k in range(len(boxes)):
            row[0].plot(times, traces[:, k] + k * 1.4 * traces.max(), lw=0.7, color=WAITING)
        row[0].set(title=f"{name}, 1 ug/mL: three crystals", yticks=[], ylabel="intensity")
        rise = total - total[:30].mean()
        row[1].plot(times, rise / rise[-100:].mean(), color="black", label="sum of the field")
        on = np.sort(film.shot._seen().switches().centre_s[0])
        row[1].plot(
            on, np.arange(on.size) / on.size, color=SWITCHING, label="part switched (truth)"
        )
        row[1].set(title=name, xlim=(0, end_s), ylim=(-0.05, 1.15))
        row[1].legend(frameon=False, loc="lower right")
    for one in grid[-1]:
        one.set_xlabel("time since the front, s")
    figure.savefig(IMAGES / "sample-trajectories.png", dpi=90)


def law(x, a, b, c):
    return a / (x + b) + c


def laws():
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2)
    means, errors = np.zeros((2, 5)), np.zeros((2, 5))
    spreads = np.zeros((2, 5))
    for place, x in enumerate(CONCENTRATIONS):
        waits, taus = [], []
        for seed in range(FIELDS * place, FIELDS * (place + 1)):
            made = Sample(Preset(), (SIDE, SIDE), seed).switches([Content(0, {"TBAB": x})], 0)
            waits.append(made.centre_s[0] - made.centre_s[0].min())
            taus.append(made.tau_s[0])
        for kind, values in enumerate((waits, taus)):
            of_fields = np.mean(values, axis=1)
            means[kind, place], errors[kind, place] = (
                of_fields.mean(),
                of_fields.std(ddof=1) / FIELDS**0.5,
            )
            spreads[kind, place] = np.mean([one.std() for one in values])
    paper = ((3.0, -0.7, 1.5), (6.0, 0.3, 0.4))
    for kind, (name, colour) in enumerate((("waiting", WAITING), ("switching", SWITCHING))):
        found, covariance = curve_fit(
            law, CONCENTRATIONS, means[kind], p0=paper[kind], sigma=errors[kind],
            absolute_sigma=True, bounds=([0.1, -0.95, 0.0], [30.0, 5.0, 10.0]),
        )  # fmt: skip
        sd = np.sqrt(np.diag(covariance))
        x = np.linspace(1, 10, 200)
        axes[kind].plot(x, law(x, *paper[kind]), color="0.6", lw=3, label="paper, Fig. 4b")
        axes[kind].plot(x, law(x, *found), color=colour, lw=1, label="fit of the sample")
        axes[kind].errorbar(
            CONCENTRATIONS, means[kind], spreads[kind], fmt="o", color=colour, capsize=3,
            label=f"mean and spread, {FIELDS} fields of 500",
        )  # fmt: skip
        text = "\n".join(
            f"{letter} = {value:.2f} +- {error:.2f}  (paper {told:g})"
            for letter, value, error, told in zip("abc", found, sd, paper[kind], strict=True)
        )
        axes[kind].text(0.97, 0.6, text, transform=axes[kind].transAxes, ha="right", va="top")
        axes[kind].set(xlabel="TBAB, ug/mL", ylabel=f"{name}, s", ylim=(0, None), title=name)
        axes[kind].legend(frameon=False)
        axes[kind].spines[["top", "right"]].set_visible(False)
        print(
            name,
            text.replace("\n", "; "),
            "means",
            means[kind].round(2),
            "+-",
            errors[kind].round(3),
        )
    figure.savefig(IMAGES / "sample-laws.png", dpi=100)


def cameras():
    shown = {
        "plain": Preset(),
        "scmos": preset("scmos"),
        "emccd": preset("emccd"),
        "ccd": replace(Preset(), camera="ccd"),
        "worn": preset("worn"),
        "clusters": preset("clusters"),
    }
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    axes = figure.subplots(2, 6)
    for column, (name, one) in enumerate(shown.items()):
        film = Film(one, 10.0)
        for row, t_s in enumerate((0.0, 240.0 if name == "worn" else 30.0)):
            patch = film.frame(t_s)[:128, :128]
            low, high = np.quantile(patch, (0.01, 0.998))
            axes[row, column].imshow(patch, cmap="gray_r", vmin=low, vmax=max(high, low + 30))
            axes[row, column].set(xticks=[], yticks=[])
        axes[0, column].set_title(name)
    figure.savefig(IMAGES / "sample-cameras.png", dpi=110)


if __name__ == "__main__":
    contact_sheet()
    laws()
    cameras()
    trajectories()
