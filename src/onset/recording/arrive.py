"""When the front of an injection is at the field: an estimate from the rig's plumbing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onset.experiment.rig import FlowSpec
from onset.models.flow import Front, transit
from onset.recording.marks import PlacedMark

PARTS = (0.1, 0.5, 0.9)


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

    None too where the volume that went in does not bring half of it to the field.
    """
    rate_ul_s = mark.number("rate_ul_min") / 60
    if mark.what != "inject" or flow is None or flow.dead_volume_ul is None or not rate_ul_s > 0:
        return None
    front = front_of(flow)
    passed_s = [front.dead_volume_ul * transit(x, front, rate_ul_s) / rate_ul_s for x in PARTS]
    if mark.pushed_ul < passed_s[1] * rate_ul_s:
        return None
    start_s = mark.t_s + (flow.startup_lag_s or 0.0)
    sd_volume_s = (flow.dead_volume_sd_ul or 0.0) / rate_ul_s
    return Arrived(
        start_s + passed_s[0],
        start_s + passed_s[1],
        start_s + passed_s[2],
        math.hypot(sd_volume_s, flow.startup_lag_sd_s, mark.t_halfwidth_s / math.sqrt(3)),
    )


def front_of(flow: FlowSpec) -> Front:
    """The plumbing of a rig as the flow models want it."""
    given = {
        "tubing_mm": flow.tubing_mm,
        "diffusivity_mm2_s": None if flow.diffusion_um2_s is None else flow.diffusion_um2_s / 1e6,
    }
    known = {name: value for name, value in given.items() if value is not None}
    return Front(flow.front, flow.dead_volume_ul or 0.0, **known)
