"""A whole recording becomes tables."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from onset.analysis.analysis import read_analysis
from onset.analysis.tables import analyse
from onset.errors import RecordingFault
from onset.recording.imported import Told, import_film

from .filmed import GAIN, INJECTED_S, grid, record

CONTRACT = """
spot y_px x_px kind direction detected_frame onset_frame onset_s waiting_s waiting_relative_s
t0_s t0_sd_s tau_s tau_sd_s amplitude background noise_sd snr censored on_s off_s chi2 isolated_px
"""


@pytest.fixture(scope="module")
def truths():
    return grid(np.random.default_rng(3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, truths):
    folder = record(tmp_path_factory.mktemp("films"), truths)
    analyse(folder)
    return folder


def matched(spots, truths):
    """The row of each truth, in its order."""
    places = spots[["y_px", "x_px"]].to_numpy()
    nearest = [int(np.argmin(np.hypot(*(places - (t.y, t.x)).T))) for t in truths]
    return spots.iloc[nearest].reset_index(drop=True)


def test_every_spot_has_its_times(folder, truths):
    spots = read_analysis(folder).spots
    assert len(spots) == len(truths)
    rows = matched(spots, truths)
    errors = (rows["t0_s"] - [t.t0 for t in truths]) / rows["t0_sd_s"]
    assert np.sqrt(np.mean(errors**2)) < 1.7
    assert rows["tau_s"].median() == pytest.approx(0.4, rel=0.1)
    assert rows["amplitude"].median() == pytest.approx(400 * GAIN, rel=0.07)
    assert (rows["waiting_s"] - (rows["onset_s"] - INJECTED_S)).abs().max() < 1e-9
    assert rows["waiting_relative_s"].min() == 0.0


def test_files_have_the_columns_of_the_reference(folder):
    spots = pd.read_parquet(folder / "analysis" / "spots.parquet")
    assert list(spots.columns[:23]) == CONTRACT.split()
    traces = pd.read_parquet(folder / "analysis" / "traces.parquet")
    assert list(traces.columns) == ["frame", "t_s", *map(str, spots["spot"])]
    assert len(traces) == 600
    assert traces[str(spots["spot"][0])].dtype == np.float32
    errors = pd.read_parquet(folder / "analysis" / "traces_sd.parquet")
    assert list(errors.columns) == list(traces.columns)
    text = (folder / "analysis" / "populations.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert {"n_spots", "n_single", "n_cluster", "n_censored", "n_saturated", "ensemble"} <= set(
        found
    )
    for name in ("waiting", "waiting_relative", "switching"):
        assert {"mean", "sd", "median", "gauss_mean", "gauss_sd", "fwhm"} <= set(found[name])
    assert {"rho_x", "rho_y", "moran_i", "p"} <= set(found["position"])
    assert {"t0_s", "tau_s", "rise_ratio"} <= set(found["ensemble"])


def test_a_trajectory_reaches_from_the_first_frame_to_the_last(folder):
    analysis = read_analysis(folder)
    trace = analysis.trace(int(analysis.spots["spot"][0]))
    assert len(trace) == 600
    before = trace["t_s"] < INJECTED_S
    pulls = trace["intensity"][before] / trace["sd"][before]
    assert pulls.std() == pytest.approx(1.0, abs=0.15)


def test_an_analysis_that_ends_early_leaves_the_tables_of_the_last_one(
    folder, tmp_path, monkeypatch
):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)

    def tables():
        return {path.name: path.read_bytes() for path in (mine / "analysis").glob("*.*")}

    before = tables()

    def full(*_):
        raise OSError("no space left on the device")

    monkeypatch.setattr("onset.analysis.tables.fit_spots", full)
    with pytest.raises(OSError, match="no space"):
        analyse(mine)
    assert tables() == before
    monkeypatch.undo()
    analyse(mine)
    assert tables().keys() == before.keys()
    assert not (mine / "analysis" / "unfinished").exists()


def test_threads_change_nothing(folder):
    one = {p.name: p.read_bytes() for p in (folder / "analysis").iterdir() if p.is_file()}
    analyse(folder, workers=3)
    assert {p.name: p.read_bytes() for p in (folder / "analysis").iterdir() if p.is_file()} == one


def test_a_recording_that_was_not_analysed_says_so(tmp_path):
    with pytest.raises(RecordingFault, match="onset analyze"):
        read_analysis(tmp_path)


def test_a_film_without_spots_has_empty_tables(tmp_path):
    folder = record(tmp_path, [], shape=(40, 40), frames=260)
    analysis = analyse(folder)
    assert len(analysis.spots) == 0
    assert list(analysis.spots.columns[:23]) == CONTRACT.split()
    assert analysis.populations["switching"]["n"] == 0


def test_places_and_drift_are_told_to_hundredths(tmp_path):
    truths = grid(np.random.default_rng(9))
    spots, drift = drifting(tmp_path, truths, (1.2, -0.8))
    rows = matched(spots, truths)
    misses = np.hypot(rows["y_px"] - [t.y for t in truths], rows["x_px"] - [t.x for t in truths])
    assert np.median(misses) < 0.1
    assert drift["dy_px"][-1] - drift["dy_px"][0] == pytest.approx(1.2, abs=0.12)
    assert drift["dx_px"][-1] - drift["dx_px"][0] == pytest.approx(-0.8, abs=0.12)


def drifting(folder, truths, moved):
    """Spots and drift of a film whose field moves evenly."""
    analysis = analyse(record(folder, truths, moved=moved))
    return analysis.spots, analysis.populations["drift"]


def test_the_five_emitters_of_a_real_film_turn_on_in_frame_one(tmp_path):
    real = Path(__file__).parents[1] / "data" / "spestack_test.spe"
    import_film(real, tmp_path / "recording", Told(interval_s=0.1, injected_at_s=0.1))
    spots = analyse(tmp_path / "recording").spots
    assert len(spots) == 5
    assert (spots["onset_frame"] == 1).all()
    assert (spots["kind"] == "single").all()


def test_two_in_one_spot_are_a_cluster(tmp_path):
    rng = np.random.default_rng(12)
    truths = grid(rng, t0=(13.0, 17.0))
    others = [replace(t, y=t.y + 1.1, x=t.x - 0.9, t0=t.t0 + 6.0) for t in truths[:4]]
    rows = matched(analyse(record(tmp_path, [*truths, *others])).spots, truths)
    assert (rows["kind"][:4] == "cluster").all()
    assert (rows["kind"][4:] == "single").sum() >= 11
