"""What a protocol takes out of each syringe and puts into it, against what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from onset.errors import Refused
from onset.experiment.protocol import Protocol, PumpStep, PumpStop, Withdraw
from onset.experiment.rig import PumpSpec, Rig
from onset.experiment.syringes import Content
from onset.experiment.timeline import Row, Timeline
from onset.planning.resolve import Load, pump_of

SPARE_UL = 1e-6


@dataclass(frozen=True, slots=True)
class SyringeUse:
    """One syringe's account over the protocol, uL."""

    pump: str
    holds: Load
    before_ul: float
    used_ul: float
    left_ul: float
    unsure_ul: float
    """So much less it may hold: an earlier delivery was not seen to end."""
    least_ul: float
    """The least that is in it during the protocol."""
    most_ul: float
    syringe_ul: float
    """What it can take."""
    refilled: bool
    """A simulated syringe that is too empty by account is filled anew before the run."""


def syringe_uses(
    protocol: Protocol,
    rig: Rig,
    plan: Timeline,
    held: Mapping[str, Load],
    contents: Mapping[str, Content],
) -> Iterator[SyringeUse]:
    """One for each pump; `contents` where they are known, else as the rig says."""
    for name, pump in rig.pumps.items():
        content = contents.get(name, Content(pump.content_ul))
        sums = [0.0]
        for out_ul in _moves(protocol, rig, plan, name):
            sums.append(sums[-1] + out_ul)
        refilled = _is_refilled(pump, content, max(sums))
        before_ul = pump.content_ul if refilled else content.left_ul
        yield SyringeUse(
            pump=name,
            holds=held.get(name, Load(pump.reagent, pump.ug_per_ml)),
            before_ul=before_ul,
            used_ul=sums[-1],
            left_ul=before_ul - sums[-1],
            unsure_ul=0.0 if refilled else content.unsure_ul,
            least_ul=before_ul - max(sums),
            most_ul=before_ul - min(sums),
            syringe_ul=pump.syringe_ul,
            refilled=refilled,
        )


def syringe_refusals(uses: Iterable[SyringeUse]) -> Iterator[str]:
    """What a syringe does not hold, or cannot take."""
    for use in uses:
        if use.least_ul < -SPARE_UL:
            yield (
                f"pump '{use.pump}' needs {use.before_ul - use.least_ul:g} uL and its syringe "
                f"holds {use.before_ul:g} uL: inject less, or refill it and say so "
                "(`onset syringe RIG --refill`)"
            )
        elif use.most_ul > use.syringe_ul + SPARE_UL:
            yield f"pump '{use.pump}' would withdraw more than its syringe can take"


def syringe_warnings(uses: Iterable[SyringeUse]) -> Iterator[str]:
    """What somebody should look at before the run."""
    for use in uses:
        if use.refilled:
            yield (
                f"the simulated syringe of pump '{use.pump}' is too empty by account; "
                "it is filled anew for this run"
            )
        if use.unsure_ul > SPARE_UL:
            short = "; that may be too little" if use.least_ul < use.unsure_ul else ""
            yield (
                f"the last delivery of pump '{use.pump}' was not seen to end: its syringe may hold "
                f"up to {use.unsure_ul:.4g} uL less than {use.before_ul:.4g} uL{short}; look at "
                "it and say what is left (`onset syringe RIG --left`)"
            )


def _is_refilled(pump: PumpSpec, content: Content, needs_ul: float) -> bool:
    sure_ul = content.left_ul - content.unsure_ul
    return pump.is_simulated and needs_ul > sure_ul and pump.content_ul > content.left_ul


def _moves(protocol: Protocol, rig: Rig, plan: Timeline, pump: str) -> Iterator[float]:
    """What leaves the syringe, in order of time; below 0 what is drawn in."""
    rows = sorted(plan.rows, key=lambda row: row.start_s)
    for place, row in enumerate(rows):
        step = protocol.steps[row.step]
        if not isinstance(step, PumpStep) or not _is_on(step, rig, pump):
            continue
        stop_s = _stop_s(protocol, rows[place + 1 :], pump, plan.end_s)
        volume_ul = step.volume_ul
        if volume_ul is None:
            volume_ul = 0.0 if stop_s is None else step.rate_ul_min * (stop_s - row.start_s) / 60
        elif stop_s is not None:
            volume_ul = min(volume_ul, step.rate_ul_min * (stop_s - row.start_s) / 60)
        yield -volume_ul if isinstance(step, Withdraw) else volume_ul


def _is_on(step: PumpStep, rig: Rig, pump: str) -> bool:
    try:
        return pump_of(step, rig) == pump
    except Refused:
        return False  # told elsewhere


def _stop_s(
    protocol: Protocol, later: Iterable[Row], pump: str, end_s: float | None
) -> float | None:
    """When a delivery is stopped at the latest, as planned."""
    for row in later:
        step = protocol.steps[row.step]
        if isinstance(step, PumpStop) and step.pump in (None, pump):
            return row.start_s
    return end_s
