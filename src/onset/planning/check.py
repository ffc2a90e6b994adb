"""Does this protocol fit this rig? Timeline, totals, and what cannot work; no device is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from onset.dialects import limits
from onset.errors import Refused
from onset.experiment.protocol import (
    Inject,
    Prime,
    Protocol,
    PumpStep,
    PumpStop,
    ShutterClose,
    ShutterOpen,
    Withdraw,
)
from onset.experiment.rig import PumpSpec, Rig
from onset.experiment.syringes import Content
from onset.experiment.timeline import (
    Row,
    Timeline,
    lit_frames_before_injection,
    timeline,
)
from onset.planning.fronts import Passage, passages
from onset.planning.light import limit_warnings, lit_intervals
from onset.planning.resolve import Load, loads, pump_of
from onset.planning.syringes import (
    SyringeUse,
    syringe_refusals,
    syringe_uses,
    syringe_warnings,
)
from onset.recording.room import kept_free_bytes

BASELINE_FRAMES = 300
"""Lit frames before the injection below which a few false spots must be expected."""
BYTES_PER_PX = 2
INDEX_BYTES_PER_FRAME = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do and use."""

    timeline: Timeline
    syringes: tuple[SyringeUse, ...]
    fronts: tuple[Passage, ...]
    interval_s: float
    frames: int | None
    uv_open_s: float
    dose_mj_cm2: float
    lit_frames_before_injection: int
    disk_bytes: int | None
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def duration_s(self) -> float | None:
        """Length of the run; None where the camera ends it."""
        return self.timeline.end_s


def check(
    protocol: Protocol,
    rig: Rig,
    *,
    free_bytes: int | None = None,
    contents: Mapping[str, Content] | None = None,
    lit_before_s: float = 0.0,
) -> Plan:
    """Plan a protocol on a rig.

    `free_bytes` is the free disk space where the recording will be (None leaves the disk
    unchecked); `contents` what is left in each syringe, by pump, where it is known;
    `lit_before_s` for how long the protocol's field of view was lit in earlier runs.
    """
    exposure_ms = protocol.camera.exposure_ms or rig.camera.exposure_ms
    interval_s = exposure_ms / 1000
    plan = timeline(protocol, interval_s)
    refusals: list[str] = []
    held = _or_refused(lambda: loads(protocol, rig), refusals) or {}
    syringes = tuple(syringe_uses(protocol, rig, plan, held, contents or {}))
    fronts = () if refusals else tuple(passages(protocol, rig, plan, held))
    frames = None if plan.end_s is None else round(plan.end_s / interval_s)
    disk = _disk_bytes(protocol, rig, frames)
    open_s = sum(end - start for start, end in lit_intervals(protocol, plan))
    lit = lit_frames_before_injection(plan, interval_s)
    refusals += [*_shutter_refusals(protocol, rig), *_pump_refusals(protocol, rig, plan)]
    refusals += [*_end_refusals(plan), *syringe_refusals(syringes)]
    if disk is not None and free_bytes is not None:
        refusals += _disk_refusals(disk, free_bytes, plan.end_s or interval_s)
    return Plan(
        timeline=plan,
        syringes=syringes,
        fronts=fronts,
        interval_s=interval_s,
        frames=frames,
        uv_open_s=open_s,
        dose_mj_cm2=open_s * (rig.shutter.irradiance_uw_cm2 if rig.shutter else 0.0) / 1000,
        lit_frames_before_injection=lit,
        disk_bytes=disk,
        refusals=tuple(dict.fromkeys(refusals)),
        warnings=(
            *syringe_warnings(syringes),
            *limit_warnings(protocol, rig, plan, lit_before_s),
            *_front_warnings(fronts),
            *_warnings(protocol, rig, plan, lit, held),
        ),
    )


def _or_refused(ask: object, refusals: list[str]) -> dict[str, Load] | None:
    assert callable(ask)
    try:
        return ask()  # type: ignore[no-any-return]
    except Refused as refusal:
        refusals.append(str(refusal))
        return None


def _pump_steps(
    protocol: Protocol, rig: Rig
) -> Iterator[tuple[int, Inject | Withdraw | Prime, str]]:
    for number, step in enumerate(protocol.steps):
        if isinstance(step, Inject | Withdraw | Prime):
            try:
                yield number, step, pump_of(step, rig)
            except Refused:
                continue  # told once by `loads` or `_pump_refusals`


