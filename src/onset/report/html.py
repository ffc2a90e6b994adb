"""`report.html`: one analysed recording for a person to read, figures and numbers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from onset.analysis.analysis import Analysis, read_analysis
from onset.recording.info import info
from onset.recording.layout import ANALYSIS
from onset.recording.read import Recording
from onset.report.analysed import Analysed
from onset.report.blinking_figure import draw_blinking
from onset.report.caveats import caveats
from onset.report.distributions import draw_distributions, draw_survival
from onset.report.facts import (
    census,
    key_numbers,
    marks_told,
    population_rows,
    provenance,
    quality_rows,
)
from onset.report.film_strip import busiest_window, draw_film_strip
from onset.report.onset_map import draw_onset_map
from onset.report.page import Embedded, embed, fill
from onset.report.position_figure import draw_position
from onset.report.quality_figure import draw_quality
from onset.report.scene import Scene, scene_of
from onset.report.style import Drawn, house_look
from onset.report.summary import reagent_said, summary
from onset.report.trajectories import draw_ensemble, draw_trajectories

REPORT, FIGURES = "report.html", "figures"
FIGURE_COUNT = 9


def write_report(
    recording: Recording,
    analysis: Analysis | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write `analysis/report.html` and `analysis/figures/` from the tables there; its path.

    `progress` hears the name of each figure. RecordingFault where the tables are missing.
    """
    analysed = Analysed(analysis or read_analysis(recording.path))
    scene = scene_of(recording)
    folder = recording.path / ANALYSIS
    figures = {}
    for drawn in figures_of(recording, analysed, scene):
        progress(drawn.title)
        figures[drawn.name] = embed(drawn, folder / FIGURES)
    page = folder / REPORT
    page.write_text(page_of(recording, analysed, scene, figures), encoding="utf-8")
    return page


def figures_of(recording: Recording, analysed: Analysed, scene: Scene) -> Iterator[Drawn]:
    """All figures of the report, one after the other, in the house's look."""
    with house_look():
        yield from _figures(recording, analysed, scene)


def _figures(recording: Recording, analysed: Analysed, scene: Scene) -> Iterator[Drawn]:
    if len(recording):
        yield draw_film_strip(recording, analysed, scene)
    window = busiest_window(recording.shape, analysed.spots)
    yield draw_onset_map(analysed, scene, recording.shape, window)
    yield draw_ensemble(analysed, scene)
    yield draw_trajectories(analysed, scene)
    yield draw_distributions(analysed)
    yield draw_survival(analysed, scene)
    yield draw_position(analysed, scene)
    yield draw_blinking(analysed, scene)
    yield draw_quality(recording, analysed, scene)


def page_of(
    recording: Recording, analysed: Analysed, scene: Scene, figures: dict[str, Embedded]
) -> str:
    """The text of the page, with these figures in it."""
    document: dict[str, Any] = info(recording)
    return fill(
        "report.html.j2",
        title=document["protocol"] or recording.path.name,
        subtitle=reagent_said(scene),
        folder=recording.path.name,
        document=document,
        summary=summary(analysed, scene),
        caveats=caveats(analysed, scene, document),
        key_numbers=key_numbers(analysed, scene),
        populations=population_rows(analysed),
        census=census(analysed, scene),
        quality=quality_rows(analysed, scene, document),
        marks=marks_told(document),
        provenance=provenance(document),
        rig_text=recording.rig_text,
        protocol_text=recording.protocol_text,
        figures=figures,
    )
