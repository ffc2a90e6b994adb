"""A titration compared: the document of the contract, the page, and what it warns of."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from onset.analysis.comparison import compare
from onset.analysis.outcomes import Condition, outcome_of
from onset.report.compare_page import comparison_figures, comparison_summary
from onset.report.laws_figure import draw_laws

from .conftest import Made, make_analysed

CONCENTRATIONS = (1.0, 2.0, 4.0, 10.0)


def law(x, a, b, c):
    return a / (x + b) + c


@pytest.fixture(scope="module")
def titration(tmp_path_factory):
    """Recordings at four concentrations by the laws of the paper, and one of the back reaction."""
    root = tmp_path_factory.mktemp("titration")
    some = {"spots": 300, "has_film": False, "frames": 60}
    folders = [
        make_analysed(
            root / f"forward_{x:g}",
            Made(ug_per_ml=x, waiting_s=law(x, 3, -0.7, 1.5), tau_s=law(x, 6, 0.3, 0.4), **some),
        )
        for x in CONCENTRATIONS
    ]
    back = Made(ug_per_ml=4.0, reagent="TBAC", direction="off", tau_s=1.8, **some)
    return [*folders, make_analysed(root / "back_4", back)]


@pytest.fixture(scope="module")
def compared(titration, tmp_path_factory, run_onset):
    out = tmp_path_factory.mktemp("out") / "comparison"
    done = run_onset("compare", *titration, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_the_document_has_the_rows_and_laws_of_the_contract(compared):
    _, document = compared
    forward = document["rows"][:4]
    assert [row["ug_per_ml"] for row in forward] == list(CONCENTRATIONS)
    for row in document["rows"]:
        assert {
            "reagent", "ug_per_ml", "n", "waiting_relative_mean_s", "waiting_relative_sd_s",
            "tau_mean_s", "tau_sd_s",
        } <= set(row)  # fmt: skip
    assert document["waiting_t0"]["a"] > 0
    assert all(row["waiting_t0_mean_s"] > 0 for row in document["rows"])
    for key, truth in (("waiting", (3, -0.7, 1.5)), ("switching", (6, 0.3, 0.4))):
        for name, true in zip("abc", truth, strict=True):
            assert abs(document[key][name] - true) < 4 * document[key][f"sd_{name}"]


def test_the_page_has_every_figure_with_its_numbers(compared):
    out, document = compared
    page = (out / "compare.html").read_text(encoding="utf-8")
    for name in ("distributions_by_concentration", "laws", "models", "contrasts"):
        for kind in ("pdf", "svg", "png", "csv"):
            assert (out / "figures" / f"{name}.{kind}").exists()
        assert f'id="{name}"' in page
    assert json.loads((out / "compare.json").read_text()) == document
    assert len(pd.read_csv(out / "compare.csv")) == 5


def test_forward_and_back_are_set_against_each_other(compared):
    _, document = compared
    (one,) = document["contrasts"]
    assert one["what"] == "forward and back"
    ratio, sd = one["switching"]
    assert ratio == pytest.approx(1.8 / law(4, 6, 0.3, 0.4), abs=4 * sd)


def test_a_recording_that_is_not_analysed_is_told(titration, tmp_path, run_onset):
    done = run_onset("compare", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "onset analyze" in done.stderr


def field(x, n, *, tau_s=2.0, seed=1, **told):
    rng = np.random.default_rng(seed)
    given = {
        "reagent": "TBAB",
        "direction": "on",
        "irradiance_uw_cm2": 15.0,
        "wavelength_nm": 350.0,
    }
    condition = Condition(ug_per_ml=x, **(given | told))
    onset = 20 + rng.gamma(8.0, size=n)
    spots = pd.DataFrame({"onset_s": onset, "t0_s": onset, "tau_s": tau_s * rng.gamma(9, 1 / 9, n)})
    return outcome_of("r", condition, spots.assign(kind="single", censored=False))


def test_fields_of_unequal_number_are_warned_of():
    made = compare([field(1.0, 500), field(4.0, 80)])
    assert any("between 80 and 500 crystals" in warning for warning in made.warnings)
    assert compare([field(1.0, 500), field(4.0, 480)]).warnings == ()


def test_light_controls_say_whether_the_light_matters():
    dim, bright = field(4.0, 400), field(4.0, 400, irradiance_uw_cm2=60.0, seed=2)
    faster = field(4.0, 400, tau_s=1.0, irradiance_uw_cm2=60.0, seed=2)
    assert "τ does not depend on irradiance" in " ".join(comparison_summary(compare([dim, bright])))
    assert "τ depends on irradiance" in " ".join(comparison_summary(compare([dim, faster])))


@pytest.mark.parametrize("concentrations", [(None,), (1.0,), (1.0, 4.0)])
def test_few_concentrations_are_compared_as_far_as_they_go(concentrations):
    made = compare([field(x, 40) for x in concentrations])
    for figure in comparison_figures(made):
        figure.figure.draw_without_rendering()
    json.dumps(made.document(), allow_nan=False)
    assert "at least 3 are needed" in made.series[0].preference.verdict


def test_a_field_where_nothing_switched_is_a_row_without_times():
    (row,) = compare([field(1.0, 0)]).rows
    assert (row.n, row.tau) == (0, None)


def test_reagents_are_set_against_each_other():
    made = compare([field(4.0, 400), field(4.0, 400, tau_s=1.0, reagent="OAmBr", seed=2)])
    (one,) = made.contrasts
    assert one.what == "reagent"
    assert "τ depends on reagent" in " ".join(comparison_summary(made))


def test_forward_and_back_are_told_and_drawn_together():
    back = [field(x, 400, tau_s=4.0, reagent="TBAC", direction="off", seed=2) for x in (4.0, 8.0)]
    made = compare([field(4.0, 400), field(8.0, 400), *back])
    assert "Crystals turn off more slowly than they turn on" in " ".join(comparison_summary(made))
    laws = draw_laws(made.series)
    assert list(laws.data["reagent"]) == ["TBAB", "TBAB", "TBAC", "TBAC"]
    names = [text.get_text() for text in laws.figure.axes[0].get_legend().get_texts()]
    assert names == ["TBAB, turns on, 15 µW/cm²", "TBAC, turns off, 15 µW/cm²"]


def test_where_nothing_is_known_no_model_is_preferred():
    verdict = compare([field(1.0, 0)]).series[0].preference.verdict
    assert verdict.startswith("Mean waiting and switching times are known at no concentration")