def _disk_bytes(protocol: Protocol, rig: Rig, frames: int | None) -> int | None:
    size = protocol.camera.roi[2:] if protocol.camera.roi else rig.camera.sensor_px
    if size is None or frames is None:
        return None
    binning = protocol.camera.binning or 1
    pixels = (size[0] // binning) * (size[1] // binning)
    return frames * (pixels * BYTES_PER_PX + INDEX_BYTES_PER_FRAME)


def _disk_refusals(disk_bytes: int, free_bytes: int, lasts_s: float) -> Iterator[str]:
    kept = kept_free_bytes(disk_bytes / lasts_s)
    if disk_bytes + kept > free_bytes:
        yield (
            f"the recording needs {disk_bytes / 1e9:.2f} GB, {kept / 1e9:.2f} GB must stay free, "
            f"and the disk has {free_bytes / 1e9:.2f} GB free: make room or choose another folder "
            "with --out"
        )


def _shutter_refusals(protocol: Protocol, rig: Rig) -> Iterator[str]:
    for number, step in enumerate(protocol.steps):
        if isinstance(step, ShutterOpen | ShutterClose) and rig.shutter is None:
            yield f"step {number + 1} ({step.do}): the rig '{rig.name}' has no shutter"


def _pump_refusals(protocol: Protocol, rig: Rig, plan: Timeline) -> Iterator[str]:
    for number, step in enumerate(protocol.steps):
        if isinstance(step, Inject | Withdraw | Prime):
            try:
                name = pump_of(step, rig)
            except Refused as refusal:
                yield str(refusal)
                continue
            yield from _rate_refusals(number, step, name, rig.pumps[name])
        elif isinstance(step, PumpStop) and step.pump and step.pump not in rig.pumps:
            yield f"step {number + 1} (pump-stop): pump '{step.pump}' is not on the rig"
    yield from _busy_refusals(protocol, rig, plan)


def _rate_refusals(
    number: int, step: Inject | Withdraw | Prime, name: str, pump: PumpSpec
) -> Iterator[str]:
    bounds = limits.rate_limits_ul_min(pump.dialect, pump.model, pump.diameter_mm)
    if bounds is None:
        return
    least, most = bounds
    if not least <= step.rate_ul_min <= most:
        yield (
            f"step {number + 1} ({step.do}): {step.rate_ul_min:g} uL/min is outside what pump "
            f"'{name}' can do with a {pump.diameter_mm:g} mm syringe "
            f"({least:.3g} to {most:.4g} uL/min)"
        )


def _busy_refusals(protocol: Protocol, rig: Rig, plan: Timeline) -> Iterator[str]:
    busy_until: dict[str, float] = {}
    names = {number: name for number, _, name in _pump_steps(protocol, rig)}
    for row in sorted(plan.rows, key=lambda row: row.start_s):
        step = protocol.steps[row.step]
        if isinstance(step, PumpStop):
            for name in [step.pump] if step.pump else list(busy_until):
                busy_until.pop(name, None)
        elif row.step in names:
            name = names[row.step]
            if busy_until.get(name, 0.0) > row.start_s + 1e-9:
                yield (
                    f"step {row.step + 1} ({row.do}): pump '{name}' is still busy at "
                    f"{row.start_s:g} s; stop it first or start later"
                )
            endless = isinstance(step, PumpStep) and step.volume_ul is None
            busy_until[name] = float("inf") if endless else row.end_s


def _end_refusals(plan: Timeline) -> Iterator[str]:
    for row in plan.rows:
        if plan.end_s is not None and row.start_s > plan.end_s + 1e-9:
            yield (
                f"step {row.step + 1} ({row.do}) is due at {row.start_s:g} s, "
                f"after the end of the run at {plan.end_s:g} s"
            )


def _front_warnings(fronts: Iterable[Passage]) -> Iterator[str]:
    for front in fronts:
        if front.highest == 0.0:
            yield (
                f"step {front.step + 1} (inject): {front.reagent} does not reach the field before "
                "the end: inject more than the dead volume, or record longer"
            )
        elif not front.is_enough:
            yield (
                f"step {front.step + 1} (inject): the front is drawn out on its way, the field "
                f"sees at most {front.most()}: inject more, record longer, load it stronger, "
                "or put the valve at the cell"
            )


def _warnings(
    protocol: Protocol, rig: Rig, plan: Timeline, lit: int, held: Mapping[str, Load]
) -> Iterator[str]:
    injects = [step for step in protocol.steps if isinstance(step, Inject)]
    if injects and rig.shutter and lit < BASELINE_FRAMES:
        yield (
            f"only {lit} lit frames before the injection: with fewer than {BASELINE_FRAMES} "
            "the detector's baseline is uncertain and dim spots are found late"
        )
    for name in {pump_of(step, rig) for step in injects if held}:
        if held[name].ug_per_ml is None:
            yield f"the concentration in pump '{name}' is stated neither by rig nor by protocol"
    if plan.end_s is None:
        yield "the camera ends the run: its length is not known beforehand"
    if any(isinstance(step, Prime) for step in protocol.steps):
        yield "priming moves liquid: the outlet must lead to waste"
    if not all(row.exact for row in plan.rows):
        yield "a person is asked: times after that are the earliest ones"
    moves = [row for row in plan.rows if row.do in ("shutter-open", "shutter-close")]
    if moves and max(moves, key=_start).do == "shutter-open":
        yield "the protocol leaves the shutter open; it will be closed at the end of the run"


def _start(row: Row) -> float:
    return row.start_s
