"""`onset model`: the document that the contract promises, and a figure."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from onset.cli.app import app
from onset.errors import Refused


def onset(*words):
    return CliRunner().invoke(app, ["model", *words], catch_exceptions=False)


def test_the_document_has_the_columns_of_the_contract():
    said = onset("--json", "--particles", "200", "--concentration", "2", "--concentration", "6")
    document = json.loads(said.stdout)
    assert set(document) == {"rows", "fits"}
    assert len(document["rows"]) == 5 * 2
    assert set(document["rows"][0]) == {
        "model",
        "concentration",
        "waiting_median",
        "waiting_mean",
        "switching_median",
        "switching_mean",
        "ensemble_switching",
    }
    assert [row["concentration"] for row in document["rows"][:2]] == [1.0, 3.0]


def test_one_model_by_another_rule():
    one = onset("--model", "threshold", "--rule", "saturating", "--json", "--particles", "50")
    assert {row["model"] for row in json.loads(one.stdout)["rows"]} == {"threshold"}


def test_people_get_a_table_and_a_figure(tmp_path):
    file = tmp_path / "fig4c.png"
    said = onset("--model", "exchange-density", "--particles", "100", "--figure", str(file))
    assert "ratio" in said.stdout
    assert file.stat().st_size > 10_000


def test_each_crystal_can_be_had_in_steps_and_in_attempts(tmp_path):
    file = tmp_path / "singles.csv"
    words = ("--model", "exchange-density", "--rule", "saturating-spontaneous", "--json")
    said = onset(*words, "--particles", "200", "--csv", str(file))
    with file.open(newline="") as text:
        singles = list(csv.DictReader(text))
    assert len(singles) == 4 * 200
    lowest = [row for row in singles if row["concentration"] == "1.0"]
    document = json.loads(said.stdout)
    for name in ("waiting", "switching"):
        steps = np.array([float(row[name]) for row in lowest])
        attempts = np.array([float(row[f"{name}_attempts"]) for row in lowest])
        assert np.median(steps) == pytest.approx(document["rows"][0][f"{name}_median"], abs=1e-4)
        assert attempts == pytest.approx(200 * steps, abs=0.02)
        assert np.array_equal(2 * attempts, np.rint(2 * attempts))


def test_one_concentration_is_refused():
    with pytest.raises(Refused, match="two different"):
        onset("--concentration", "1")
