"""The result in two or three sentences, with errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from onset.report.analysed import Analysed
from onset.report.numbers_said import counted, with_error
from onset.report.scene import Scene

FEWEST_IN_ENSEMBLE = 5


def summary(analysed: Analysed, scene: Scene) -> list[str]:
    """Sentences for the head of the report."""
    switched = len(analysed.switched)
    if switched == 0:
        return [f"No single crystal {scene.verb_past} in {scene.end_s:.3g} s of film{_by(scene)}."]
    of = f"{counted(switched, 'single crystal')} of {len(analysed.singles)}"
    says = [f"{of} {scene.verb_past} within {_span(scene)}."]
    populations = analysed.populations
    waiting, tau = populations.get("waiting_relative") or {}, populations.get("switching") or {}
    if waiting.get("sd") is not None and switched > 1:
        says.append(
            f"They waited {mean_said(waiting, switched)} s on average after the first of them "
            f"(spread {waiting['sd']:.2g} s)"
            + (
                f" and switched with τ = {mean_said(tau, switched)} s."
                if tau.get("mean") is not None
                else "."
            )
        )
    ratio = ratio_said(analysed)
    if ratio:
        says.append(f"The whole field takes {ratio} times as long to switch as the median crystal.")
    return says


def ratio_said(analysed: Analysed) -> str:
    """Ensemble tau over the median single tau, with its error; empty where few make no ensemble."""
    ensemble = analysed.populations.get("ensemble") or {}
    ratio, tau, sd = (ensemble.get(key) for key in ("rise_ratio", "tau_s", "tau_sd_s"))
    if ratio is None or not math.isfinite(ratio) or len(analysed.switched) < FEWEST_IN_ENSEMBLE:
        return ""
    return with_error(ratio, ratio * sd / tau) if sd and tau else f"{ratio:.2f}"


def mean_said(numbers: Mapping[str, Any], count: int) -> str:
    """Mean with its standard error: from the interval where there is one, else sd / sqrt(n)."""
    interval = (numbers.get("intervals") or {}).get("mean")
    if interval is not None:
        return with_error(numbers["mean"], (interval[1] - interval[0]) / 3.92)
    count = numbers.get("n") or count
    sd = numbers.get("sd")
    return with_error(numbers["mean"], sd / math.sqrt(count) if sd and count > 1 else None)


def reagent_said(scene: Scene) -> str:
    """`1 µg/mL TBAB`; empty where it is not known."""
    reagent = scene.injection.reagent if scene.injection else None
    if reagent is None:
        return ""
    if reagent.ug_per_ml is None:
        return reagent.name
    return f"{reagent.ug_per_ml:g} µg/mL {reagent.name}"


def _by(scene: Scene) -> str:
    said = reagent_said(scene)
    return f" with {said}" if said else ""


def _span(scene: Scene) -> str:
    if scene.injection is None:
        return f"{scene.end_s:.3g} s of film"
    what = reagent_said(scene) or "the reagent"
    return f"{scene.end_s - scene.zero_s:.0f} s of the injection of {what}"
