"""UV that a protocol is planned to give, and whether a limit will close the shutter before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from onset.experiment.protocol import Protocol
from onset.experiment.rig import Rig
from onset.experiment.timeline import Timeline, open_intervals

NEEDS_NO_FRAME = ("wait", "ask")


def lit_intervals(protocol: Protocol, plan: Timeline) -> Iterator[tuple[float, float]]:
    """When light is planned to fall, s; with `light = "frames"` not while a step only waits."""
    for opened_s, closed_s in open_intervals(plan):
        if protocol.light != "frames":
            yield opened_s, closed_s
            continue
        times = {t for row in plan.rows for t in (row.start_s, row.end_s)}
        edges = sorted({opened_s, closed_s, *(t for t in times if opened_s < t < closed_s)})
        yield from (span for span in pairwise(edges) if not _is_dark(plan, span))


def _is_dark(plan: Timeline, span: tuple[float, float]) -> bool:
    start_s, end_s = span
    under_way = [row.do for row in plan.rows if row.start_s <= start_s and row.end_s >= end_s]
    return bool(under_way) and all(do in NEEDS_NO_FRAME for do in under_way)


def limit_warnings(
    protocol: Protocol, rig: Rig, plan: Timeline, lit_before_s: float
) -> Iterator[str]:
    """Limits that the plan passes; `lit_before_s` is what the field has seen in earlier runs."""
    if rig.shutter is None:
        return
    mj_per_s = rig.shutter.irradiance_uw_cm2 / 1000
    field = f"the field '{protocol.field}'" if protocol.field else "the field"
    limits = [
        (protocol.dose_limit_mj_cm2, 0.0, "this run"),
        (rig.shutter.dose_limit_mj_cm2, lit_before_s, field),
    ]
    for limit, before_s, whose in limits:
        if limit is None or mj_per_s == 0:
            continue
        at_s = _passed_s(protocol, plan, limit / mj_per_s - before_s)
        if at_s is not None:
            yield (
                f"the dose limit of {whose}, {limit:g} mJ/cm^2, is reached at {at_s:.4g} s: the "
                "shutter closes then and stays closed"
            )


def _passed_s(protocol: Protocol, plan: Timeline, left_s: float) -> float | None:
    """When light has fallen for `left_s`; None where that is not before the planned end."""
    for start_s, end_s in lit_intervals(protocol, plan):
        if end_s - start_s > left_s:
            return start_s + max(left_s, 0.0)
        left_s -= end_s - start_s
    return None
