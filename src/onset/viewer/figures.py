"""The figures of the status line: what is normal, near its limit, or past it; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onset.acquisition.messages import DoseView, Status
from onset.viewer.axis import minutes
from onset.viewer.focus import Focus, focus_text
from onset.viewer.seen import Counts, Seen

Level = Literal["plain", "amber", "red", "good"]

BUFFER_AMBER, BUFFER_RED = 0.3, 0.7
DISK_AMBER_S, DISK_RED_S = 1800.0, 300.0
DISK_LASTS_S = 10.0
"""Another program may write a lot for a moment."""
CLOCK_AMBER_MS, CLOCK_RED_MS = 10.0, 30.0
DOSE_AMBER = 0.8
"""Part of the limit."""
SLOW_AMBER = 0.9
"""Frame rate, of what the exposure allows."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, its level, what its tool tip says, and a sentence where it needs one."""

    name: str
    text: str
    level: Level = "plain"
    tip: str = ""
    sentence: str = ""
    lasts_s: float = 0.0
    """The sentence is due once the figure has been bad for so long."""


def run_figures(status: Status, seen: Seen | None, focus: Focus | None) -> list[Figure]:
    """While connected: rate, written, dropped, buffer, disk, clock, focus, light, time left."""
    found = []
    recording = status.phase in ("running", "ending")
    if status.phase in ("running", "ending", "preview"):
        found.append(_rate(status))
    if recording or status.phase == "ended":
        found += [
            Figure("written", f"{status.written:,} written", tip="Frames on the disk"),
            dropped(status.dropped, status.written, status.expected),
        ]
    if recording:
        found += [_buffer(status), _clock(status)]
    found += [_disk(status)] if status.disk_left_s is not None else []
    if focus is not None and focus.width_px is not None:
        found.append(Figure("focus", focus_text(focus), tip="Standard deviation of the spots"))
    if status.dose is not None:
        found += _dose(status.dose)
    if recording and status.end_s is not None:
        left_s = max(status.end_s - status.t_s, 0.0)
        found.append(Figure("left", f"{minutes(left_s)} left", tip="Until the planned end"))
    if abs(status.speed - 1) > 0.05 and recording:
        found.append(Figure("speed", f"{status.speed:.1f} \N{MULTIPLICATION SIGN} speed"))
    if seen is not None and seen.counts.gaps:
        found.append(gaps(seen.counts))
    return found


def recording_figures(seen: Seen) -> list[Figure]:
    """Of a recording without an instrument: status, frames, drops, gaps."""
    level: dict[str, Level] = {
        "running": "good", "complete": "plain", "aborted": "amber",
        "failed": "red", "killed": "red",
    }  # fmt: skip
    rate = f"{seen.counts.rate_hz:.1f} fps | " if seen.status == "running" else ""
    return [
        Figure("status", f"\N{BLACK CIRCLE} {seen.status}", level[seen.status], seen.reason or ""),
        Figure("frames", f"{rate}{seen.counts.written:,} frames written"),
        dropped(seen.counts.dropped, seen.counts.written, None),
        gaps(seen.counts),
    ]


def dropped(count: int | None, written: int, expected: int | None) -> Figure:
    """Zero is said only where the camera counts."""
    if count is None:
        text = "dropped: unknown" if written else "dropped: \N{EN DASH}"
        return Figure("dropped", text, tip="The camera has no frame counter that the rig names")
    text = f"{count:,} dropped"
    if count == 0:
        return Figure("dropped", text, tip="By the camera's own frame counter")
    of = f" of {expected:,}" if expected else ""
    sentence = f"{count:,}{of} frames were lost. Their places stay empty in the film."
    return Figure("dropped", text, "red", "By the camera's own frame counter", sentence)


