"""What becomes of a protocol's text on a rig: a plan or a mistake's sentence; no Qt in here."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onset.errors import FileMistake
from onset.experiment.doses import DoseAccount
from onset.experiment.protocol import Protocol, parse_protocol
from onset.experiment.rig import Rig
from onset.experiment.syringes import SyringeAccount
from onset.experiment.timeline import Timeline, timeline
from onset.planning.check import Plan, check
from onset.viewer.axis import minutes

HOUR_S = 3600.0
ASSUMED_INTERVAL_S = 0.05
"""Of a frame, where no rig is there to say it: only steps with `at_frame` depend on it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One look at a protocol."""

    protocol: Protocol | None
    plan: Plan | None
    timeline: Timeline | None
    mistake: str = ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it cannot run."""
        if self.mistake:
            return (self.mistake,)
        return self.plan.refusals if self.plan is not None else ()

    @property
    def can_run(self) -> bool:
        """Nothing speaks against it."""
        return self.plan is not None and not self.refusals


def look_at(text: str, file: Path, rig: Rig | None, folder: Path) -> Outcome:
    """Read and check a protocol; `folder` is where the recording will be."""
    try:
        protocol = parse_protocol(text, file)
    except FileMistake as mistake:
        return Outcome(None, None, None, str(mistake))
    if rig is None:
        return Outcome(protocol, None, timeline(protocol, ASSUMED_INTERVAL_S))
    there = next(path for path in [folder, *folder.resolve().parents] if path.is_dir())
    free = shutil.disk_usage(there).free
    plan = check(
        protocol,
        rig,
        free_bytes=free,
        contents=SyringeAccount(rig).contents(),
        lit_before_s=DoseAccount(rig).open_s(protocol.field),
    )
    return Outcome(protocol, plan, plan.timeline)


def tables_of(text: str) -> Mapping[str, object]:
    """The file's content as it is written; empty where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def summary(plan: Plan) -> str:
    """Totals in one or two lines."""
    parts = []
    if plan.duration_s is not None:
        unit = "h" if plan.duration_s >= HOUR_S else "min"
        parts.append(f"{minutes(plan.duration_s)} {unit}")
    if plan.frames is not None:
        parts.append(f"{plan.frames:,} frames")
    if plan.disk_bytes is not None:
        parts.append(f"{plan.disk_bytes / 1e9:.2f} GB")
    if plan.uv_open_s:
        dose = f"{plan.dose_mj_cm2:.3g} mJ/cm\N{SUPERSCRIPT TWO}"
        parts.append(f"UV {plan.uv_open_s:.0f} s, {dose}")
    for use in plan.syringes:
        if use.used_ul:
            word = "left" if use.left_ul >= 0 else "short"
            left = f"{abs(use.left_ul) / 1000:.2f} mL {word}"
            parts.append(f"{use.pump} {use.used_ul / 1000:g} mL, {left}")
    return " \N{MIDDLE DOT} ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
