"""How often the laws of titrations from films hold the truth in their 95 % intervals.

    python docs/scripts/titrations_from_films.py FOLDER FIRST LAST    titrations of these seeds
    python docs/scripts/titrations_from_films.py FOLDER               what those that are there say

Each is five small films through `onset simulate`, the tables of `analyze` and `onset compare`, half
a minute on one core; what they gave is kept in FOLDER/SEED.json, the films are not.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from onset.analysis.laws import fit_law
from onset.analysis.tables import analyse
from onset.simulated.lots import pace, units_after_the_first
from onset.simulated.preset import Preset

CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
CRYSTALS, SIDE = 60, 128
FRAME_S, BASELINE_S = 0.1, 30.0
TAUS = 17.0  # so long after the injection: all have switched and some plateau is there
PRESET = Preset()
LAWS = ("waiting", "waiting_t0", "switching")
NEAR_PX = 1.5


def titration(folder: Path, seed: int) -> None:
    """Films, tables, comparison; the laws and what the truth of the films gives for each mean."""
    there = folder / f"films-{seed}"
    films = [there / f"{x:g}" for x in CONCENTRATIONS]
    for film, x in zip(films, CONCENTRATIONS, strict=True):
        lasts_s = BASELINE_S + TAUS * PRESET.switching.mean_s(x)
        onset(
            "simulate", "paper", "--out", film, "--concentration", f"{x:g} ug/mL",
            "--exposure", f"{1000 * FRAME_S:g} ms", "--injected-at", f"{BASELINE_S:g} s",
            "--frames", round(lasts_s / FRAME_S), "--seed", 100 * seed + round(x),
            "--size", SIDE, SIDE, "--set", f"particles={CRYSTALS}",
        )  # fmt: skip
    for film in films:
        analyse(film)  # as `onset analyze`, but for the pictures of its report
    said = json.loads(onset("compare", *films, "--out", there / "compared", "--json"))
    told = {name: said[name] for name in LAWS}
    told["rows"] = said["rows"]
    told["true_onsets_s"] = [since_first_s(film) for film in films]
    (folder / f"{seed}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    shutil.rmtree(there)


def onset(*words: object) -> str:
    """The command as a user gives it; what it prints."""
    command = [sys.executable, "-m", "onset", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def since_first_s(film: Path) -> float:
    """Mean 3 sigma onset since the first, by the true rises of the singles that were found."""
    truth = pd.read_parquet(film / "truth.parquet")
    spots = pd.read_parquet(film / "analysis" / "spots.parquet")
    singles = spots[spots["kind"] == "single"]
    away = np.hypot(
        singles["y_px"].to_numpy()[:, None] - truth["y_px"].to_numpy(),
        singles["x_px"].to_numpy()[:, None] - truth["x_px"].to_numpy(),
    )
    near = away.min(axis=1) < NEAR_PX
    mine, seen = truth.iloc[away.argmin(axis=1)[near]], singles[near]
    shares = seen["amplitude"].to_numpy() / (3.0 * seen["noise_sd"].to_numpy())
    onsets = mine["t0_s"].to_numpy() - mine["tau_s"].to_numpy() * np.log(shares - 1.0)
    return float(np.mean(onsets) - np.min(onsets))


def true_laws(results: list[dict[str, object]]) -> dict[str, tuple[float, float, float]]:
    """Of tau; of centres after the first of so few crystals; of 3 sigma onsets, by all films."""
    middles = []
    for x in CONCENTRATIONS:
        now = pace(PRESET, x)
        if now is None:
            raise ValueError(f"nothing turns on at {x:g} ug/mL")
        ratio = now.to_middle * now.tau_s / now.unit_s
        units = units_after_the_first(ratio, PRESET.switching_spread, CRYSTALS)
        middles.append(now.unit_s * units)
    onsets = np.mean([one["true_onsets_s"] for one in results], axis=0)
    law = PRESET.switching
    return {
        "waiting": law_through(onsets),
        "waiting_t0": law_through(np.array(middles)),
        "switching": (law.a, law.b, law.c),
    }


def law_through(means: np.ndarray) -> tuple[float, float, float]:
    law = fit_law(CONCENTRATIONS, means, 0.003 * means)
    return tuple(getattr(law, name).value for name in "abc")


def say(folder: Path) -> None:
    """Truth inside the intervals, and how far off in units of the stated error."""
    files = sorted(folder.glob("*.json"), key=lambda path: int(path.stem))
    results = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    print(f"{len(results)} titrations")
    for name, truth in true_laws(results).items():
        for letter, true in zip("abc", truth, strict=True):
            inside = sum(holds(one[name][f"interval_{letter}"], true) for one in results)
            values = np.array([one[name][letter] for one in results], float)
            sds = np.array([one[name][f"sd_{letter}"] for one in results], float)
            print(
                f"{name:10s} {letter}: true {true:6.3f}, median {np.median(values):6.3f}, "
                f"inside {inside} of {len(results)}, sd of z {np.std((values - true) / sds):.2f}"
            )


def holds(interval: tuple[float | None, float | None], true: float) -> bool:
    """An open end holds everything."""
    low, high = interval
    return (-math.inf if low is None else low) <= true <= (math.inf if high is None else high)


def main(folder: Path, seeds: range) -> None:
    """What is missing is made, then all are counted."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        if not (folder / f"{seed}.json").exists():
            shutil.rmtree(folder / f"films-{seed}", ignore_errors=True)
            titration(folder, seed)
    say(folder)


if __name__ == "__main__":
    words = sys.argv[2:]
    main(Path(sys.argv[1]), range(int(words[0]), int(words[1]) + 1) if words else range(0))
