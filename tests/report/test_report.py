"""The report as a reader gets it: one file, whole, with words for what the pictures show."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import onset
from onset.analysis.analysis import read_analysis
from onset.errors import RecordingFault
from onset.report.analysed import Analysed
from onset.report.film_strip import draw_film_strip
from onset.report.html import figures_of, page_of, write_report
from onset.report.page import Embedded
from onset.report.scene import scene_of
from onset.report.style import few_ticks

from .conftest import Made, make_analysed

FIGURES = {
    "film_strip",
    "onset_map",
    "ensemble",
    "trajectories",
    "distributions",
    "survival",
    "position",
    "blinking",
    "quality",
}


class Page(HTMLParser):
    """Images, links and the text between the tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict[str, str]] = []
        self.links: list[str] = []
        self._words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "img":
            self.images.append(told)
        if tag == "a":
            self.links.append(told["href"])

    def handle_data(self, data):
        self._words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._words))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report with all its figures; the recording's folder and the page."""
    folder = make_analysed(tmp_path_factory.mktemp("report") / "rec", Made(has_film=False))
    with onset.open(folder) as recording:
        return folder, Page(write_report(recording).read_text(encoding="utf-8"))


def unsaved(folder) -> Page:
    """The page with its figures drawn, but not written."""
    with onset.open(folder) as recording:
        analysed, scene = Analysed(read_analysis(recording.path)), scene_of(recording)
        figures = {}
        for one in figures_of(recording, analysed, scene):
            one.figure.draw_without_rendering()
            source = "" if one.nothing else "data:"
            figures[one.name] = Embedded(
                one.name, one.title, one.caption, one.alt, source, one.nothing
            )
        return Page(page_of(recording, analysed, scene, figures))


def test_the_report_is_one_file_with_every_figure_described(written):
    folder, page = written
    assert len(page.images) == len(FIGURES)
    for image in page.images:
        assert image["src"].startswith("data:image/")
        assert len(image["alt"]) > 20
    for link in page.links:
        assert (folder / "analysis" / link).exists()
    written = {path.name for path in (folder / "analysis" / "figures").iterdir()}
    assert written == {
        f"{name}.{kind}" for name in FIGURES for kind in ("pdf", "svg", "png", "csv")
    }


def test_the_summary_says_the_numbers_of_the_tables(written):
    folder, page = written
    numbers = json.loads((folder / "analysis" / "populations.json").read_text())
    text = page.text
    seen = numbers["n_single"] - numbers["n_censored"]
    assert f"{seen} single crystals of {numbers['n_single']} turned on within" in text
    assert "4 µg/mL TBAB" in text
    tau = re.search(r"τ = ([\d.]+) ± ([\d.]+) s", text)
    assert float(tau[1]) == pytest.approx(numbers["switching"]["mean"], abs=float(tau[2]))
    assert "takes 1.60 ± 0.08 times as long" in text
    assert "TBAB 4 µg/mL, 2500 µL/min, 500 µL" in text
    assert re.search(r"inject 8\.015 ± 0\.0\d\d", text)  # the injection with its bound


def test_numbers_beside_a_figure_are_those_of_the_tables(written):
    folder, _ = written
    spots = pd.read_parquet(folder / "analysis" / "spots.parquet")
    single = spots[(spots["kind"] == "single") & ~spots["censored"]]
    drawn = pd.read_csv(folder / "analysis" / "figures" / "distributions.csv")
    np.testing.assert_allclose(drawn["tau_s"].dropna(), single["tau_s"], rtol=1e-5)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"spots": 0}, ["No single crystal turned on", "No spot was found."]),
        ({"spots": 1}, ["1 single crystal of 1 turned on", "too few to draw", "of 1 spot."]),
        ({"spots": 8, "direction": "off"}, ["turned off within", "not yet dark"]),
        (
            {"spots": 8, "injected_s": None, "has_rig": False},
            ["No injection is marked", "since the first frame", "Nothing is marked"],
        ),
        ({"spots": 8, "has_rig": False}, ["When the reagent reached the field is not known"]),
        (
            {"spots": 0, "frames": 1, "has_film": True, "injected_s": None},
            ["fits. 1 frame, 0 spots"],
        ),
        ({"spots": 5, "frames": 5, "injected_s": None}, ["Only 3 single crystals turned on"]),
    ],
    ids=["no spot", "one spot", "off", "no injection", "no plumbing", "one frame", "five frames"],
)
def test_what_is_missing_is_said(make, told, says):
    text = unsaved(make(**{"side": 48, "has_film": False, **told})).text
    for sentence in says:
        assert sentence in text


def test_spots_that_the_camera_cut_off_are_told(make):
    folder = make(spots=6, side=48, has_film=False)
    path = folder / "analysis" / "populations.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "n_saturated": 2}), encoding="utf-8")
    assert "2 spots reached the camera" in unsaved(folder).text


def test_switches_within_a_frame_are_drawn_without_a_fit(make):
    folder = make(spots=6, side=48, has_film=False)
    path = folder / "analysis" / "spots.parquet"
    spots = pd.read_parquet(path)
    unknown = ["t0_s", "t0_sd_s", "tau_s", "tau_sd_s"]
    spots[unknown], spots["tau_upper_s"] = np.nan, 0.04
    spots.to_parquet(path)
    text = unsaved(folder).text
    assert "4 of 4, chosen evenly" in text


def test_a_recording_without_tables_says_what_to_do(make):
    folder = make(spots=1, has_film=False)
    (folder / "analysis" / "spots.parquet").unlink()
    with onset.open(folder) as recording, pytest.raises(RecordingFault, match="onset analyze"):
        write_report(recording)


def test_texts_of_the_lab_are_escaped(make):
    folder = make(spots=1, has_film=False, reagent="<b>TBAB</b>")
    page = unsaved(folder)
    assert "4 µg/mL <b>TBAB</b>" in page.text


def test_one_crystal_makes_no_ensemble_and_waits_for_nobody(make):
    text = unsaved(make(spots=1, side=48, has_film=False)).text
    assert "times as long" not in text
    assert "waiting since the first crystal" not in text
    assert "waiting since the injection" in text


def test_a_film_of_few_frames_shows_none_twice(make):
    folder = make(spots=0, frames=3, side=48, injected_s=None)
    with onset.open(folder) as recording:
        strip = draw_film_strip(recording, Analysed(read_analysis(folder)), scene_of(recording))
    shown = [axes for axes in strip.figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["a  +0.000 s", "b  +0.100 s"]


@pytest.mark.parametrize("ends", [(0.026, 0.07), (14.0, 46.0), (0.1, 12.0), (0.01, 300.0)])
def test_a_logarithmic_axis_has_two_to_five_labels_far_apart(ends):
    axes = Figure().subplots()
    axes.set(xscale="log", xlim=ends)
    few_ticks(axes.xaxis)
    ticks = np.array([tick for tick in axes.get_xticks() if ends[0] <= tick <= ends[1]])
    assert 2 <= len(ticks) <= 5
    assert np.diff(np.log(ticks)).min() > 0.1 * np.log(ends[1] / ends[0])