def gaps(counts: Counts) -> Figure:
    """How many gaps, and where the last one is."""
    if not counts.gaps:
        return Figure("gaps", "no gaps")
    first, last = counts.gaps[-1]
    where = f"{first}" if first == last else f"{first}\N{EN DASH}{last}"
    count = len(counts.gaps)
    text = f"{count} gap{'s' if count > 1 else ''} (last: {where})"
    return Figure("gaps", text, "red", "\n".join(f"{a} to {b}" for a, b in counts.gaps[:30]))


def _rate(status: Status) -> Figure:
    fps = status.frames_per_s
    text = f"{fps:.1f} fps"
    camera = status.camera
    if camera is None or camera.exposure_ms <= 0 or status.t_s < 5 or status.phase != "running":
        return Figure("rate", text, tip="Frames per second of the experiment")
    possible = 1000.0 / camera.exposure_ms
    slow = fps < SLOW_AMBER * possible * 0.9
    tip = f"Of at most {possible:.1f} that the exposure allows"
    return Figure("rate", text, "amber" if slow else "plain", tip)


def _buffer(status: Status) -> Figure:
    used = status.buffer_used
    level: Level = "red" if used > BUFFER_RED else "amber" if used > BUFFER_AMBER else "plain"
    sentence = ""
    if level == "red":
        sentence = (
            "The buffer of the camera fills: the disk does not keep up. Close other programs, or "
            "use a smaller region or a longer exposure next time."
        )
    return Figure("buffer", f"buffer {100 * used:.0f} %", level, "The fuller of two", sentence)


def _clock(status: Status) -> Figure:
    residual = status.clock_residual_ms
    if residual is None:
        return Figure("clock", "clock \N{EN DASH}", tip="The camera's clock against the host's")
    red, amber = residual > CLOCK_RED_MS, residual > CLOCK_AMBER_MS
    level: Level = "red" if red else "amber" if amber else "plain"
    text = f"clock \N{PLUS-MINUS SIGN}{residual:.1f} ms"
    return Figure("clock", text, level, "Scatter of the camera's clock against the host's")


def _disk(status: Status) -> Figure:
    left_s = status.disk_left_s or 0.0
    needed_s = max((status.end_s or 0.0) - status.t_s, 0.0)
    level: Level = "plain"
    sentence = ""
    if left_s < max(DISK_RED_S, needed_s):
        level = "red"
        sentence = f"The disk is full in {words_for(left_s)} at this rate. Make room now."
    elif left_s < DISK_AMBER_S:
        level = "amber"
    free = status.disk_left_bytes
    tip = f"{free / 1e9:.1f} GB free" if free is not None else ""
    text = f"disk {words_for(left_s)}"
    return Figure("disk", text, level, tip, sentence, DISK_LASTS_S)


def _dose(dose: DoseView) -> list[Figure]:
    text = f"UV {dose.open_s:.0f} s {dose.mj_per_cm2:.2g} mJ/cm\N{SUPERSCRIPT TWO}"
    limit = dose.limit_mj_per_cm2
    if limit:
        text += f" of {limit:g}"
    level, sentence = _dose_level(dose.mj_per_cm2, limit, "this run")
    tip = "Light in this run"
    if dose.field:
        tip += (
            f"; on field {dose.field} in all {dose.field_mj_per_cm2:.3g} mJ/cm\N{SUPERSCRIPT TWO}"
        )
        field_level, field_sentence = _dose_level(
            dose.field_mj_per_cm2, dose.field_limit_mj_per_cm2, f"field {dose.field}"
        )
        if field_level == "red" or level == "plain":
            level, sentence = field_level, field_sentence
    return [Figure("dose", text, level, tip, sentence)]


def _dose_level(used: float, limit: float | None, what: str) -> tuple[Level, str]:
    if not limit or used < DOSE_AMBER * limit:
        return "plain", ""
    if used < limit:
        return "amber", ""
    return "red", f"The UV dose of {what} is past its limit ({used:.3g} of {limit:g} mJ/cm2)."


def words_for(seconds: float) -> str:
    """`5 h`, `12 min`, `40 s`."""
    if seconds >= 7200:
        return f"{seconds / 3600:,.0f} h"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"
