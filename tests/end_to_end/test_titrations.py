"""Titrations from simulated films: laws found against the laws that the sample was made by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from onset.analysis.comparison import Comparison, compare
from onset.analysis.laws import Law, fit_law
from onset.analysis.tables import analyse
from onset.report.compare_page import outcome_in
from onset.simulated.film import take_film
from onset.simulated.lots import pace, units_after_the_first
from onset.simulated.preset import Preset
from onset.simulated.taking import Taking

CONCENTRATIONS = (1.0, 2.0, 4.0, 6.0, 10.0)
CRYSTALS, SIDE = 100, 224
BASELINE_S, EXPOSURE_MS = 17.5, 50.0
SWITCHING = (6.0, 0.3, 0.4)


def after_the_first() -> tuple[float, float, float]:
    """The law of waiting times after the first of `CRYSTALS`; the paper's is after that of 500."""
    preset = Preset()
    means = []
    for x in CONCENTRATIONS:
        now = pace(preset, x)
        ratio = now.to_middle * now.tau_s / now.unit_s
        means.append(now.unit_s * units_after_the_first(ratio, preset.switching_spread, CRYSTALS))
    law = fit_law(CONCENTRATIONS, means, np.full(len(means), 0.01))
    return law.a.value, law.b.value, law.c.value


def titration(folder, seed: int) -> Comparison:
    """Five films, analysed and compared; each lasts until nearly all have switched."""
    sample = replace(Preset(), particles=CRYSTALS)
    outcomes = []
    for place, x in enumerate(CONCENTRATIONS):
        lasts_s = 5.0 * (3.0 / (x - 0.7) + 1.5) + 6.0 * (6.0 / (x + 0.3) + 0.4)
        film = folder / f"{seed}-{x:g}"
        taking = Taking(
            frames=round((BASELINE_S + lasts_s) * 1000 / EXPOSURE_MS),
            shape=(SIDE, SIDE),
            exposure_ms=EXPOSURE_MS,
            injected_at_s=BASELINE_S,
            ug_per_ml=x,
            seed=100 * seed + place,
        )
        take_film(film, sample, taking)
        analyse(film)
        outcomes.append(outcome_in(film))
    return compare(outcomes)


def centres(made: Comparison) -> Law:
    """The law of the centres of the rises, which the sample's waiting law is about."""
    means = [row.centre_relative for row in made.series[0].rows]
    return fit_law(CONCENTRATIONS, [m.mean_s for m in means], [m.error_s for m in means])


def contains(law: Law, truth) -> list[bool]:
    return [
        (one.interval[0] if one.interval[0] is not None else -np.inf)
        <= true
        <= (one.interval[1] if one.interval[1] is not None else np.inf)
        for one, true in zip((law.a, law.b, law.c), truth, strict=True)
    ]


@pytest.mark.soak
def test_forty_titrations_contain_the_truth_as_often_as_they_say(tmp_path):
    inside = []
    for seed in range(40):
        made = titration(tmp_path, seed)
        inside.append(
            contains(centres(made), after_the_first())
            + contains(made.series[0].switching, SWITCHING)
        )
    counts = np.sum(inside, axis=0)
    assert np.all(counts >= 34), counts
