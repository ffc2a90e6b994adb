"""Films without devices: recordings like any other, with the truth beside them."""

import dataclasses
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile

from onset.cli.simulated_film import simulate_command
from onset.errors import FileMistake, Refused
from onset.recording.info import info
from onset.recording.read import Recording
from onset.simulated.film import CLEAN, take_film
from onset.simulated.preset import Preset
from onset.simulated.taking import Taking

FEW = dataclasses.replace(Preset(), particles=12, on_s=0.0)
SHORT = Taking(frames=300, shape=(64, 96), injected_at_s=1.0, ug_per_ml=10.0, seed=5)


def test_a_film_is_a_whole_recording_with_its_injection(tmp_path):
    take_film(tmp_path / "film", FEW, SHORT)
    with Recording(tmp_path / "film") as recording:
        told = info(recording)
        assert told["status"] == "complete"
        assert told["frames"]["written"] == told["frames"]["expected"] == 300
        assert recording.shape == (64, 96)
        [inject] = [mark for mark in recording.marks if mark.what == "inject"]
        assert abs(inject.t_s - 1.0) <= inject.t_halfwidth_s
        assert (inject.reagent.name, inject.reagent.ug_per_ml) == ("TBAB", 10.0)
        assert recording.protocol.direction == "on"
        assert recording.rig.shutter.irradiance_uw_cm2 == 15.0


def test_spots_rise_when_and_where_the_truth_says(tmp_path):
    take_film(tmp_path / "film", FEW, SHORT)
    truth = pq.read_table(tmp_path / "film" / "truth.parquet").to_pydict()
    assert sum(truth["turned_on"]) >= 8
    with Recording(tmp_path / "film") as recording:
        film = np.stack(list(recording)).astype(float)
        for i in np.flatnonzero(truth["turned_on"]):
            t0_s, tau_s = truth["t0_s"][i], truth["tau_s"][i]
            if t0_s + 4 * tau_s > recording.times_s[-1]:
                continue
            box = film[:, round(truth["y_px"][i]), round(truth["x_px"][i])]
            before = recording.times_s < t0_s - 4 * tau_s
            after = recording.times_s > t0_s + 4 * tau_s
            assert box[after].mean() > box[before].mean() + 10


def test_the_same_seed_gives_the_same_film_bit_by_bit(tmp_path):
    for name in ("one", "two"):
        take_film(tmp_path / name, FEW, SHORT)
    with Recording(tmp_path / "one") as one, Recording(tmp_path / "two") as two:
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    take_film(tmp_path / "other", FEW, dataclasses.replace(SHORT, seed=6))
    with Recording(tmp_path / "one") as one, Recording(tmp_path / "other") as other:
        assert not np.array_equal(one[0], other[0])


def test_the_truth_is_what_the_lens_lets_through(tmp_path):
    half, whole = (dataclasses.replace(FEW, vignetting=v) for v in (0.5, 0.0))
    for name, preset in (("half", half), ("whole", whole)):
        take_film(tmp_path / name, preset, Taking(frames=2, shape=(96, 96), seed=4))
    seen, all_of_it = (pq.read_table(tmp_path / n / "truth.parquet") for n in ("half", "whole"))
    y, x = (seen.column(name).to_numpy() for name in ("y_px", "x_px"))
    passed = seen.column("amplitude").to_numpy() / all_of_it.column("amplitude").to_numpy()
    squares = ((y - 47.5) ** 2 + (x - 47.5) ** 2) / (2 * 47.5**2)
    assert passed == pytest.approx(1 - 0.5 * squares)


def test_nothing_injected_nothing_turns_on(tmp_path):
    take_film(tmp_path / "film", FEW, dataclasses.replace(SHORT, injected_at_s=None))
    truth = pq.read_table(tmp_path / "film" / "truth.parquet").to_pydict()
    assert not any(truth["turned_on"])
    with Recording(tmp_path / "film") as recording:
        assert [mark.what for mark in recording.marks] == ["shutter-open"]


def test_the_noise_free_film_is_what_the_noisy_one_scatters_around(tmp_path):
    take_film(tmp_path / "film", FEW, dataclasses.replace(SHORT, clean=True))
    clean = tifffile.imread(tmp_path / "film" / CLEAN)
    with Recording(tmp_path / "film") as recording:
        noisy = np.stack(list(recording)).astype(float)
    electrons = (noisy - 100.0) * 0.5
    assert clean.shape == electrons.shape
    assert electrons.mean() == pytest.approx(clean.mean(), rel=0.01)


@pytest.mark.parametrize(
    ("sample", "given", "said"),
    [
        ("nothing", {}, "samples/nothing.toml"),
        ("paper", {"change": ["particels=3"]}, "did you mean 'particles'?"),
        ("paper", {"change": ["particles=many"]}, "--set: particles"),
        ("paper", {"change": ["lowest_ug_per_ml=0.5"]}, "--set: lowest_ug_per_ml must be above"),
        ("nucleation", {"change": ["k0=0"]}, "--set: k0 must be above 0"),
        ("paper", {"concentration": "3"}, "--concentration: '3' is not a number with a unit"),
        ("paper", {"size": (64, 64)}, "do not fit"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, sample, given, said):
    with pytest.raises((FileMistake, Refused), match=re.escape(said)):
        simulate_command(sample, tmp_path / "film", frames=2, **given)
    assert not (tmp_path / "film").exists()


def test_numbers_that_are_possible_only_together_are_changed_together(tmp_path):
    change = ["particles=2", "lowest_ug_per_ml=0.5", "waiting_b=-0.3"]
    simulate_command("paper", tmp_path / "film", frames=1, size=(64, 64), change=change)
    told = json.loads((tmp_path / "film" / "truth.json").read_text())
    assert told["lowest_ug_per_ml"] == 0.5


def test_the_command_draws_a_seed_and_says_it(run_onset, tmp_path):
    ended = run_onset(
        "simulate", "paper", "--out", tmp_path / "film", "--frames", 3, "--size", 128, 128,
        "--set", "particles=9",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    seed = int(ended.stdout.split()[-1])
    assert f'"seed": {seed}' in (tmp_path / "film" / "truth.json").read_text()


def test_a_field_without_particles_is_filmed_too(tmp_path):
    nobody = dataclasses.replace(FEW, particles=0)
    take_film(tmp_path / "film", nobody, dataclasses.replace(SHORT, frames=3))
    assert len(Recording(tmp_path / "film")) == 3
    assert pq.read_table(tmp_path / "film" / "truth.parquet").num_rows == 0
