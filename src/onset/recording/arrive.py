"""When the front of an injection is at the field: an estimate from the rig's plumbing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onset.experiment.rig import FlowSpec
from onset.models.flow import Arrival, arrival
from onset.recording.marks import PlacedMark


@dataclass(frozen=True, slots=True)
class Arrived:
    """10, 50 and 90 % of the concentration at the field, in the film's time."""

    t10_s: float
    t50_s: float
    t90_s: float
    sd_s: float
    """Of t50: from the errors of dead volume and start-up lag, and the mark's interval."""


def arrived(mark: PlacedMark, flow: FlowSpec | None) -> Arrived | None:
    """Passage of the front that an `inject` pushes; None where the rig or the mark does not tell.

    None too where the injected volume alone does not bring half of it to the field.
    """
    rate_ul_s = _number(mark, "rate_ul_min") / 60
    if mark.what != "inject" or flow is None or flow.dead_volume_ul is None or not rate_ul_s > 0:
        return None
    passage = _passage(flow, rate_ul_s)
    volume_ul = _number(mark, "volume_ul")
    if volume_ul < passage.t50_s * rate_ul_s:
        return None
    start_s = mark.t_s + (flow.startup_lag_s or 0.0)
    sd_volume_s = (flow.dead_volume_sd_ul or 0.0) / rate_ul_s
    return Arrived(
        start_s + passage.t10_s,
        start_s + passage.t50_s,
        start_s + passage.t90_s,
        math.hypot(sd_volume_s, flow.startup_lag_sd_s, mark.t_halfwidth_s / math.sqrt(3)),
    )


def _passage(flow: FlowSpec, rate_ul_s: float) -> Arrival:
    given = {
        "tubing_mm": flow.tubing_mm,
        "diffusivity_mm2_s": None if flow.diffusion_um2_s is None else flow.diffusion_um2_s / 1e6,
    }
    known = {name: value for name, value in given.items() if value is not None}
    return arrival(flow.dead_volume_ul or 0.0, rate_ul_s, flow.front, **known)


def _number(mark: PlacedMark, name: str) -> float:
    """A value of the mark; NaN where it has none."""
    value = mark.values.get(name)
    return float(value) if isinstance(value, (int, float)) else math.nan
