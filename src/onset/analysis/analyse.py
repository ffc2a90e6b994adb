"""A recording becomes tables: find, measure every frame, fit every spot, sum up, write."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

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
from onset.analysis.camera_maps import CameraMaps, maps_of
from onset.analysis.clusters import Shapes, shapes_of
from onset.analysis.drift import (
    BLOCKS,
    FRAMES_PER_BLOCK,
    NO_DRIFT,
    Block,
    Drift,
    Placed,
    place_spots,
)
from onset.analysis.ensemble import ensemble_rise
from onset.analysis.found import Found, FoundSpot, find_spots
from onset.analysis.ground import Ground, frame_variance, ground_of, light_gain
from onset.analysis.logistic import Doubles
from onset.analysis.onsets import Direction, usual_interval_s
from onset.analysis.photometry import Measured, Photometer, isolation
from onset.analysis.populations import (
    CLUSTER,
    SINGLE,
    STEADY,
    UNCERTAIN,
    add_waiting,
    as_json,
    populations,
)
from onset.analysis.spot_fit import NAN, SpotFit, Trajectory, fit_spot, lit_only
from onset.analysis.traces import TraceWriter, read_traces
from onset.experiment.records import FrameFlag
from onset.recording.arrive import Arrived, arrived
from onset.recording.marks import PlacedMark
from onset.recording.read import Recording
from onset.recording.stack import PageStack

STRETCH_FRAMES = 256
CHUNK_BYTES = 32 << 20
SPOTS_PER_BATCH = 64
FEWEST_BASELINE = 50
LEAST_SNR = 1.0
GAIN_PAIRS = 48

Progress = Callable[[str, float], None]
"""Told the name of the stage and how much of it is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Film:
    """What photometry must know of a film's frames."""

    folder: Path
    lit: npt.NDArray[np.bool_]
    times_s: Doubles
    exposures_s: Doubles
    numbers: npt.NDArray[np.int64]
    pixels: int

    @property
    def end_s(self) -> float:
        """End of the last exposure."""
        return float(self.times_s[-1] + self.exposures_s[-1])


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images in electrons where the camera is calibrated, else as they were read out."""

    stack: PageStack
    maps: CameraMaps | None

    def read(self, which: npt.NDArray[np.int64] | slice) -> npt.NDArray[Any]:
        """Frames by position, (n, h, w)."""
        images = self.stack[which]
        return self.maps.electrons(images) if self.maps else images


def analyse(folder: Path, *, workers: int = 1, progress: Progress | None = None) -> Analysis:
    """Analyse a recording and write its tables to `folder/analysis`; the same for any `workers`."""
    tell = progress or _silent
    with Recording(folder) as recording:
        film = film_of(recording)
        found = _found(recording, len(film.lit), tell)
        pixels = Pixels(recording.stack(), maps_of(recording))
        ground = _ground(pixels, found)
        out = Path(folder) / FOLDER
        out.mkdir(exist_ok=True)
        placed = _place(pixels, film, found, ground)
        photometer = _photometer(placed, ground)
        frames, sums = _measure(pixels, film, found, photometer, placed, out, workers, tell)
        fits = _fit(film, found, out, workers, tell)
        facts = _facts(recording, film, found, placed, ground)
        spots = _finish_spots(fits, found, placed, sums, facts)
    document = populations(spots, film.end_s, _number(facts["injection_s"]))
    document["ensemble"] = _ensemble(film, frames, spots, facts)
    document["recording"] = facts
    document["quality"] = _quality(found, spots, facts)
    document["field"] = _field(frames)
    document["drift"] = _drift(placed.drift)
    spots.to_parquet(out / SPOTS, index=False)
    frames.to_parquet(out / FRAMES, index=False)
    text = json.dumps(as_json(document), indent=1, allow_nan=False)
    (out / POPULATIONS).write_text(text, encoding="utf-8")
    return read_analysis(folder)


def _silent(_stage: str, _done: float) -> None:
    pass


def film_of(recording: Recording) -> Film:
    """Times, exposures and light of all frames; an unknown exposure is the time between frames."""
    times_s = recording.times_s
    exposures_s = recording.exposures_s
    unknown = ~np.isfinite(exposures_s)
    exposures_s = np.where(unknown, usual_interval_s(times_s), exposures_s)
    lit = (recording.flags & int(FrameFlag.LIT)) != 0
    return Film(
        recording.path, lit, times_s, exposures_s, recording.numbers,
        recording.shape[0] * recording.shape[1],
    )  # fmt: skip


def _found(recording: Recording, frames: int, tell: Progress) -> Found:
    tell("find", 0.0)

    def seen(position: int) -> None:
        if position % 50 == 0:
            tell("find", position / frames)

    found = find_spots(recording, seen)
    tell("find", 1.0)
    return found


def _places(found: Found) -> Doubles:
    return np.array([(s.final_y_px, s.final_x_px) for s in found.spots], np.float64).reshape(-1, 2)


def _ground(pixels: Pixels, found: Found) -> Ground:
    """From the baseline where there is one, else from the film's own mean."""
    places, maps = _places(found), pixels.maps
    if found.baseline_frames >= FEWEST_BASELINE:
        with np.errstate(divide="ignore"):
            variance = np.where(found.inverse_sd > 0, found.inverse_sd**-2.0, np.inf)
        mean, frames = found.mean, found.baseline_frames
        if maps:
            mean, variance = maps.electrons(mean), variance / maps.adu_per_electron**2
    else:
        sample = pixels.read(_spread(found.positions, 64))
        variance, mean, frames = frame_variance(sample), sample.mean(axis=0), len(sample)
    if maps:
        variance = np.where(maps.bad, np.inf, variance)
    variance = variance.astype(np.float32)
    level = ground_of(mean, variance, frames, places, found.psf_sigma_px)
    photometer = Photometer(
        places, psf_sigma_px=found.psf_sigma_px, ground=level, variance=variance, gain=0.0
    )
    late = found.positions[found.positions.size // 2 :]
    pairs = _spread(late[:-1], GAIN_PAIRS)
    if maps:
        return Ground(level, variance, maps.excess)
    before, after = pixels.read(pairs), pixels.read(pairs + 1)
    return Ground(level, variance, light_gain(before, after, photometer) if pairs.size else 0.0)


def _spread(positions: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most `most` of them, evenly."""
    if positions.size <= most:
        return positions
    return positions[np.linspace(0, positions.size - 1, most).astype(np.int64)]


def _place(pixels: Pixels, film: Film, found: Found, ground: Ground) -> Placed:
    """Centres, drift and width from means of a few frames, evenly over the film."""
    first = Photometer(
        np.array([(s.y_px, s.x_px) for s in found.spots], np.float64).reshape(-1, 2),
        psf_sigma_px=found.psf_sigma_px,
        ground=ground.level,
        variance=ground.variance,
        gain=ground.gain,
    )
    if not found.spots:
        return Placed(first.places, first.places, NO_DRIFT, found.psf_sigma_px)
    positions = found.positions
    length = min(FRAMES_PER_BLOCK, max(positions.size // 4, 1))
    starts = np.unique(np.linspace(0, positions.size - length, BLOCKS).astype(np.int64))
    since = np.array([0 if s.steady or s.direction == "off" else s.detected for s in found.spots])
    blocks = []
    for start in starts.tolist():
        mine = positions[start : start + length]
        image = pixels.read(mine).mean(axis=0, dtype=np.float32)
        blocks.append(Block(float(film.times_s[mine].mean()), image, since <= mine[0]))
    return place_spots(first, blocks, length)


def _photometer(placed: Placed, ground: Ground) -> Photometer:
    return Photometer(
        placed.places,
        psf_sigma_px=placed.psf_sigma_px,
        ground=ground.level,
        variance=ground.variance,
        gain=ground.gain,
    )


def _measure(
    pixels: Pixels,
    film: Film,
    found: Found,
    photometer: Photometer,
    placed: Placed,
    out: Path,
    workers: int,
    tell: Progress,
) -> tuple[pd.DataFrame, list[Measured]]:
    """All trajectories, written as they come; a table of frames and sums per stretch."""
    n, usual_s = len(film.lit), float(np.median(film.exposures_s))
    moved = placed.drift.at(film.times_s)
    per_chunk = max(1, min(STRETCH_FRAMES, CHUNK_BYTES // max(2 * film.pixels, 1)))
    starts = range(0, n, per_chunk)

    def stretch(start: int) -> Measured:
        end = min(start + per_chunk, n)
        return photometer.measure(pixels.read(slice(start, end)), moved[start:end])

    names = [spot.spot for spot in found.spots]
    tables, sums = [], []
    with TraceWriter(out / TRACES, names) as traces, TraceWriter(out / TRACES_SD, names) as errors:
        for start, measured in zip(starts, in_order(stretch, starts, workers), strict=True):
            end = min(start + per_chunk, n)
            dark = ~film.lit[start:end]
            # a longer exposure shows more of the same light
            longer = (film.exposures_s[start:end] / usual_s).astype(np.float32)[:, None]
            measured.amplitude[:] /= longer
            measured.sd[:] /= longer
            measured.amplitude[dark] = np.nan
            measured.sd[dark] = np.nan
            frames, times_s = film.numbers[start:end], film.times_s[start:end]
            traces.append(frames, times_s, measured.amplitude)
            errors.append(frames, times_s, measured.sd)
            tables.append(_frame_rows(film, start, end, measured, moved))
            sums.append(measured)
            tell("measure", end / n)
    return pd.concat(tables, ignore_index=True), sums


def in_order(work: Callable[[int], Any], items: Sequence[int], workers: int) -> Iterator[Any]:
    """Results in the order of the items; at most two per worker wait."""
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = []
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _frame_rows(
    film: Film, start: int, end: int, measured: Measured, moved: Doubles
) -> pd.DataFrame:
    spots = measured.amplitude.shape[1]
    pixels = film.pixels
    return pd.DataFrame(
        {
            "frame": film.numbers[start:end],
            "t_s": film.times_s[start:end],
            "exposure_s": film.exposures_s[start:end],
            "lit": film.lit[start:end],
            "field_sum": measured.field_sum,
            "field_mean": measured.field_sum / pixels,
            "spots_sum": measured.amplitude.sum(axis=1, dtype=np.float64),
            "background": measured.background.mean(axis=1) if spots else np.nan,
            "drift_y_px": moved[start:end, 0],
            "drift_x_px": moved[start:end, 1],
        }
    )


def _fit(film: Film, found: Found, out: Path, workers: int, tell: Progress) -> list[SpotFit]:
    """Fits of all spots, a batch of columns in memory at a time."""
    batches = range(0, len(found.spots), SPOTS_PER_BATCH)

    def batch(first: int) -> list[SpotFit]:
        spots = found.spots[first : first + SPOTS_PER_BATCH]
        names = [spot.spot for spot in spots]
        values, sds = read_traces(out / TRACES, names), read_traces(out / TRACES_SD, names)
        return [_fit_one(film, spot, values[str(spot.spot)], sds[str(spot.spot)]) for spot in spots]

    fits: list[SpotFit] = []
    for part in in_order(batch, batches, workers):
        fits += part
        tell("fit", len(fits) / max(len(found.spots), 1))
    return fits


def _fit_one(film: Film, spot: FoundSpot, values: Any, sds: Any) -> SpotFit:
    lit = film.lit & np.isfinite(values.to_numpy())
    trajectory = Trajectory(
        film.times_s[lit],
        film.exposures_s[lit],
        lit_only(values.to_numpy(), lit),
        lit_only(sds.to_numpy(), lit),
    )
    if spot.steady:
        return _steady(trajectory)
    before = np.cumsum(lit) - 1
    onset, detected = int(before[spot.onset]), int(before[spot.detected])
    fit = fit_spot(trajectory, max(onset, 0), max(detected, 0), spot.direction)
    positions = np.flatnonzero(lit)
    onset, walked = (
        int(positions[at]) if at >= 0 else spot.onset for at in (fit.onset, fit.walked)
    )
    return replace(fit, onset=onset, walked=walked)


def _steady(trajectory: Trajectory) -> SpotFit:
    level = float(np.median(trajectory.intensity)) if trajectory.intensity.size else NAN
    noise = float(np.median(trajectory.sd)) if trajectory.sd.size else NAN
    return SpotFit(amplitude=level, noise_sd=noise, snr=level / noise)


def _finish_spots(
    fits: list[SpotFit], found: Found, placed: Placed, sums: list[Measured], facts: dict[str, Any]
) -> pd.DataFrame:
    """The table: places, what the fits say, waiting times."""
    places = placed.places
    frames = facts.pop("_film")
    onsets = [fit.onset for fit in fits]
    table = pd.DataFrame([asdict(fit) for fit in fits], columns=[f.name for f in fields(SpotFit)])
    shapes = shapes_of(
        np.array([m.pulls for m in sums]),
        np.array([m.strengths for m in sums]),
        placed.psf_sigma_px,
    )
    background = np.mean([m.background.mean(axis=0) for m in sums], axis=0) if sums else []
    table = table.astype({"censored": bool, "blinks": bool, "n_steps": int})
    table = table.drop(columns=["onset", "walked"]).assign(
        spot=[s.spot for s in found.spots],
        y_px=places[:, 0],
        x_px=places[:, 1],
        kind=_kinds(found, fits, shapes),
        direction=[s.direction for s in found.spots],
        detected_frame=[int(frames.numbers[s.detected]) for s in found.spots],
        onset_frame=[int(frames.numbers[max(o, 0)]) for o in onsets],
        onset_s=[float(frames.times_s[o]) if o >= 0 else NAN for o in onsets],
        walked_frame=[int(frames.numbers[max(fit.walked, 0)]) for fit in fits],
        background=background,
        isolated_px=isolation(places),
        moves_px=shapes.moves_px,
        width_px=shapes.width_px,
        ellipticity=shapes.ellipticity,
        y_sd_px=placed.sd_px[:, 0],
        x_sd_px=placed.sd_px[:, 1],
        lit_from_start=[s.steady for s in found.spots],
        unit=facts["unit"],
    )
    arrival = facts["arrival"]
    arrived_s = arrival["t50_s"] if arrival else NAN
    return _in_columns(add_waiting(table, _number(facts["injection_s"]), arrived_s))


def _kinds(found: Found, fits: list[SpotFit], shapes: Shapes) -> list[str]:
    """Steady ones first: nothing switches there; then what is more than one; then what is not."""
    several = shapes.moves | shapes.odd | (np.array([fit.n_steps for fit in fits]) > 1)
    doubtful = [not fit.snr > LEAST_SNR for fit in fits]
    return [
        STEADY if spot.steady else CLUSTER if many else UNCERTAIN if doubt else SINGLE
        for spot, many, doubt in zip(found.spots, several, doubtful, strict=True)
    ]


COLUMNS = (
    "spot", "y_px", "x_px", "kind", "direction", "detected_frame", "onset_frame", "onset_s",
    "waiting_s", "waiting_relative_s", "t0_s", "t0_sd_s", "tau_s", "tau_sd_s", "amplitude",
    "background", "noise_sd", "snr", "censored", "on_s", "off_s", "chi2", "isolated_px", "unit",
)  # fmt: skip


def _in_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The columns in the order of the reference, further ones after them."""
    return table[[*COLUMNS, *(c for c in table.columns if c not in COLUMNS)]]


def _ensemble(
    film: Film, frames: pd.DataFrame, spots: pd.DataFrame, facts: dict[str, Any]
) -> dict[str, Any]:
    lit = film.lit
    direction: Direction = facts["direction"]
    singles = spots.loc[spots["kind"] == "single", "tau_s"].dropna()
    tau_s = float(singles.median()) if len(singles) else NAN

    def rise(column: str) -> dict[str, float]:
        sums = frames[column].to_numpy(np.float64)[lit]
        return asdict(
            ensemble_rise(
                film.times_s[lit], film.exposures_s[lit], sums,
                injected_s=_number(facts["injection_s"]), tau_median_s=tau_s, direction=direction,
            )
        )  # fmt: skip

    return {**rise("field_sum"), "spots": rise("spots_sum")}


def _facts(
    recording: Recording, film: Film, found: Found, placed: Placed, ground: Ground
) -> dict[str, Any]:
    """What is known of the run: `recording` of populations.json."""
    mark = next((mark for mark in recording.marks if mark.what == "inject"), None)
    rig, protocol = recording.rig, recording.protocol
    arrival = arrived(mark, rig.flow if rig else None) if mark else None
    return {
        "_film": film,
        "reagent": mark.reagent.name if mark and mark.reagent else None,
        "ug_per_ml": mark.reagent.ug_per_ml if mark and mark.reagent else None,
        "direction": protocol.direction if protocol else "on",
        "irradiance_uw_cm2": rig.shutter.irradiance_uw_cm2 if rig and rig.shutter else None,
        "injection_s": mark.t_s if mark else None,
        "injection_halfwidth_s": mark.t_halfwidth_s if mark else None,
        "arrival": _arrival(arrival),
        "unit": "e-" if maps_of(recording) else "ADU",
        "frames": len(film.lit),
        "lit_frames": int(film.lit.sum()),
        "interval_s": float(np.median(np.diff(film.times_s))) if len(film.lit) > 1 else None,
        "exposure_s": float(film.exposures_s[0]) if len(film.lit) else None,
        "psf_sigma_px": placed.psf_sigma_px,
        "gain": ground.gain,
        "baseline_frames": found.baseline_frames,
        "message": found.message,
    }


def _quality(found: Found, spots: pd.DataFrame, facts: dict[str, Any]) -> dict[str, Any]:
    """How far the tables can be trusted."""
    early = spots["onset_s"] < _number(facts["injection_s"])
    return {
        "psf_sigma_px": found.psf_sigma_px,
        "baseline_frames": found.baseline_frames,
        "false_alarms_promised": 0.1,
        "found_before_injection": int(early.sum()),
        "message": found.message,
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "t_s": drift.knots_s.tolist(),
        "dy_px": drift.moved_px[:, 0].tolist(),
        "dx_px": drift.moved_px[:, 1].tolist(),
        "sd_px": drift.sd_px,
    }


def _field(frames: pd.DataFrame) -> dict[str, list[float]]:
    """Mean of the field in each lit frame."""
    lit = frames[frames["lit"]]
    return {"t_s": lit["t_s"].tolist(), "mean": lit["field_mean"].tolist()}


def _arrival(arrival: Arrived | None) -> dict[str, float] | None:
    return asdict(arrival) if arrival else None


def _number(value: Any) -> float:
    return float(value) if value is not None else math.nan


__all__ = ["Film", "PlacedMark", "analyse", "film_of"]
