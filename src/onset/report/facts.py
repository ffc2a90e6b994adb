"""The tables of a report: populations, who is counted, quality, marks, provenance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from onset.report.analysed import Analysed
from onset.report.distributions import finite
from onset.report.numbers_said import decimals, with_interval
from onset.report.scene import Scene
from onset.report.summary import mean_said

POPULATIONS = {
    "waiting": "waiting since the injection",
    "waiting_since_arrival": "waiting since the arrival",
    "waiting_relative": "waiting since the first crystal",
    "waiting_since_q05": "waiting since 5 % had switched",
    "switching": "switching time τ",
}
MEASURES = ("mean", "median", "sd", "gauss_mean", "gauss_sd", "fwhm")


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, what it is, and a remark."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class PopulationRow:
    """One time of the population in all its measures, as text."""

    name: str
    measures: tuple[str, ...]


def key_numbers(analysed: Analysed, scene: Scene) -> list[Fact]:
    """Four numbers for the head of the page."""
    switched = len(analysed.switched)
    waiting = analysed.populations.get("waiting_relative") or {}
    tau = analysed.populations.get("switching") or {}
    ratio = (analysed.populations.get("ensemble") or {}).get("rise_ratio")
    return [
        Fact(f"{scene.verb_past}", f"{switched}", f"of {len(analysed.singles)} single crystals"),
        Fact("waiting", _mean(waiting, switched), "since the first crystal"),
        Fact("switching time τ", _mean(tau, switched), "of single crystals"),
        Fact(
            "ensemble / single",
            f"{ratio:.2f}" if ratio is not None and math.isfinite(ratio) else "-",
            "ratio of switching times",
        ),
    ]


def population_rows(analysed: Analysed) -> list[PopulationRow]:
    """Each time that is known, with 95 % intervals where there are any."""
    rows = []
    for key, name in POPULATIONS.items():
        numbers = analysed.populations.get(key)
        if numbers and numbers.get("mean") is not None:
            intervals = numbers.get("intervals") or {}
            said = tuple(_measure(numbers, intervals, measure) for measure in MEASURES)
            rows.append(PopulationRow(name, said))
    return rows


def census(analysed: Analysed, scene: Scene) -> list[Fact]:
    """Which spots are in the populations, and which are left out for what reason."""
    kinds = analysed.spots["kind"].value_counts()
    singles, switched = len(analysed.singles), len(analysed.switched)
    rows = [
        Fact("single, switch seen", f"{switched}", "the populations"),
        Fact(
            "single, censored",
            f"{singles - switched}",
            "not switched at the end of the film; in the Kaplan-Meier curve only",
        ),
    ]
    why = {
        "cluster": "more than one step, elongated, or its centre moves: left out",
        "steady": f"{'lit' if scene.direction == 'on' else 'dark'} from the start: left out",
        "uncertain": "no model fits well: left out",
    }
    rows += [Fact(kind, f"{kinds[kind]}", remark) for kind, remark in why.items() if kind in kinds]
    limits = analysed.populations.get("n_tau_limit")
    if limits:
        said = "faster than half a frame: their tau has an upper limit only and is in no mean"
        rows.append(Fact("of these too fast", f"{limits}", said))
    return rows


def quality_rows(analysed: Analysed, document: Mapping[str, Any]) -> list[Fact]:
    """Frames, clock, noise, drift and false alarms."""
    return [
        *_frames(document),
        *_clock(document),
        *_noise(analysed),
        *_alarms(analysed.populations.get("quality") or {}),
    ]


def marks_told(scene: Scene) -> list[tuple[str, ...]]:
    """Every mark with its bounds: what, time, frame, values."""
    return [
        (
            mark.what,
            f"{mark.t_s:.3f} ± {mark.t_halfwidth_s:.3f}",
            f"{mark.frame:.1f} ± {mark.frame_halfwidth:.1f}" if math.isfinite(mark.frame) else "-",
            ", ".join(_value(key, value) for key, value in mark.values.items()),
        )
        for mark in scene.marks
    ]


def provenance(document: Mapping[str, Any]) -> list[Fact]:
    """Where the recording comes from."""
    camera = document["camera"]
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    exposure = "not known" if camera["exposure_ms"] is None else f"{camera['exposure_ms']:g} ms"
    pixel = "not known" if camera["pixel_size_um"] is None else f"{camera['pixel_size_um']:g} µm"
    dose = document["dose"]
    light = f"{dose['open_s']:.1f} s open"
    if dose["mj_per_cm2"] is not None:
        light += f", {dose['mj_per_cm2']:.3g} mJ/cm²"
    rows = [
        Fact("protocol", document["protocol"] or "-"),
        Fact("rig", document["rig"] or "-"),
        Fact("started (UTC)", document["started_utc"]),
        Fact("ended (UTC)", document["ended_utc"] or "-"),
        Fact("exposure", exposure),
        Fact("pixel", pixel),
        Fact("light", light),
        Fact("versions", versions),
    ]
    rows += [Fact(name, value) for name, value in camera["properties"].items()]
    return rows


def _mean(numbers: Mapping[str, Any], count: int) -> str:
    return "-" if numbers.get("mean") is None else f"{mean_said(numbers, count)} s"


def _measure(numbers: Mapping[str, Any], intervals: Mapping[str, Any], measure: str) -> str:
    value = numbers.get(measure)
    return "-" if value is None else with_interval(float(value), intervals.get(measure))


def _frames(document: Mapping[str, Any]) -> list[Fact]:
    frames = document["frames"]
    dropped = "not known" if frames["dropped"] is None else f"{frames['dropped']}"
    height, width = frames["shape"]
    return [
        Fact("frames", f"{frames['written']:,}", f"{height} x {width} px, {frames['dtype']}"),
        Fact("frames that did not come", dropped, "by the camera's own counter"),
    ]


def _clock(document: Mapping[str, Any]) -> list[Fact]:
    clock = document["clock"]
    return [
        Fact("clock", clock["source"], f"drift {clock['drift_ppm']:.1f} ppm against the host"),
        Fact("clock residual", f"{clock['residual_ms']:.3g} ms", "frames against the fitted line"),
    ]


def _noise(analysed: Analysed) -> list[Fact]:
    rows = []
    noise, snr = finite(analysed.spots["noise_sd"]), finite(analysed.spots["snr"])
    if len(noise):
        rows.append(
            Fact(
                "noise of a spot",
                f"{np.median(noise):.3g} {analysed.unit}",
                "median s.d. in one frame",
            )
        )
    if len(snr):
        rows.append(
            Fact("signal / noise", f"{np.median(snr):.3g}", "median of the spots, one frame")
        )
    chi2 = finite(analysed.switched["chi2"])
    if len(chi2):
        rows.append(
            Fact("chi² of the fits", f"{np.median(chi2):.3g}", "median, per degree of freedom")
        )
    far = np.hypot(analysed.frames["drift_y_px"], analysed.frames["drift_x_px"])
    if len(far) and np.nanmax(far) > 0:
        rows.append(Fact("drift", f"{np.nanmax(far):.2g} px", "largest distance from the start"))
    return rows


def _alarms(quality: Mapping[str, Any]) -> list[Fact]:
    rows = []
    if quality.get("psf_sigma_px") is not None:
        rows.append(Fact("spot width (s.d.)", f"{quality['psf_sigma_px']:.2f} px"))
    if quality.get("baseline_frames") is not None:
        rows.append(
            Fact("baseline", f"{quality['baseline_frames']} frames", "lit, before the injection")
        )
    if quality.get("false_alarms_promised") is not None:
        rows.append(
            Fact(
                "false spots promised",
                f"{quality['false_alarms_promised']:.2g}",
                "expected in the whole film",
            )
        )
    if quality.get("found_before_injection") is not None:
        rows.append(
            Fact(
                "spots before the injection",
                f"{quality['found_before_injection']}",
                "found in film where nothing can switch: false, or light-driven",
            )
        )
    return rows


def _value(key: str, value: object) -> str:
    said = (
        f"{value:.{decimals(abs(value) / 500)}f}"
        if isinstance(value, float) and value
        else str(value)
    )
    return f"{key} {said}"
