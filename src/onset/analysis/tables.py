"""A recording becomes tables: find, measure every frame, fit every spot, sum up, write."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from onset.analysis.analysis import (
    FOLDER,
    FRAMES,
    POPULATIONS,
    SPOTS,
    TRACES,
    TRACES_SD,
    Analysis,
    read_analysis,
)
from onset.analysis.facts import drift_told, ensemble_of, facts_of, field_told, quality_of
from onset.analysis.film import film_of, pixels_of
from onset.analysis.fitting import TraceFiles, fit_spots
from onset.analysis.found import Found, find_spots
from onset.analysis.measuring import measure
from onset.analysis.placing import ground_in, place, without_doubles
from onset.analysis.populations import add_waiting, as_json, sum_up
from onset.analysis.saturated import saturated
from onset.analysis.spot_table import in_columns, spot_table
from onset.analysis.traces import TraceWriter
from onset.recording.ceiling import saturation_of
from onset.recording.read import Recording

TOLD_FRAMES = 50
UNFINISHED = "unfinished"
"""Folder of the tables that are being written."""

Progress = Callable[[str, float], None]
"""Told the name of the stage (find, measure, fit) and how much of it is done, 0 to 1."""


def analyse(folder: Path, *, workers: int = 1, progress: Progress | None = None) -> Analysis:
    """Analyse a recording and write its tables to `folder/analysis`; the same for any `workers`.

    Tables that are there are replaced when all new ones are written, not before.
    """
    tell = progress or _silent
    out = Path(folder) / FOLDER / UNFINISHED
    with Recording(folder) as recording:
        film, pixels = film_of(recording), pixels_of(recording)
        found = _found(recording, len(film.lit), workers, tell)
        ground = ground_in(pixels, found)
        placed = place(pixels, film, found, ground)
        once = without_doubles(found, placed)
        if len(once.spots) < len(found.spots):
            found, placed = once, place(pixels, film, once, ground)
        unit = "e-" if pixels.maps else "ADU"
        facts = facts_of(recording, film, found, placed, ground, unit)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        files, names = TraceFiles(out / TRACES, out / TRACES_SD), [s.spot for s in found.spots]
        with TraceWriter(files.values, names) as values, TraceWriter(files.sds, names) as sds:
            frames, stretches = measure(
                pixels, film, placed, ground, (values, sds), workers, lambda d: tell("measure", d)
            )
        cut = saturated(
            pixels.stack, film, placed.places, placed.drift.at(film.times_s),
            saturation_of(recording.session.camera.properties),
        )  # fmt: skip
        fits = fit_spots(film, found.spots, files, workers, lambda d: tell("fit", d))
    spots = spot_table(film, found, placed, stretches, fits, unit)
    spots = add_waiting(spots.assign(saturated=cut), facts.injected_s, facts.arrived_s)
    spots = in_columns(spots)
    document = {
        **sum_up(spots, film.end_s, facts.injected_s),
        "n_saturated": int(cut.sum()),
        "ensemble": ensemble_of(film, frames, spots, facts),
        "recording": asdict(facts),
        "quality": asdict(quality_of(found, spots, facts)),
        "field": field_told(frames),
        "drift": drift_told(placed.drift),
    }
    spots.to_parquet(out / SPOTS, index=False)
    frames.to_parquet(out / FRAMES, index=False)
    text = json.dumps(as_json(document), indent=1, allow_nan=False)
    (out / POPULATIONS).write_text(text, encoding="utf-8")
    for table in (TRACES, TRACES_SD, FRAMES, SPOTS, POPULATIONS):
        (out / table).replace(out.parent / table)
    out.rmdir()
    return read_analysis(folder)


def _silent(_stage: str, _done: float) -> None:
    pass


def _found(recording: Recording, frames: int, workers: int, tell: Progress) -> Found:
    tell("find", 0.0)

    def seen(position: int) -> None:
        if position % TOLD_FRAMES == 0:
            tell("find", position / frames)

    found = find_spots(recording, seen, workers=workers)
    tell("find", 1.0)
    return found
