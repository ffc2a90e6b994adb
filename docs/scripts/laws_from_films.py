"""Fig. 4b from films: simulate, analyze, compare; a table and docs/images/sample-laws-films.png.

    python docs/scripts/laws_from_films.py FOLDER SEED ...      films, tables and picture
    python docs/scripts/laws_from_films.py FOLDER               the picture of what is there

Five films of 500 crystals per seed, 2 GB and some minutes on one core. What is there is kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from onset.analysis.comparison import Comparison, compare, law_told
from onset.report.compare_page import outcome_in
from onset.simulated.preset import Preset

IMAGE = Path(__file__).resolve().parents[1] / "images" / "sample-laws-films.png"
CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
FRAME_S, BASELINE_S = 0.1, 20.0
TAUS = 17.0  # so long after the injection: all have switched and some plateau is there
PRESET = Preset()
KINDS = (
    ("waiting", "since the first crystal, s", "#1f4e9c", PRESET.waiting),
    ("switching", "tau, s", "#c8452c", PRESET.switching),
)


def film(folder: Path, ug_per_ml: float, seed: int) -> Path:
    """A film of this concentration and its analysis, made where they are not there."""
    out = folder / f"{seed}-{ug_per_ml:g}"
    if not out.exists():
        lasts_s = BASELINE_S + TAUS * PRESET.switching.mean_s(ug_per_ml)
        onset(
            "simulate", "paper", "--out", out, "--concentration", f"{ug_per_ml:g} ug/mL",
            "--exposure", f"{1000 * FRAME_S:g} ms", "--injected-at", f"{BASELINE_S:g} s",
            "--frames", round(lasts_s / FRAME_S), "--seed", 1000 * seed + round(ug_per_ml),
        )  # fmt: skip
    if not is_analysed(out):
        onset("analyze", out)
    return out


def onset(*words: object) -> None:
    """The command as a user gives it."""
    subprocess.run([sys.executable, "-m", "onset", *map(str, words)], check=True)


def titrations(folder: Path) -> list[Comparison]:
    """Each seed by itself."""
    seeds = sorted(
        int(path.name.split("-")[0]) for path in folder.glob(f"*-{CONCENTRATIONS[-1]:g}")
    )
    films = [[folder / f"{seed}-{x:g}" for x in CONCENTRATIONS] for seed in seeds]
    return [compare(map(outcome_in, some)) for some in films if all(map(is_analysed, some))]


def is_analysed(film: Path) -> bool:
    """Whether its report, the last of all, is there."""
    return (film / "analysis" / "report.html").exists()


def say(name: str, made: Comparison) -> None:
    """Means with their errors against the laws, in units of the error."""
    print(f"\n{name}: waiting (3 sigma), waiting (t0), tau")
    for row in made.rows:
        x = row.condition.ug_per_ml
        said = [f"{x:5g} ug/mL"]
        for mean, law in (
            (row.waiting_relative, PRESET.waiting),
            (row.centre_relative, PRESET.waiting),
            (row.tau, PRESET.switching),
        ):
            true = law.mean_s(x)
            away = (mean.mean_s - true) / mean.error_s
            said.append(f"{mean.mean_s:7.3f} +- {mean.error_s:.3f} s (law {true:.3f}, {away:+.1f})")
        print("  ".join(said))
    for kind in ("waiting", "waiting_t0", "switching"):
        print(kind, json.dumps(law_told(getattr(made.series[0], kind))))


def draw(alone: list[Comparison], together: Comparison) -> None:
    """Means of each titration, the paper's laws, and the fit of all of them."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for axes, (kind, label, colour, law) in zip(figure.subplots(1, 2), KINDS, strict=True):
        x = np.linspace(0.96, 10.4, 300)
        axes.plot(x, [law.mean_s(one) for one in x], color="0.7", lw=4, label="paper, Fig. 4b")
        fitted = getattr(together.series[0], kind)
        axes.plot(x, fitted.at(x), color=colour, lw=1, label="fit of what the films gave")
        for place, made in enumerate(alone):
            means = [row.waiting_relative if kind == "waiting" else row.tau for row in made.rows]
            beside = np.array(CONCENTRATIONS) + 0.12 * (place - (len(alone) - 1) / 2)
            axes.errorbar(
                beside, [m.mean_s for m in means], [m.error_s for m in means], fmt="o", ms=3,
                lw=0.8, capsize=2, color=colour,
                label="films: mean of 500 and its standard error" if not place else None,
            )  # fmt: skip
        numbers = "\n".join(
            f"{name} = {one.value:.2f} ± {one.sd:.2f}  (paper {getattr(law, name):g})"
            for name, one in ((name, getattr(fitted, name)) for name in "abc")
        )
        axes.text(0.97, 0.6, numbers, transform=axes.transAxes, ha="right", va="top")
        axes.set(xlabel="TBAB, µg/mL", ylabel=label, title=kind, ylim=(0, None))
        axes.legend(frameon=False, loc="upper right")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(IMAGE, dpi=100)


def main(folder: Path, seeds: list[int]) -> None:
    """Films of `seeds`, then the picture of all that are in the folder."""
    for seed in seeds:
        for x in CONCENTRATIONS:
            film(folder, x, seed)
    alone = titrations(folder)
    for number, made in enumerate(alone, 1):
        say(f"titration {number}", made)
    together = compare([one for made in alone for one in made.outcomes])
    say("all together", together)
    draw(alone, together)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]])
