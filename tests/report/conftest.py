"""A small recording of crystals that turn on, with the tables that an analysis writes of it.

The tables are drawn from the truth, so that what a figure or a law should say is known.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from onset.analysis.populations import add_waiting, as_json, sum_up
from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.session import CameraHeader, FileText, new_session
from onset.recording.write import Recorder
from onset.report.trajectories import sigmoid
from onset.shipped import shipped

START_NS = 5_000_000_000
FLAGS = FrameFlag.COUNTED | FrameFlag.CAMERA_TIME | FrameFlag.LIT
NOISE, AMPLITUDE = 40.0, 900.0
AFTER_FIRST = 8.0 - 2.2338
"""Mean of a gamma-distributed lot of shape 8 above the smallest of 300."""


@dataclass(frozen=True)
class Made:
    """How a recording is made."""

    spots: int = 40
    frames: int = 300
    side: int = 96
    interval_s: float = 0.1
    injected_s: float | None = 8.0
    direction: str = "on"
    ug_per_ml: float = 4.0
    reagent: str = "TBAB"
    waiting_s: float = 1.6
    """Mean of the onsets after the first of 300."""
    tau_s: float = 0.8
    has_rig: bool = True
    seed: int = 1
    has_film: bool = True


@pytest.fixture
def make(tmp_path) -> Callable[..., Path]:
    """Make an analysed recording; gives its folder."""

    def call(name: str = "rec", **told) -> Path:
        return make_analysed(tmp_path / name, Made(**told))

    return call


def make_analysed(folder: Path, made: Made) -> Path:
    rng = np.random.default_rng(made.seed)
    spots = draw_spots(made, rng)
    traces = draw_traces(made, spots, rng)
    write_film(folder, made, spots, traces, rng)
    write_tables(folder, made, spots, traces)
    return folder


def draw_spots(made: Made, rng: np.random.Generator) -> pd.DataFrame:
    """Singles by gamma-distributed waits; one in twelve a cluster; the last two censored."""
    n = made.spots
    zero = made.injected_s or 0.0
    wait = made.waiting_s * (rng.gamma(8.0, 1.0, n) / AFTER_FIRST + 1.5)
    tau = made.tau_s * np.exp(rng.normal(-0.02, 0.2, n))
    amplitude = AMPLITUDE * np.exp(rng.normal(0, 0.25, n))
    onset = zero + wait
    t0 = onset + tau * np.log(np.maximum(amplitude / (3 * NOISE) - 1, 1.1))
    places = rng.permutation(max((made.side // 12) ** 2, n))[:n]
    per_row = max(made.side // 12, 1)
    table = pd.DataFrame(
        {
            "spot": np.arange(1, n + 1),
            "y_px": 6.0 + 12 * (places // per_row % per_row) + rng.uniform(-1.5, 1.5, n),
            "x_px": 6.0 + 12 * (places % per_row) + rng.uniform(-1.5, 1.5, n),
            "kind": np.where(np.arange(n) % 12 == 11, "cluster", "single"),
            "direction": made.direction,
            "detected_frame": np.ceil((onset + 0.3) / made.interval_s).astype(int),
            "onset_frame": np.ceil(onset / made.interval_s).astype(int),
            "onset_s": onset,
            "t0_s": t0,
            "t0_sd_s": rng.uniform(0.01, 0.05, n),
            "tau_s": tau,
            "tau_sd_s": rng.uniform(0.01, 0.05, n),
            "amplitude": amplitude,
            "background": 100.0,
            "noise_sd": NOISE,
            "snr": amplitude / NOISE,
            "censored": np.arange(n) >= max(n - 2, 1),
            "on_s": rng.gamma(3.0, 1.0, n),
            "off_s": rng.gamma(3.0, 0.1, n),
            "chi2": rng.normal(1, 0.05, n),
            "isolated_px": 12.0,
            "unit": "ADU",
        }
    )
    table["tau_upper_s"] = table["degraded_s"] = np.nan
    table["blinks"] = rng.random(n) < 0.7
    late = ["t0_s", "t0_sd_s", "tau_s", "tau_sd_s", "onset_s"]
    table.loc[table["censored"], late] = np.nan
    return add_waiting(table, math.nan if made.injected_s is None else made.injected_s, math.nan)


def draw_traces(made: Made, spots: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    t_s = np.arange(made.frames) * made.interval_s
    columns = {"frame": np.arange(made.frames), "t_s": t_s}
    for _, spot in spots.iterrows():
        t0 = spot["t0_s"] if np.isfinite(spot["t0_s"]) else 1e6
        tau = spot["tau_s"] if np.isfinite(spot["tau_s"]) else 1.0
        light = spot["amplitude"] * sigmoid(t_s, t0, tau, made.interval_s, made.direction)
        noisy = light + rng.normal(0, NOISE, made.frames)
        columns[str(int(spot["spot"]))] = noisy.astype(np.float32)
    return pd.DataFrame(columns)


def write_film(
    folder: Path, made: Made, spots: pd.DataFrame, traces: pd.DataFrame, rng: np.random.Generator
) -> None:
    interval_ns = round(made.interval_s * 1e9)
    header = CameraHeader(
        shape=(made.side, made.side),
        dtype="uint16",
        exposure_ms=made.interval_s * 1000,
        pixel_size_um=0.13,
        properties={"Camera-Gain": "1"},
    )
    rig = shipped("devices", "demo.toml").read_text(encoding="utf-8")
    session = new_session(
        header,
        start_ns=START_NS,
        rig=FileText(file="demo.toml", text=rig) if made.has_rig else None,
        protocol=FileText(file="small.toml", text=_protocol(made)),
        rig_name="demo" if made.has_rig else "",
        protocol_name="TBAB forward, small",
    )
    y, x = np.mgrid[: made.side, : made.side]
    with Recorder(folder, session) as recorder:
        if made.injected_s is not None:
            mark = _injection(made)
            recorder.ledger.write("mark", mark, mark.earliest_ns, sync=True)
        shapes = [
            np.exp(-((y - s.y_px) ** 2 + (x - s.x_px) ** 2) / (2 * 1.2**2)) / (2 * np.pi * 1.44)
            for s in spots.itertuples()
        ]
        light = np.array([traces[str(int(s.spot))] for s in spots.itertuples()])
        for number in range(made.frames if made.has_film else 2):
            image = rng.normal(100.0, 4.0, (made.side, made.side))
            for shape, trace in zip(shapes, light, strict=True):
                image += shape * max(float(trace[number]), 0.0)
            at_ns = number * interval_ns
            image = np.clip(image, 0, 65535).astype(np.uint16)
            host_ns = START_NS + at_ns + interval_ns
            recorder.append(Frame(number, image, at_ns, None, host_ns, FLAGS))
        recorder.seal("complete", expected=made.frames)


def _protocol(made: Made) -> str:
    return (
        f'name = "TBAB forward, small"\ndirection = "{made.direction}"\n\n'
        f'[[steps]]\ndo = "expose"\nduration = "{made.frames * made.interval_s} s"\n'
    )


def _injection(made: Made) -> Mark:
    at_ns = START_NS + round((made.injected_s or 0.0) * 1e9)
    values = {"rate_ul_min": 2500.0, "volume_ul": 500.0}
    stamps = Stamps(at_ns, at_ns, at_ns + 1_000_000)
    return Mark(
        "inject", 3, stamps, at_ns, at_ns + 30_000_000, values, "TBAB", made.reagent, made.ug_per_ml
    )


def write_tables(folder: Path, made: Made, spots: pd.DataFrame, traces: pd.DataFrame) -> None:
    analysis = folder / "analysis"
    analysis.mkdir()
    spots.to_parquet(analysis / "spots.parquet")
    traces.to_parquet(analysis / "traces.parquet")
    columns = [str(number) for number in spots["spot"]]
    frames = traces[["frame", "t_s"]].assign(
        lit=True,
        spots_sum=traces[columns].sum(axis=1),
        field_sum=traces[columns].sum(axis=1) + 1e4,
        drift_y_px=0.01 * np.arange(len(traces)) ** 0.5,
        drift_x_px=0.0,
    )
    frames.to_parquet(analysis / "frames.parquet")
    document = sum_up(spots, made.frames * made.interval_s, made.injected_s or 0.0)
    tau_s = float(spots["tau_s"].median())
    rise = {"t0_s": spots["t0_s"].median(), "tau_s": 1.6 * tau_s, "rise_ratio": 1.6}
    document["ensemble"] = {**rise, "tau_sd_s": 0.08 * tau_s, "spots": rise}
    document["quality"] = {
        "psf_sigma_px": 1.2,
        "baseline_frames": 600,
        "false_alarms_promised": 0.1,
        "found_before_injection": 0,
        "message": "",
    }
    text = json.dumps(as_json(document))
    (analysis / "populations.json").write_text(text, encoding="utf-8")
