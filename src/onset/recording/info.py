"""What `onset info` and `onset frames` say of a recording: the documents of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np

from onset.experiment.records import FrameFlag
from onset.experiment.timeline import timeline
from onset.recording.arrive import arrived
from onset.recording.bias import light_bias
from onset.recording.marks import PlacedMark
from onset.recording.read import Recording
from onset.recording.session import FILM_CLOCK

CUT_SHORT = ("aborted", "failed", "killed")
FEWEST_FOR_PACE = 10


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One line of `onset frames --csv`; None where it is not known."""

    number: int
    camera_s: float | None
    host_s: float
    t_s: float
    shutter_open: bool
    since_injection_s: float | None


@dataclass(frozen=True, slots=True)
class Dose:
    """Light that the sample got."""

    open_s: float
    mj_per_cm2: float | None


def info(recording: Recording) -> dict[str, object]:
    """The document of `onset info --json`."""
    marks = recording.marks
    session = recording.session
    times = recording.times
    fit = times.fit
    bias = light_bias(recording, marks)
    line = recording.ttl_line
    ttl = line.bias(recording.commanded) if line else None
    return {
        "status": recording.status,
        "reason": recording.reason,
        "frames": _frames(recording),
        "clock": {
            "source": fit.source,
            "offset_s": fit.offset_s,
            "drift_ppm": fit.drift_ppm,
            "residual_ms": fit.residual_ms,
            "halfwidth_ms": None if fit.source == FILM_CLOCK else times.halfwidth_ns / 1e6,
            "pieces": fit.pieces,
        },
        "exposures": _exposures(recording),
        "marks": [_mark(mark, recording) for mark in marks],
        "light": asdict(bias) if bias else None,
        "ttl": asdict(ttl) if ttl else None,
        "dose": asdict(dose(recording, marks)),
        "speed": session.achieved_speed or session.speed,
        "rig": session.rig_name,
        "protocol": session.protocol_name,
        "started_utc": session.started_utc,
        "ended_utc": session.ended_utc,
        "camera": session.camera.model_dump(mode="json"),
        "versions": session.versions,
    }


def gaps(recording: Recording) -> list[tuple[int, int]]:
    """First and last number of each stretch that the camera counted and nobody delivered."""
    numbers = recording.numbers
    before = np.flatnonzero(np.diff(numbers) > 1)
    return [(int(numbers[i]) + 1, int(numbers[i + 1]) - 1) for i in before]


def frames_table(recording: Recording) -> Iterator[FrameRow]:
    """One row per frame."""
    injected_s = next((mark.t_s for mark in recording.marks if mark.what == "inject"), None)
    rows = recording.rows
    known = (rows["flags"] & int(FrameFlag.CAMERA_TIME)) != 0
    for row, has_camera, t_s in zip(rows, known, recording.times_s.tolist(), strict=True):
        yield FrameRow(
            number=int(row["number"]),
            camera_s=int(row["camera_ns"]) / 1e9 if has_camera else None,
            host_s=int(row["host_ns"]) / 1e9,
            t_s=t_s,
            shutter_open=bool(row["flags"] & int(FrameFlag.LIT)),
            since_injection_s=None if injected_s is None else t_s - injected_s,
        )


def dose(recording: Recording, marks: list[PlacedMark]) -> Dose:
    """Time that the shutter was open (to the film's end if nobody closed it), and the UV dose."""
    times = recording.times
    end_s = times.t_s(int(recording.rows["host_ns"][-1])) if len(recording) else 0.0
    opened_s: float | None = None
    open_s = 0.0
    for mark in marks:
        if mark.what == "shutter-open" and opened_s is None:
            opened_s = mark.t_s
        elif mark.what == "shutter-close" and opened_s is not None:
            open_s, opened_s = open_s + mark.t_s - opened_s, None
    if opened_s is not None:
        open_s += max(end_s - opened_s, 0.0)
    shutter = recording.rig.shutter if recording.rig else None
    return Dose(open_s, shutter.irradiance_uw_cm2 * open_s / 1000 if shutter else None)


def _frames(recording: Recording) -> dict[str, object]:
    counts = recording.session.counts
    numbers = recording.numbers
    stretches = gaps(recording)
    counted = len(numbers) > 0 and bool(np.all(recording.flags & int(FrameFlag.COUNTED)))
    dropped = sum(last - first + 1 for first, last in stretches) if counted else None
    made = counts.expected if counts else None
    expected = _planned_or(made, recording) if recording.status in CUT_SHORT else made
    if made is None:
        made = len(recording) + (dropped or 0)
    return {
        "expected": expected,
        "written": len(recording),
        "dropped": dropped,
        "cut": None if expected is None else expected - made,
        "first": int(numbers[0]) if len(numbers) else None,
        "last": int(numbers[-1]) if len(numbers) else None,
        "gaps": [list(stretch) for stretch in stretches],
        "lost": counts.lost if counts else {"camera": dropped} if dropped else {},
        "shape": list(recording.shape),
        "dtype": recording.dtype.name,
    }


def _planned_or(made: int | None, recording: Recording) -> int | None:
    """Frames that the protocol's timeline asks for, at the film's own pace; never fewer than made.

    `made` where the plan has no end.
    """
    protocol, exposure_ms = recording.protocol, recording.session.camera.exposure_ms
    if protocol is None or not exposure_ms:
        return made
    interval_s = exposure_ms / 1000
    if len(recording) >= FEWEST_FOR_PACE:
        interval_s = float(np.median(np.diff(recording.times_s)))
    end_s = timeline(protocol, interval_s).end_s
    return made if end_s is None else max(round(end_s / interval_s), made or len(recording))


def _exposures(recording: Recording) -> list[dict[str, object]]:
    """Stretches of frames that were exposed alike; frames while it changed are in none."""
    exposures_s, numbers = recording.exposures_s, recording.numbers
    if len(numbers) == 0 or np.isnan(exposures_s).all():
        return []
    return [
        {
            "exposure_ms": round(1000 * float(exposures_s[part.start]), 6),
            "first": int(numbers[part.start]),
            "last": int(numbers[part.stop - 1]),
        }
        for part in recording.times.exposures.alike()
    ]


def _mark(mark: PlacedMark, recording: Recording) -> dict[str, object]:
    front = arrived(mark, recording.rig.flow if recording.rig else None)
    return {
        "what": mark.what,
        "step": mark.step,
        "asked_s": mark.asked_s,
        "done_s": mark.done_s,
        "t_s": mark.t_s,
        "t_halfwidth_s": mark.t_halfwidth_s,
        "frame": _finite(mark.frame),
        "frame_halfwidth": _finite(mark.frame_halfwidth),
        "values": dict(mark.values),
        "arrival": asdict(front) if front else None,
        "pump": mark.pump,
        "reagent": asdict(mark.reagent) if mark.reagent else None,
    }


def _finite(value: float) -> float | None:
    """JSON has no NaN: a mark of a film without frames has no place in it."""
    return value if isfinite(value) else None
