"""`compare.html`: many recordings against each other, for a person to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from onset.analysis.analysis import read_analysis
from onset.analysis.comparison import Comparison, Contrast, Row, Series, said
from onset.analysis.outcomes import Condition, Mean, Outcome, outcome_of
from onset.recording.info import dose
from onset.recording.read import Recording
from onset.report.compare_figures import (
    contrast_said,
    draw_contrasts,
    draw_models,
    draw_ridges,
    weight_said,
)
from onset.report.laws_figure import draw_laws, law_words
from onset.report.numbers_said import counted, with_error
from onset.report.page import embed, fill
from onset.report.scene import scene_of
from onset.report.style import Drawn, house_look

PAGE, TABLE, DOCUMENT, FIGURES = "compare.html", "compare.csv", "compare.json", "figures"


def outcome_in(folder: Path) -> Outcome:
    """What an analysed recording found; RecordingFault where it is not analysed."""
    analysis = read_analysis(folder)
    with Recording(folder) as recording:
        scene = scene_of(recording)
        light = dose(recording, list(scene.marks))
        shutter = recording.rig.shutter if recording.rig else None
    reagent = scene.injection.reagent if scene.injection else None
    condition = Condition(
        reagent.name if reagent else "no injection",
        scene.direction,
        scene.irradiance_uw_cm2,
        shutter.wavelength_nm if shutter else None,
        reagent.ug_per_ml if reagent else None,
    )
    return outcome_of(
        folder.name,
        condition,
        analysis.spots,
        injection_s=scene.injection.t_s if scene.injection else None,
        arrival_s=scene.arrival.t50_s if scene.arrival else None,
        dose_mj_per_cm2=light.mj_per_cm2,
    )


def write_comparison(
    comparison: Comparison, folder: Path, progress: Callable[[str], None] = lambda _: None
) -> Path:
    """Write compare.html, compare.json, compare.csv and figures/ into `folder`; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    document = comparison.document()
    text = json.dumps(document, indent=2, allow_nan=False)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")
    table = pd.DataFrame(document["rows"])
    table["recordings"] = [" ".join(names) for names in table.get("recordings", [])]
    table.to_csv(folder / TABLE, index=False, float_format="%.6g", lineterminator="\n")
    figures = {}
    for drawn in comparison_figures(comparison):
        progress(drawn.title)
        figures[drawn.name] = embed(drawn, folder / FIGURES)
    first = comparison.series[0]
    page = folder / PAGE
    page.write_text(
        fill(
            "compare.html.j2",
            title=f"{_what(first)} at {counted(len(first.rows), 'concentration')}",
            summary=comparison_summary(comparison),
            caveats=[*comparison.warnings, *_notes(first)],
            rows=[_told(row) for row in comparison.rows],
            laws=_laws(comparison.series),
            fitted=first.preference.fitted,
            weight_said=weight_said,
            figures=figures,
            recordings=[(one.name, said(one.condition)) for one in comparison.outcomes],
        ),
        encoding="utf-8",
    )
    return page


def comparison_figures(comparison: Comparison) -> Iterator[Drawn]:
    """Of the series with the most concentrations, and of the contrasts."""
    first = comparison.series[0]
    with house_look():
        yield draw_ridges(comparison, first)
        yield draw_laws(comparison.series)
        yield draw_models(first)
        yield draw_contrasts(comparison.contrasts)


def comparison_summary(comparison: Comparison) -> list[str]:
    """The result in sentences."""
    first = comparison.series[0]
    count = sum(row.n for row in comparison.rows)
    among = counted(len(comparison.outcomes), "recording")
    under = counted(len(comparison.rows), "condition")
    says = [f"{counted(count, 'single crystal')} in {among} under {under}."]
    says += [_fall(first.rows)] if _fall(first.rows) else []
    says.append(first.preference.verdict)
    for one in comparison.contrasts:
        if one.switching is not None:
            says.append(_verdict(one, *one.switching))
    return says


def _verdict(one: Contrast, ratio: float, sd: float) -> str:
    told = f"({contrast_said(one)}: ratio of τ {with_error(ratio, sd)})"
    same = abs(ratio - 1) < 1.96 * sd
    if one.what == "forward and back":
        how = "as fast as" if same else "more slowly than" if ratio > 1 else "faster than"
        return f"Crystals turn {one.second.direction} {how} they turn {one.first.direction} {told}."
    return f"τ {'does not depend' if same else 'depends'} on {one.what} within errors {told}."


def _fall(rows: tuple[Row, ...]) -> str:
    known = [row for row in rows if row.condition.ug_per_ml and row.tau and row.waiting_relative]
    if len(known) < 2:
        return ""
    low, high = known[0], known[-1]
    span = f"From {low.condition.ug_per_ml:g} to {high.condition.ug_per_ml:g} µg/mL"
    waiting = f"{_mean(low.waiting_relative)} to {_mean(high.waiting_relative)} s"
    return (
        f"{span} the mean waiting time since the first goes from {waiting}, τ from "
        f"{_mean(low.tau)} to {_mean(high.tau)} s."
    )


def _mean(mean: Mean | None) -> str:
    return "-" if mean is None else with_error(mean.mean_s, mean.error_s)


def _told(row: Row) -> tuple[str, ...]:
    return (
        said(row.condition),
        row.condition.direction,
        _light(row),
        "-" if row.dose_mj_per_cm2 is None else f"{row.dose_mj_per_cm2:.3g}",
        f"{row.n}",
        f"{row.censored}",
        _mean(row.waiting_relative),
        _mean(row.waiting_q05),
        _mean(row.waiting_arrival),
        _mean(row.tau),
    )


def _light(row: Row) -> str:
    """Irradiance and wavelength, as far as they are known."""
    irradiance, wavelength = row.condition.irradiance_uw_cm2, row.condition.wavelength_nm
    shone = "-" if irradiance is None else f"{irradiance:g}"
    return shone if wavelength is None else f"{shone} at {wavelength:g} nm"


def _laws(series: tuple[Series, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{_what(one)}: {name}",
            "words": law_words(law).split("\n")[1:],
            "intervals": [_interval(getattr(law, key).interval) for key in "abc"],
            "chi2": "-" if law.chi2 is None else f"{law.chi2:.1f} / {law.dof}",
            "note": law.note,
        }
        for one in series
        for name, law in (
            ("waiting since the first", one.waiting),
            ("waiting since 5 %", one.waiting_q05),
            ("waiting since the arrival", one.waiting_arrival),
            ("switching", one.switching),
        )
        if law.a.value is not None
    ]


def _interval(interval: tuple[float | None, float | None] | None) -> str:
    if interval is None:
        return "-"
    low, high = ("open" if end is None else f"{end:.3g}" for end in interval)
    return f"{low} to {high}"


def _notes(series: Series) -> list[str]:
    laws = (("waiting", series.waiting), ("switching", series.switching))
    return [f"Law of {name}: {law.note}." for name, law in laws if law.note]


def _what(series: Series) -> str:
    return f"{series.reagent} (turning {series.direction})"
