"""`onset demo` as a user starts it: complete, its spots are particles, a replay gives the same."""

import csv
import json
from dataclasses import asdict

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile

import onset
from onset.acquisition.live import spots_of

pytestmark = pytest.mark.timeout(900)  # the first of them waits for the run and its analysis


@pytest.fixture(scope="module")
def demo(tmp_path_factory, run_onset):
    folder = tmp_path_factory.mktemp("demo") / "rec"
    done = run_onset("demo", "--no-view", "--speed", "20", "--out", folder, timeout=800)
    assert done.returncode == 0, done.stderr
    assert f"report: {folder / 'analysis' / 'report.html'}" in done.stdout
    return folder


@pytest.fixture(scope="module")
def live_spots(demo):
    return [json.loads(line) for line in (demo / "live_spots.jsonl").read_text().splitlines()]


def test_it_is_complete_and_every_frame_is_there(demo, run_onset):
    document = json.loads(run_onset("info", demo, "--json").stdout)
    assert document["status"] == "complete"
    frames = document["frames"]
    assert frames["written"] == frames["expected"] == frames["last"] - frames["first"] + 1
    assert (frames["dropped"], frames["gaps"]) == (0, [])
    assert frames["written"] >= 5500
    assert [mark["what"] for mark in document["marks"]].count("inject") == 1
    assert document["dose"]["open_s"] == pytest.approx(270, abs=10)


def test_the_report_says_how_many_turned_on(demo):
    numbers = json.loads((demo / "analysis" / "populations.json").read_text(encoding="utf-8"))
    page = (demo / "analysis" / "report.html").read_text(encoding="utf-8")
    assert numbers["n_single"] >= 400
    assert f"of {numbers['n_single']} turned on within" in page


def test_spots_are_where_particles_are(demo, live_spots):
    truth = pq.read_table(demo / "truth.parquet").to_pydict()
    particles = np.column_stack([truth["y_px"], truth["x_px"]])
    spots = np.array([(spot["y_px"], spot["x_px"]) for spot in live_spots])
    apart = np.linalg.norm(spots[:, None] - particles[None], axis=2)
    assert len(particles) == 500
    assert (apart.min(axis=0) <= 2).sum() >= 400
    assert (apart.min(axis=1) > 2).sum() <= 2


def test_a_replay_finds_the_same_spots(demo, live_spots):
    with onset.open(demo) as recording:
        replayed = [asdict(spot) for spot in spots_of(recording)]
    assert replayed == live_spots


def test_following_gives_exactly_the_frames_of_the_file(demo):
    with onset.open(demo) as recording, recording.follow() as follower:
        film = tifffile.TiffFile(demo / "frames.ome.tif")
        with film:
            assert len(film.pages) == len(recording)
            for position, frame in enumerate(follower):
                if position % 1000 == 0:
                    np.testing.assert_array_equal(frame.image, film.pages[position].asarray())
        assert position + 1 == len(recording)


def test_the_table_of_frames_counts_from_the_first_exposure(demo, run_onset, tmp_path):
    done = run_onset("frames", demo, "--csv", tmp_path / "frames.csv")
    assert done.returncode == 0
    with (tmp_path / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "number", "camera_s", "host_s", "t_s", "shutter_open", "since_injection_s"
    ]  # fmt: skip
    assert float(rows[0]["t_s"]) == 0
    assert float(rows[100]["t_s"]) == pytest.approx(5.0, abs=0.01)
    assert (rows[50]["shutter_open"], rows[600]["shutter_open"]) == ("False", "True")


def test_without_a_display_replay_shows_the_spots_in_the_terminal(demo, run_onset, live_spots):
    done = run_onset("replay", demo, "--speed", "1000000", timeout=120)
    assert done.returncode == 0
    assert f"{len(live_spots)} spots turned on" in done.stdout
