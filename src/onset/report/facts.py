"""The tables of a report: populations, who is counted, quality, marks, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from onset.report.analysed import Analysed
from onset.report.distributions import finite
from onset.report.mark_words import mark_words
from onset.report.numbers_said import counted, with_error, with_interval
from onset.report.scene import Scene
from onset.report.summary import mean_said, ratio_said
from onset.timing import MAX_DRIFT

POPULATIONS = {
    "waiting": "waiting since the injection",
    "waiting_since_arrival": "waiting since the arrival",
    "waiting_relative": "waiting since the first crystal",
    "waiting_since_q05": "waiting since 5 % had switched",
    "switching": "switching time τ",
}
COUNTED_FROM_A_CRYSTAL = ("waiting_relative", "waiting_since_q05")
"""The only crystal waits 0 s for itself."""
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
    ratio = ratio_said(analysed)
    return [
        Fact(f"{scene.verb_past}", f"{switched}", f"of {len(analysed.singles)} single crystals"),
        Fact(
            "waiting",
            _mean(waiting, switched) if switched > 1 else "-",
            "since the first crystal",
        ),
        Fact("switching time τ", _mean(tau, switched), "of single crystals"),
        Fact(
            "ensemble / single",
            ratio or "-",
            "ratio of switching times",
        ),
    ]


def population_rows(analysed: Analysed) -> list[PopulationRow]:
    """Each time that is known, with 95 % intervals where there are any."""
    rows = []
    for key, name in POPULATIONS.items():
        numbers = analysed.populations.get(key)
        alone = key in COUNTED_FROM_A_CRYSTAL and len(analysed.switched) < 2
        if numbers and numbers.get("mean") is not None and not alone:
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
    rows += _degraded(analysed)
    limits = analysed.populations.get("n_tau_limit")
    if limits:
        said = "faster than half a frame: their tau has an upper limit only and is in no mean"
        rows.append(Fact("of these too fast", f"{limits}", said))
    return rows


def _degraded(analysed: Analysed) -> list[Fact]:
    dying = analysed.populations.get("degradation") or {}
    if not dying.get("n"):
        return []
    said = "bleached, degraded or washed away after they had turned on"
    if dying.get("lifetime_s") is not None:
        life = with_error(dying["lifetime_s"], dying.get("lifetime_sd_s"))
        said += f"; lifetime {life} s, if exponential, counting those still lit at the end"
    return [Fact("of these dark for good", f"{dying['n']}", said)]


def quality_rows(analysed: Analysed, scene: Scene, document: Mapping[str, Any]) -> list[Fact]:
    """Frames, clock, noise, drift and false alarms."""
    return [
        *_frames(document),
        *_clock(document),
        *_noise(analysed),
        *_alarms(analysed, scene),
    ]


def marks_told(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Every mark with its bounds: what, time, frame, values."""
    return [
        (
            mark["what"],
            f"{mark['t_s']:.3f} ± {mark['t_halfwidth_s']:.3f}",
            "-"
            if mark["frame"] is None
            else f"{mark['frame']:.1f} ± {mark['frame_halfwidth']:.1f}",
            mark_words(mark).replace(" uL", " µL").replace(" ug/", " µg/"),
        )
        for mark in document["marks"]
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
    if measure == "gauss_sd":
        return "-" if value is None else f"{value:.3g}"  # its interval is that of the FWHM
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
    if clock["halfwidth_ms"] is None:
        return [Fact("clock", clock["source"])]
    known = abs(clock["drift_ppm"]) < 0.99e6 * MAX_DRIFT
    drift = f"drift {clock['drift_ppm']:.1f} ppm against the host"
    return [
        Fact("clock", clock["source"], drift if known else "too short to tell its drift"),
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


def _alarms(analysed: Analysed, scene: Scene) -> list[Fact]:
    quality: Mapping[str, Any] = analysed.populations.get("quality") or {}
    if not quality.get("searched", True):
        return [Fact("spots", "not looked for", str(quality.get("message") or ""))]
    rows = []
    if quality.get("psf_sigma_px") is not None:
        seen = "" if len(analysed.spots) else "assumed: no spot shows it"
        rows.append(Fact("spot width (s.d.)", f"{quality['psf_sigma_px']:.2f} px", seen))
    if quality.get("baseline_frames") is not None:
        when = "lit, before the injection" if scene.injection else "lit, at the film's beginning"
        rows.append(Fact("baseline", counted(quality["baseline_frames"], "frame"), when))
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
